#include "neuro/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "neuro/error.h"

namespace neuro {
namespace {

ErrorCode code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.code();
  }
  ADD_FAILURE() << "no Error was thrown";
  return ErrorCode::internal;
}

TEST(Tensor, UndefinedUntilMade) {
  EXPECT_FALSE(Tensor().defined());
  EXPECT_EQ(Tensor().text(), "(no tensor)");
  EXPECT_TRUE(Tensor::empty({}).defined());
}

TEST(Tensor, MadeWithValues) {
  EXPECT_EQ(Tensor::zeros({2, 2}).to_vector(), std::vector<double>(4, 0.0));
  EXPECT_EQ(Tensor::full({3}, 1.5, DType::f64).to_vector(), std::vector<double>(3, 1.5));
  EXPECT_EQ(Tensor::full({2}, 7, DType::boolean).to_vector(), std::vector<double>(2, 1.0));
  const Tensor t = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(t.dtype(), DType::f32);
  EXPECT_EQ(t.size(), 6);
  EXPECT_EQ(t.bytes(), 24u);
  EXPECT_EQ(t.span<float>()[4], 5.f);
  EXPECT_EQ(code_of([] { Tensor::from<float>({1, 2, 3}, {2, 2}); }), ErrorCode::shape);
}

TEST(Tensor, MemoryIsAlignedToCacheLines) {
  for (const std::int64_t n : {0, 1, 3, 17, 1000}) {
    Tensor t = Tensor::empty({n});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.raw()) % 64, 0u) << n;
  }
}

TEST(Tensor, ImpossibleSizesAreRefusedAsResource) {
  EXPECT_EQ(code_of([] { Tensor::empty({std::int64_t{1} << 62}); }), ErrorCode::resource);
  EXPECT_EQ(code_of([] { Tensor::empty({std::int64_t{1} << 58}, DType::f64); }), ErrorCode::resource);
}

TEST(Tensor, TheWrongTypeIsRefused) {
  Tensor t = Tensor::zeros({2}, DType::f64);
  EXPECT_EQ(code_of([&] { t.data<float>(); }), ErrorCode::dtype);
  EXPECT_EQ(code_of([&] { t.span<std::int32_t>(); }), ErrorCode::dtype);
  EXPECT_NO_THROW(t.data<double>());
}

TEST(Tensor, HandlesShareAndClonesDoNot) {
  Tensor a = Tensor::zeros({2});
  Tensor shared = a, copy = a.clone();
  a.data<float>()[0] = 5;
  EXPECT_EQ(shared.to_vector()[0], 5);
  EXPECT_EQ(copy.to_vector()[0], 0);
}

TEST(Tensor, ViewsReadTheirStrides) {
  const Tensor base = Tensor::from<std::int32_t>({0, 1, 2, 3, 4, 5}, {2, 3});
  const Tensor transposed = Tensor::view(base, {3, 2}, {1, 3}, 0);
  EXPECT_FALSE(transposed.contiguous());
  EXPECT_EQ(transposed.to_vector(), (std::vector<double>{0, 3, 1, 4, 2, 5}));
  EXPECT_TRUE(transposed.clone().contiguous());
  EXPECT_EQ(transposed.clone().to_vector(), transposed.to_vector());
  EXPECT_EQ(code_of([&] { transposed.span<std::int32_t>(); }), ErrorCode::shape);
  const Tensor row = Tensor::view(base, {3}, {1}, 3);
  EXPECT_TRUE(row.contiguous());
  EXPECT_EQ(row.to_vector(), (std::vector<double>{3, 4, 5}));
  const Tensor repeated = Tensor::view(base, {2, 3}, {0, 1}, 0);
  EXPECT_EQ(repeated.to_vector(), (std::vector<double>{0, 1, 2, 0, 1, 2}));
  EXPECT_TRUE(Tensor::view(base, {1, 3}, {77, 1}, 0).contiguous()) << "the stride of an axis of size 1 does not matter";
}

TEST(Tensor, AViewKeepsTheMemoryAlive) {
  Tensor view;
  {
    const Tensor base = Tensor::full({100}, 3);
    view = Tensor::view(base, {2}, {1}, 98);
  }
  EXPECT_EQ(view.to_vector(), (std::vector<double>{3, 3}));
}

TEST(Tensor, BlobsAreUsedInPlaceAndReleasedOnce) {
  float memory[3] = {1, 2, 3};
  int released = 0;
  {
    Tensor t = Tensor::from_blob(memory, {3}, DType::f32, [&](void* p) {
      EXPECT_EQ(p, memory);
      ++released;
    });
    const Tensor other = t;
    t.data<float>()[1] = 9;
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(memory[1], 9.f);
  EXPECT_EQ(released, 1);
}

TEST(Tensor, ConversionGoesTowardZero) {
  const Tensor t = Tensor::from<float>({-1.7f, 0, 0.5f, 2.9f}, {4});
  EXPECT_EQ(t.to(DType::i64).to_vector(), (std::vector<double>{-1, 0, 0, 2}));
  EXPECT_EQ(t.to(DType::boolean).to_vector(), (std::vector<double>{1, 0, 1, 1}));
  EXPECT_EQ(t.to(DType::f64).dtype(), DType::f64);
  Tensor same = t.to(DType::f32);
  same.data<float>()[0] = 0;
  EXPECT_FLOAT_EQ(static_cast<float>(t.to_vector()[0]), -1.7f) << "to() of the same type copies";
}

TEST(Tensor, CopyFromTakesAnyStridesButOneShape) {
  Tensor to = Tensor::zeros({2, 3});
  const Tensor from = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {3, 2});
  to.copy_from(Tensor::view(from, {2, 3}, {1, 2}, 0));
  EXPECT_EQ(to.to_vector(), (std::vector<double>{1, 3, 5, 2, 4, 6}));
  Tensor column = Tensor::view(to, {2}, {3}, 1);
  column.copy_from(Tensor::from<float>({8, 9}, {2}));
  EXPECT_EQ(to.to_vector(), (std::vector<double>{1, 8, 5, 2, 9, 6}));
  EXPECT_EQ(code_of([&] { to.copy_from(from); }), ErrorCode::shape);
  EXPECT_EQ(code_of([&] { to.copy_from(Tensor::zeros({2, 3}, DType::f64)); }), ErrorCode::shape);
}

TEST(Tensor, ItemIsTheOnlyElement) {
  EXPECT_EQ(Tensor::full({}, 2.5).item(), 2.5);
  EXPECT_EQ(Tensor::full({1, 1}, 3, DType::i64).item(), 3);
  EXPECT_EQ(code_of([] { Tensor::zeros({2}).item(); }), ErrorCode::shape);
  EXPECT_EQ(code_of([] { Tensor::zeros({0}).item(); }), ErrorCode::shape);
  EXPECT_EQ(code_of([] { Tensor().item(); }), ErrorCode::shape);
}

TEST(Tensor, TextShowsNestedBrackets) {
  EXPECT_EQ(Tensor::from<float>({1, 0.5f, 3, 4}, {2, 2}).text(), "[[1, 0.5],\n [3, 4]]");
  EXPECT_EQ(Tensor::from<std::int64_t>({1, 2}, {2}).text(), "[1, 2]");
  EXPECT_EQ(Tensor::from<bool>({true, false}, {2}).text(), "[true, false]");
  EXPECT_EQ(Tensor::full({}, 0.1f).text(), "0.1");
  EXPECT_EQ(Tensor::zeros({0}).text(), "[]");
}

}  // namespace
}  // namespace neuro
