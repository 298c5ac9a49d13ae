#include "neuro/tensor.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {
namespace {

constexpr std::size_t kAlignment = 64;  // one cache line, and the widest vector register

std::shared_ptr<void> allocate(std::size_t bytes, const Shape& shape, DType dtype) {
  // Rounded up, so that a kernel may read whole vectors of the last line.
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, rounded);
  if (memory == nullptr) {
    throw Error(ErrorCode::resource,
                str("no memory for a tensor ", shape, " of ", name_of(dtype), ": ", bytes, " bytes were refused"));
  }
  return {memory, [](void* p) { std::free(p); }};
}

std::size_t checked_bytes(const Shape& shape, DType dtype) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(shape.elements()), size_of(dtype), &bytes) ||
      bytes > (std::size_t{1} << 62)) {
    throw Error(ErrorCode::resource,
                str("a tensor ", shape, " of ", name_of(dtype), " does not fit the address space"));
  }
  return bytes;
}

/// Calls f(T{}) with the C++ type of `dtype`.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32: return f(float{});
    case DType::f64: return f(double{});
    case DType::i64: return f(std::int64_t{});
    case DType::i32: return f(std::int32_t{});
    case DType::boolean: return f(bool{});
    case DType::bf16: return f(bf16{});
  }
  throw Error(ErrorCode::internal, "unknown element type");
}

/// Calls f(offset) for every element in row-major order.
template <class F>
void for_each_offset(const Shape& shape, const Strides& strides, F&& f) {
  const int rank = shape.rank();
  if (shape.elements() == 0) return;
  std::array<std::int64_t, kMaxRank> index{};
  std::int64_t offset = 0;
  for (;;) {
    f(offset);
    int axis = rank - 1;
    for (; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      offset += strides[a];
      if (++index[a] < shape[axis]) break;
      offset -= strides[a] * shape[axis];
      index[a] = 0;
    }
    if (axis < 0) return;
  }
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  Tensor t;
  t.storage_ = allocate(checked_bytes(shape, dtype), shape, dtype);
  t.data_ = t.storage_.get();
  t.shape_ = shape;
  t.strides_ = contiguous_strides(shape);
  t.dtype_ = dtype;
  return t;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
  Tensor t = empty(shape, dtype);
  std::memset(t.data_, 0, t.bytes());
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor t = empty(shape, dtype);
  visit(dtype, [&]<class T>(T) {
    T* p = static_cast<T*>(t.data_);
    std::fill(p, p + t.size(), static_cast<T>(value));
  });
  return t;
}

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  if (static_cast<std::int64_t>(values.size()) != shape.elements()) {
    throw Error(ErrorCode::shape, str("tensor: ", values.size(), " values do not fill shape ", shape, " of ",
                                      shape.elements(), " elements"));
  }
  Tensor t = empty(shape, dtype_of<T>);
  if (!values.empty()) std::memcpy(t.data_, values.data(), values.size_bytes());
  return t;
}

Tensor Tensor::from_blob(void* data, const Shape& shape, DType dtype, std::function<void(void*)> deleter) {
  Tensor t;
  t.storage_ = std::shared_ptr<void>(data, [deleter = std::move(deleter)](void* p) {
    if (deleter) deleter(p);
  });
  t.data_ = data;
  t.shape_ = shape;
  t.strides_ = contiguous_strides(shape);
  t.dtype_ = dtype;
  return t;
}

Tensor Tensor::view(const Tensor& base, const Shape& shape, const Strides& strides, std::int64_t offset) {
  Tensor t = base;
  t.data_ = static_cast<char*>(base.data_) + offset * static_cast<std::int64_t>(size_of(base.dtype_));
  t.shape_ = shape;
  t.strides_ = strides;
  return t;
}

bool Tensor::contiguous() const {
  std::int64_t step = 1;
  for (int i = rank() - 1; i >= 0; --i) {
    if (shape_[i] != 1 && strides_[static_cast<std::size_t>(i)] != step) return false;
    step *= shape_[i];
  }
  return true;
}

namespace {
void expect_dtype(DType actual, DType asked) {
  if (actual != asked) throw Error(ErrorCode::dtype, str("tensor of ", name_of(actual), " read as ", name_of(asked)));
}
}  // namespace

template <class T>
T* Tensor::data() {
  expect_dtype(dtype_, dtype_of<T>);
  return static_cast<T*>(data_);
}

template <class T>
const T* Tensor::data() const {
  expect_dtype(dtype_, dtype_of<T>);
  return static_cast<const T*>(data_);
}

template <class T>
std::span<T> Tensor::span() {
  if (!contiguous())
    throw Error(ErrorCode::shape, str("span(): the tensor ", shape_, " is not contiguous; use clone()"));
  return {data<T>(), static_cast<std::size_t>(size())};
}

template <class T>
std::span<const T> Tensor::span() const {
  if (!contiguous())
    throw Error(ErrorCode::shape, str("span(): the tensor ", shape_, " is not contiguous; use clone()"));
  return {data<T>(), static_cast<std::size_t>(size())};
}

#define NEURO_INSTANTIATE(T)                                         \
  template Tensor Tensor::from<T>(std::span<const T>, const Shape&); \
  template T* Tensor::data<T>();                                     \
  template const T* Tensor::data<T>() const;                         \
  template std::span<T> Tensor::span<T>();                           \
  template std::span<const T> Tensor::span<T>() const;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
NEURO_INSTANTIATE(std::int64_t)
NEURO_INSTANTIATE(std::int32_t)
NEURO_INSTANTIATE(bool)
NEURO_INSTANTIATE(bf16)
#undef NEURO_INSTANTIATE

double Tensor::item() const {
  if (!defined() || size() != 1)
    throw Error(ErrorCode::shape, str("item(): the tensor ", shape_, " does not have exactly one element"));
  return visit(dtype_, [&]<class T>(T) { return static_cast<double>(*static_cast<const T*>(data_)); });
}

std::vector<double> Tensor::to_vector() const {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(size()));
  visit(dtype_, [&]<class T>(T) {
    const T* p = static_cast<const T*>(data_);
    for_each_offset(shape_, strides_, [&](std::int64_t offset) { out.push_back(static_cast<double>(p[offset])); });
  });
  return out;
}

Tensor Tensor::clone() const {
  Tensor out = empty(shape_, dtype_);
  out.copy_from(*this);
  return out;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return clone();
  Tensor out = empty(shape_, dtype);
  visit(dtype_, [&]<class From>(From) {
    visit(dtype, [&]<class To>(To) {
      const From* from = static_cast<const From*>(data_);
      To* to = static_cast<To*>(out.data_);
      for_each_offset(shape_, strides_, [&](std::int64_t offset) { *to++ = static_cast<To>(from[offset]); });
    });
  });
  return out;
}

void Tensor::copy_from(const Tensor& other) {
  if (shape_ != other.shape_ || dtype_ != other.dtype_) {
    throw Error(ErrorCode::shape, str("copy_from: ", name_of(other.dtype_), " ", other.shape_, " does not fit ",
                                      name_of(dtype_), " ", shape_));
  }
  if (contiguous() && other.contiguous()) {
    if (bytes() > 0) std::memmove(data_, other.data_, bytes());
    return;
  }
  visit(dtype_, [&]<class T>(T) {
    const T* from = static_cast<const T*>(other.data_);
    T* to = static_cast<T*>(data_);
    std::vector<std::int64_t> source;
    source.reserve(static_cast<std::size_t>(size()));
    for_each_offset(shape_, other.strides_, [&](std::int64_t offset) { source.push_back(offset); });
    std::size_t i = 0;
    for_each_offset(shape_, strides_, [&](std::int64_t offset) { to[offset] = from[source[i++]]; });
  });
}

std::string Tensor::text() const {
  if (!defined()) return "(no tensor)";
  const std::vector<double> values = to_vector();
  std::string out;
  std::size_t next = 0;
  const auto number = [&](double v) {
    if (dtype_ == DType::boolean) return std::string(v != 0 ? "true" : "false");
    if (dtype_ == DType::f32) return str(static_cast<float>(v));
    return str(v);
  };
  const auto write = [&](auto&& self, int axis) -> void {
    if (axis == rank()) {
      out += number(values[next++]);
      return;
    }
    out += '[';
    for (std::int64_t i = 0; i < shape_[axis]; ++i) {
      if (i > 0) out += axis + 1 == rank() ? ", " : ",\n" + std::string(static_cast<std::size_t>(axis) + 1, ' ');
      self(self, axis + 1);
    }
    out += ']';
  };
  write(write, 0);
  return out;
}

}  // namespace neuro
