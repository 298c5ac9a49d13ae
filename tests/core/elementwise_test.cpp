#include "neuro/kernels/elementwise.h"

#include <cmath>
#include <limits>

#include "kernel_testing.h"

namespace neuro::kernels {
namespace {

const double kAttrs[4] = {2, 0.5, 1, 0};
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kMax = std::numeric_limits<float>::max();

/// The kernel `name` on n elements of drawn operands (a mask where it takes one), from element `first` on; the result
/// as bytes.
template <class T>
std::vector<unsigned char> run(const Elementwise& e, std::int64_t first, std::int64_t n) {
  const auto width = [&](int k) { return k == e.mask_input ? 1 : sizeof(T); };
  std::vector<std::vector<T>> numbers;
  std::vector<unsigned char> mask;
  std::vector<const void*> in;
  for (int k = 0; k < e.arity; ++k) numbers.push_back(draw<T>(first + n, 0.1, 3, static_cast<std::uint64_t>(k)));
  for (std::int64_t i = 0; i < first + n; ++i) mask.push_back(i % 3 == 0);
  for (int k = 0; k < e.arity; ++k) {
    const void* base =
        k == e.mask_input ? static_cast<const void*>(mask.data()) : numbers[static_cast<std::size_t>(k)].data();
    in.push_back(static_cast<const unsigned char*>(base) + static_cast<std::size_t>(first) * width(k));
  }
  const std::size_t bytes = static_cast<std::size_t>(n) * (e.mask_output ? 1 : sizeof(T));
  std::vector<unsigned char> out(bytes + 64, 0xcd);
  (sizeof(T) == 4 ? e.f32 : e.f64)(in.data(), out.data(), n, kAttrs);
  EXPECT_EQ(std::vector<unsigned char>(out.begin() + static_cast<std::ptrdiff_t>(bytes), out.end()),
            std::vector<unsigned char>(64, 0xcd))
      << e.name << " wrote beyond its " << n << " elements";
  out.resize(bytes);
  return out;
}

float unary(const Table& t, const char* name, float x, const double* attrs = kAttrs) {
  float y = 0;
  const void* in[] = {&x};
  t.find(name)->f32(in, &y, 1, attrs);
  return y;
}

float binary(const Table& t, const char* name, float a, float b, const double* attrs = kAttrs) {
  float y = 0;
  const void* in[] = {&a, &b};
  t.find(name)->f32(in, &y, 1, attrs);
  return y;
}

TEST(Elementwise, EveryTableListsTheSameKernels) {
  const auto tables = supported_tables();
  for (const Table* t : tables) {
    ASSERT_EQ(t->elementwise.size(), tables[0]->elementwise.size()) << t->name;
    for (std::size_t i = 0; i < t->elementwise.size(); ++i) {
      const Elementwise &e = t->elementwise[i], &first = tables[0]->elementwise[i];
      EXPECT_STREQ(e.name, first.name);
      EXPECT_EQ(e.arity, first.arity);
      EXPECT_TRUE(e.f32 != nullptr || e.boolean != nullptr) << e.name << " takes no type";
      EXPECT_EQ(e.f64, first.f64) << "f64 is compiled once";
      EXPECT_EQ(t->find(e.name), &e);
    }
    EXPECT_EQ(t->find("no such kernel"), nullptr);
    EXPECT_TRUE(t->find("less")->mask_output);
    EXPECT_FALSE(t->find("sub")->mask_output);
    EXPECT_EQ(t->find("where")->mask_input, 0);
    EXPECT_EQ(t->find("where")->arity, 3);
  }
}

TEST(Elementwise, ValuesDoNotDependOnPositionOrLength) {
  for (const Table* t : supported_tables()) {
    const std::int64_t widest = 3 * (t->vector_bytes / 4) + 1;
    for (const Elementwise& e : t->elementwise) {
      if (e.f32 == nullptr) continue;
      const std::size_t size = e.mask_output ? 1 : 4;
      const auto whole = run<float>(e, 0, widest), whole64 = run<double>(e, 0, 7);
      for (std::int64_t n = 0; n <= widest; ++n) {
        const auto part = run<float>(e, widest - n, n);
        EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.end() - static_cast<std::ptrdiff_t>(size) * n))
            << t->name << " " << e.name << " " << n;
      }
      for (std::int64_t n = 0; n <= 7; ++n) {
        const auto part = run<double>(e, 7 - n, n);
        EXPECT_TRUE(std::equal(part.begin(), part.end(),
                               whole64.end() - static_cast<std::ptrdiff_t>(e.mask_output ? 1 : 8) * n))
            << e.name << " " << n;
      }
    }
  }
}

TEST(Elementwise, TheResultMayOverwriteAnyOperand) {
  for (const Table* t : supported_tables()) {
    for (const Elementwise& e : t->elementwise) {
      if (e.f32 == nullptr || e.mask_output || e.mask_input >= 0) continue;
      for (int k = 0; k < e.arity; ++k) {
        std::vector<std::vector<float>> numbers;
        std::vector<const void*> in;
        for (int j = 0; j < e.arity; ++j) numbers.push_back(draw<float>(37, 0.1, 3, static_cast<std::uint64_t>(j)));
        for (auto& operand : numbers) in.push_back(operand.data());
        std::vector<float> apart(37);
        e.f32(in.data(), apart.data(), 37, kAttrs);
        auto& target = numbers[static_cast<std::size_t>(k)];
        e.f32(in.data(), target.data(), 37, kAttrs);
        EXPECT_TRUE(same_bits(apart, target)) << t->name << " " << e.name << " over operand " << k;
      }
    }
  }
}

TEST(Elementwise, NaNGoesThrough) {
  for (const Table* t : supported_tables()) {
    for (const Elementwise& e : t->elementwise) {
      const std::string_view name = e.name;
      const bool selects = name == "where" || name.find("relu_grad") != std::string_view::npos || name == "elu_grad" ||
                           name == "clamp_grad" || name == "hardtanh_grad" || name == "hardswish_grad" ||
                           name == "nan_to_num" || name == "heaviside";
      if (e.mask_output || selects || name == "powi") continue;
      for (int k = 0; k < e.arity; ++k) {
        std::vector<float> a(5, 0.5f), b(5, 0.5f);
        (k == 0 ? a : b)[3] = kNaN;
        const void* in[] = {a.data(), b.data()};
        std::vector<float> y(5);
        e.f32(in, y.data(), 5, kAttrs);
        EXPECT_TRUE(std::isnan(y[3])) << t->name << " " << name << " operand " << k;
        EXPECT_EQ(std::isnan(y[2]), name == "acosh") << t->name << " " << name << " operand " << k;
      }
    }
  }
}

TEST(Elementwise, ExtremesFollowIeee) {
  const double elu[4] = {2, 1, 1};
  for (const Table* t : supported_tables()) {
    SCOPED_TRACE(t->name);
    EXPECT_EQ(unary(*t, "exp", 88.73f), kInf);
    EXPECT_LT(unary(*t, "exp", 88.72f), kInf);
    EXPECT_EQ(unary(*t, "exp", kMax), kInf);
    EXPECT_EQ(unary(*t, "exp", kInf), kInf);
    EXPECT_EQ(unary(*t, "exp", -kInf), 0.f);
    EXPECT_EQ(unary(*t, "exp", -110.f), 0.f);
    EXPECT_FLOAT_EQ(unary(*t, "exp", -90.f), std::exp(-90.f));  // subnormal
    EXPECT_EQ(unary(*t, "exp", 0.f), 1.f);
    EXPECT_EQ(unary(*t, "log", 0.f), -kInf);
    EXPECT_EQ(unary(*t, "log", 1.f), 0.f);
    EXPECT_EQ(unary(*t, "log", kInf), kInf);
    EXPECT_TRUE(std::isnan(unary(*t, "log", -1.f)));
    EXPECT_FLOAT_EQ(unary(*t, "log", 1e-42f), std::log(1e-42f));  // subnormal
    EXPECT_EQ(unary(*t, "log1p", -1.f), -kInf);
    EXPECT_EQ(unary(*t, "log1p", kInf), kInf);
    EXPECT_EQ(unary(*t, "log1p", 1e-20f), 1e-20f);
    EXPECT_TRUE(std::isnan(unary(*t, "log1p", -1.5f)));
    EXPECT_TRUE(std::isnan(unary(*t, "sqrt", -1.f)));
    EXPECT_EQ(unary(*t, "reciprocal", 0.f), kInf);
    EXPECT_EQ(unary(*t, "rsqrt", 0.f), kInf);
    EXPECT_TRUE(std::isnan(unary(*t, "sin", kInf)));
    EXPECT_TRUE(std::isnan(unary(*t, "cos", -kInf)));
    EXPECT_FLOAT_EQ(unary(*t, "sin", 1e30f), static_cast<float>(std::sin(static_cast<double>(1e30f))));
    EXPECT_TRUE(std::signbit(unary(*t, "tanh", -0.f)));
    for (const float big : {20.f, 1000.f, 1e30f, kMax}) {
      EXPECT_EQ(unary(*t, "tanh", big), 1.f);
      EXPECT_EQ(unary(*t, "tanh", -big), -1.f);
      EXPECT_EQ(unary(*t, "erf", big), 1.f);
      EXPECT_EQ(unary(*t, "erf", -big), -1.f);
      EXPECT_EQ(unary(*t, "sigmoid", big), 1.f);
      EXPECT_NEAR(unary(*t, "sigmoid", -big), 0.f, 3e-9f);
      for (const char* name : {"relu", "silu", "gelu", "gelu_tanh", "mish", "softplus"}) {
        EXPECT_EQ(unary(*t, name, big), big) << name;
        EXPECT_NEAR(unary(*t, name, -big), 0.f, 1e-7f) << name << "(" << -big << ")";
      }
      EXPECT_EQ(unary(*t, "elu", -big, elu), -2.f);
      for (const char* name : {"gelu_grad", "gelu_tanh_grad", "mish_grad"}) {
        EXPECT_EQ(binary(*t, name, 3.f, big), 3.f) << name;
        EXPECT_NEAR(binary(*t, name, 3.f, -big), 0.f, 1e-6f) << name;
      }
    }
    for (const float inf : {kInf, -kInf}) {
      EXPECT_EQ(unary(*t, "tanh", inf), inf > 0 ? 1.f : -1.f);
      EXPECT_EQ(unary(*t, "erf", inf), inf > 0 ? 1.f : -1.f);
      EXPECT_EQ(unary(*t, "sigmoid", inf), inf > 0 ? 1.f : 0.f);
      EXPECT_EQ(unary(*t, "softplus", inf), inf > 0 ? kInf : 0.f);
    }
  }
}

TEST(Elementwise, KinksAndConstants) {
  const double none[4] = {}, minus_two[4] = {-2}, seven[4] = {7}, band[4] = {-1, 1};
  for (const Table* t : supported_tables()) {
    SCOPED_TRACE(t->name);
    EXPECT_EQ(unary(*t, "sign", 0.f), 0.f);
    EXPECT_EQ(unary(*t, "sign", -3.f), -1.f);
    EXPECT_EQ(unary(*t, "powi", 3.f, none), 1.f);
    EXPECT_EQ(unary(*t, "powi", 0.f, none), 1.f);
    EXPECT_EQ(unary(*t, "powi", kNaN, none), 1.f);
    EXPECT_EQ(unary(*t, "powi", 4.f, minus_two), 0.0625f);
    EXPECT_EQ(unary(*t, "powi", -2.f, seven), -128.f);
    EXPECT_EQ(unary(*t, "floor", -0.5f), -1.f);
    EXPECT_EQ(unary(*t, "floor", 1e20f), 1e20f);
    EXPECT_EQ(unary(*t, "clamp", kInf, band), 1.f);
    EXPECT_EQ(binary(*t, "relu_grad", 5.f, 0.f), 0.f);
    EXPECT_EQ(binary(*t, "clamp_grad", 5.f, 1.f, band), 5.f);
    EXPECT_EQ(binary(*t, "clamp_grad", 5.f, -1.f, band), 5.f);
    EXPECT_EQ(binary(*t, "clamp_grad", 5.f, 1.5f, band), 0.f);
    EXPECT_EQ(binary(*t, "pow", 2.f, 0.5f), std::sqrt(2.f));
    EXPECT_EQ(binary(*t, "pow", -2.f, 3.f), -8.f);
    EXPECT_TRUE(std::isnan(binary(*t, "pow", -2.f, 0.5f)));
  }
}

TEST(Elementwise, ComparisonsWithNaNAreFalseButNotEqual) {
  const std::vector<float> a{1, 2, 3, kNaN, 0, kNaN}, b{2, 2, 2, 0, kNaN, kNaN};
  const std::pair<const char*, std::vector<int>> expected[] = {
      {"less", {1, 0, 0, 0, 0, 0}},          {"less_equal", {1, 1, 0, 0, 0, 0}}, {"greater", {0, 0, 1, 0, 0, 0}},
      {"greater_equal", {0, 1, 1, 0, 0, 0}}, {"equal", {0, 1, 0, 0, 0, 0}},      {"not_equal", {1, 0, 1, 1, 1, 1}},
  };
  for (const Table* t : supported_tables()) {
    for (const auto& [name, result] : expected) {
      for (std::size_t n : {6, 60}) {  // once as a tail, once through whole vectors
        std::vector<float> x, y;
        for (std::size_t i = 0; i < n; ++i) x.push_back(a[i % 6]), y.push_back(b[i % 6]);
        const void* in[] = {x.data(), y.data()};
        std::vector<unsigned char> out(n);
        t->find(name)->f32(in, out.data(), static_cast<std::int64_t>(n), nullptr);
        for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(out[i], result[i % 6]) << t->name << " " << name << " at " << i;
      }
    }
  }
}

TEST(Elementwise, WhereTakesEitherOperandAsItIs) {
  for (const Table* t : supported_tables()) {
    for (std::size_t n : {1, 5, 37}) {
      std::vector<unsigned char> mask;
      std::vector<float> a(n, kNaN), b(n, kInf), y(n);
      for (std::size_t i = 0; i < n; ++i) mask.push_back(i % 2);
      const void* in[] = {mask.data(), a.data(), b.data()};
      t->find("where")->f32(in, y.data(), static_cast<std::int64_t>(n), nullptr);
      for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(std::isnan(y[i]), i % 2 == 1) << t->name << " " << i;
    }
  }
}

}  // namespace
}  // namespace neuro::kernels
