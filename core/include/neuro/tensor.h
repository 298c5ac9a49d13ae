#pragma once
// Tensor: a concrete, strided n-dimensional array. It stores and describes; it does no maths.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "neuro/dtype.h"
#include "neuro/shape.h"

namespace neuro {

/// Handle to an n-dimensional array: copying the handle shares the elements, `clone()` copies them.
/// Memory that the library allocates is aligned to 64 bytes.
class Tensor {
 public:
  Tensor() = default;  ///< no tensor: `defined()` is false

  /// Elements are not initialised. Throws Error(resource) when the memory is refused.
  static Tensor empty(const Shape& shape, DType dtype = DType::f32);
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32);
  /// Copies `values`, row-major. Throws Error(shape) when the counts differ.
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  template <class T>
  static Tensor from(std::initializer_list<T> values, const Shape& shape) {
    return from(std::span<const T>(values.begin(), values.size()), shape);
  }
  /// Uses memory that somebody else owns, without a copy; `deleter` runs when the last handle goes.
  static Tensor from_blob(void* data, const Shape& shape, DType dtype, std::function<void(void*)> deleter = {});
  /// A view of another tensor's memory: `offset` in elements from that tensor's first element.
  static Tensor view(const Tensor& base, const Shape& shape, const Strides& strides, std::int64_t offset);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  DType dtype() const { return dtype_; }
  int rank() const { return shape_.rank(); }
  std::int64_t size() const { return shape_.elements(); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * size_of(dtype_); }
  bool contiguous() const;

  void* raw() { return data_; }
  const void* raw() const { return data_; }
  /// Pointer to the first element. Throws Error(dtype) when T is not this tensor's type.
  template <class T>
  T* data();
  template <class T>
  const T* data() const;
  /// All elements in row-major order. Throws Error(dtype), or Error(shape) when not contiguous.
  template <class T>
  std::span<T> span();
  template <class T>
  std::span<const T> span() const;
  /// The only element, converted to double. Throws Error(shape) unless size() == 1.
  double item() const;
  /// Every element in row-major order, converted to double; works for any strides.
  std::vector<double> to_vector() const;

  Tensor clone() const;          ///< a contiguous copy
  Tensor to(DType dtype) const;  ///< a contiguous copy, converted (to integers: toward zero)
  /// Overwrites the elements with those of `other`: equal shapes and types, any strides.
  void copy_from(const Tensor& other);

  std::string text() const;  ///< nested brackets; integers without ".0"

 private:
  std::shared_ptr<void> storage_;
  void* data_ = nullptr;
  Shape shape_;
  Strides strides_{};
  DType dtype_ = DType::f32;
};

}  // namespace neuro
