#include "neuro/kernels/rows.h"

#include "kernels/row_kernels.h"
#include "ranges.h"

namespace neuro::kernels {

template <class T>
void softmax(const Exec& exec, const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept {
  for_ranges(rows, rows_of(kCostlyGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    rows_of_table<T>(*exec.table).softmax(x + begin * cols, y + begin * cols, end - begin, cols);
  });
}

template <class T>
void softmax_backward(const Exec& exec, const T* gy, const T* y, T* gx, std::int64_t rows, std::int64_t cols) noexcept {
  for_ranges(rows, rows_of(kCheapGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * cols;
    rows_of_table<T>(*exec.table).softmax_backward(gy + at, y + at, gx + at, end - begin, cols);
  });
}

template <class T>
void log_softmax(const Exec& exec, const T* x, T* y, std::int64_t rows, std::int64_t cols) noexcept {
  for_ranges(rows, rows_of(kCostlyGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    rows_of_table<T>(*exec.table).log_softmax(x + begin * cols, y + begin * cols, end - begin, cols);
  });
}

template <class T>
void log_softmax_backward(const Exec& exec, const T* gy, const T* y, T* gx, std::int64_t rows,
                          std::int64_t cols) noexcept {
  for_ranges(rows, rows_of(kCostlyGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * cols;
    rows_of_table<T>(*exec.table).log_softmax_backward(gy + at, y + at, gx + at, end - begin, cols);
  });
}

template <class T>
void softmax_cross_entropy(const Exec& exec, const T* x, const std::int64_t* target, T* loss, T* grad,
                           std::int64_t rows, std::int64_t cols, std::int64_t ignore_index) noexcept {
  for_ranges(rows, rows_of(kCostlyGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * cols;
    rows_of_table<T>(*exec.table)
        .softmax_cross_entropy(x + at, target + begin, loss + begin, grad + at, end - begin, cols, ignore_index);
  });
}

template <class T>
void layer_norm(const Exec& exec, const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, std::int64_t rows,
                std::int64_t cols, T eps) noexcept {
  for_ranges(rows, rows_of(kCheapGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * cols;
    rows_of_table<T>(*exec.table)
        .layer_norm(x + at, weight, bias, y + at, mean + begin, rstd + begin, end - begin, cols, eps);
  });
}

template <class T>
void layer_norm_backward(const Exec& exec, const T* gy, const T* x, const T* weight, const T* mean, const T* rstd,
                         T* gx, std::int64_t rows, std::int64_t cols) noexcept {
  for_ranges(rows, rows_of(kCheapGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * cols;
    rows_of_table<T>(*exec.table)
        .layer_norm_backward(gy + at, x + at, weight, mean + begin, rstd + begin, gx + at, end - begin, cols);
  });
}

#define NEURO_INSTANTIATE(T)                                                                                          \
  template void softmax(const Exec&, const T*, T*, std::int64_t, std::int64_t) noexcept;                              \
  template void softmax_backward(const Exec&, const T*, const T*, T*, std::int64_t, std::int64_t) noexcept;           \
  template void log_softmax(const Exec&, const T*, T*, std::int64_t, std::int64_t) noexcept;                          \
  template void log_softmax_backward(const Exec&, const T*, const T*, T*, std::int64_t, std::int64_t) noexcept;       \
  template void softmax_cross_entropy(const Exec&, const T*, const std::int64_t*, T*, T*, std::int64_t, std::int64_t, \
                                      std::int64_t) noexcept;                                                         \
  template void layer_norm(const Exec&, const T*, const T*, const T*, T*, T*, T*, std::int64_t, std::int64_t,         \
                           T) noexcept;                                                                               \
  template void layer_norm_backward(const Exec&, const T*, const T*, const T*, const T*, const T*, T*, std::int64_t,  \
                                    std::int64_t) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
