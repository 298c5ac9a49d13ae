#include "neuro/kernels/norm.h"

#include "kernels/norm_kernels.h"
#include "ranges.h"

namespace neuro::kernels {
namespace {

/// Values whose moments are taken at once: 16 KiB in f32, read twice from L1.
constexpr std::int64_t kRun = 4096;

template <class T>
const NormKernels<T>& kernels_of(const Table& table) {
  if constexpr (sizeof(T) == 4) {
    return *table.norm_f32;
  } else {
    return *table.norm_f64;
  }
}

/// Calls body(offset, length) for every run of channel k's values, in the order of memory.
template <class Body>
void for_runs(const Channels& c, std::int64_t k, const Body& body) {
  for (std::int64_t o = 0; o < c.outer; ++o) {
    const std::int64_t plane = (o * c.channels + k) * c.inner;
    for (std::int64_t i = 0; i < c.inner; i += kRun) body(plane + i, std::min(kRun, c.inner - i));
  }
}

}  // namespace

template <class T>
void channel_moments(const Exec& exec, const Channels& c, const T* x, T* mean, T* var) noexcept {
  const NormKernels<T>& kernels = kernels_of<T>(*exec.table);
  for_ranges(c.channels, rows_of(kCheapGrain, c.outer * c.inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      double count = 0, mu = 0, squares = 0;
      for_runs(c, k, [&](std::int64_t at, std::int64_t n) {
        RunMoments<T> run;
        kernels.moments(x + at, n, &run);
        const double m = static_cast<double>(n), off = static_cast<double>(run.sum) / m;  // the mean was rounded
        const double delta = static_cast<double>(run.centre) + off - mu;
        count += m;
        mu += delta * (m / count);
        squares += static_cast<double>(run.squares) - off * off * m + delta * delta * (m * (count - m) / count);
      });
      mean[k] = static_cast<T>(mu);
      var[k] = static_cast<T>(squares / count);
    }
  });
}

template <class T>
void channel_affine(const Exec& exec, const Channels& c, const T* x, const T* mean, const T* scale, const T* shift,
                    T* y, const Epilogue& epilogue) noexcept {
  const NormKernels<T>& kernels = kernels_of<T>(*exec.table);
  const std::int64_t planes = c.outer * c.channels, some = rows_of(kCheapGrain, c.inner);
  parallel_for((planes + some - 1) / some, [&](std::int64_t chunk, int worker) {
    const std::int64_t end = std::min(planes, (chunk + 1) * some);
    for (std::int64_t p = chunk * some; p < end; ++p) {
      const std::int64_t k = p % c.channels, at = p * c.inner;
      kernels.affine(x + at, mean[k], scale[k], shift[k], y + at, c.inner);
    }
    if (epilogue.run != nullptr) {
      epilogue.run(epilogue.context, 0, chunk * some * c.inner, end * c.inner, worker);
    }
  });
}

template <class T>
void channel_sums(const Exec& exec, const Channels& c, const T* gy, const T* x, const T* mean, T* sum,
                  T* product) noexcept {
  const NormKernels<T>& kernels = kernels_of<T>(*exec.table);
  for_ranges(c.channels, rows_of(kCheapGrain, c.outer * c.inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      double total = 0, products = 0;
      for_runs(c, k, [&](std::int64_t at, std::int64_t n) {
        T run_sum, run_product;
        kernels.sums(gy + at, x + at, mean[k], n, &run_sum, &run_product);
        total += static_cast<double>(run_sum);
        products += static_cast<double>(run_product);
      });
      sum[k] = static_cast<T>(total);
      product[k] = static_cast<T>(products);
    }
  });
}

template <class T>
void rms_norm(const Exec& exec, const T* x, const T* weight, T* y, T* rstd, std::int64_t rows, std::int64_t cols,
              T eps) noexcept {
  for_ranges(rows, rows_of(kCheapGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * cols;
    kernels_of<T>(*exec.table).rms_norm(x + at, weight, y + at, rstd + begin, end - begin, cols, eps);
  });
}

template <class T>
void rms_norm_backward(const Exec& exec, const T* gy, const T* x, const T* weight, const T* rstd, T* gx,
                       std::int64_t rows, std::int64_t cols) noexcept {
  for_ranges(rows, rows_of(kCheapGrain, cols), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * cols;
    kernels_of<T>(*exec.table).rms_norm_backward(gy + at, x + at, weight, rstd + begin, gx + at, end - begin, cols);
  });
}

#define NEURO_INSTANTIATE(T)                                                                               \
  template void channel_moments(const Exec&, const Channels&, const T*, T*, T*) noexcept;                  \
  template void channel_affine(const Exec&, const Channels&, const T*, const T*, const T*, const T*, T*,   \
                               const Epilogue&) noexcept;                                                  \
  template void channel_sums(const Exec&, const Channels&, const T*, const T*, const T*, T*, T*) noexcept; \
  template void rms_norm(const Exec&, const T*, const T*, T*, T*, std::int64_t, std::int64_t, T) noexcept; \
  template void rms_norm_backward(const Exec&, const T*, const T*, const T*, const T*, T*, std::int64_t,   \
                                  std::int64_t) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
