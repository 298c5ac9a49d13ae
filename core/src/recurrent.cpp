// Recurrent layers: one step after the other, each a product and a pass over its gates.
#include "neuro/kernels/recurrent.h"

#include "kernels/sequence_kernels.h"
#include "neuro/kernels/gemm.h"
#include "ranges.h"

namespace neuro::kernels {
namespace {

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// Where the products' scratch ends: both h W^T and its gradient are computed.
template <class T>
std::size_t product_bytes(const Table& table, const Recurrence& r) {
  const std::int64_t wide = gates_of(r.cell) * r.H;
  return rounded(std::max(gemm_scratch<T>(table, r.B, wide, r.H, Trans::no, Trans::yes),
                          gemm_scratch<T>(table, r.B, r.H, wide, Trans::no, Trans::no)));
}

/// c [B, n] += a [B, k] op(b)
template <class T>
void add_product(const Exec& exec, std::int64_t B, std::int64_t n, std::int64_t k, const T* a, const T* b, Trans tb,
                 T* c) {
  GemmArgs<T> g;
  g.M = B;
  g.N = n;
  g.K = k;
  g.a = a;
  g.lda = k;
  g.b = b;
  g.ldb = tb == Trans::yes ? k : n;
  g.tb = tb;
  g.c = c;
  g.ldc = n;
  g.accumulate = true;
  gemm(exec, g);
}

/// p moved by n elements; null stays null.
template <class P>
P moved(P p, std::int64_t n) {
  return p == nullptr ? nullptr : p + n;
}

}  // namespace

template <class T>
std::size_t recurrent_scratch(const Table& table, const Recurrence& r) {
  return product_bytes<T>(table, r) + static_cast<std::size_t>(gates_of(r.cell) * r.B * r.H) * sizeof(T);
}

template <class T>
void recurrent(const Exec& exec, const Recurrence& r, const T* gates_x, const RecurrentState<T>& s) noexcept {
  const auto kernel = sequence_kernels_of<T>(*exec.table).cell[static_cast<int>(r.cell)];
  const std::int64_t wide = gates_of(r.cell) * r.H, keep = saved_of(r.cell) * r.H, step = r.B * r.H;
  T* const gates_h = reinterpret_cast<T*>(exec.of(0) + product_bytes<T>(*exec.table, r));
  const T *h = s.h0, *c = s.c0;
  for (std::int64_t i = 0; i < r.T; ++i) {
    const std::int64_t t = r.reverse ? r.T - 1 - i : i;
    for (std::int64_t b = 0; b < r.B; ++b) std::copy_n(s.bias, wide, gates_h + b * wide);
    add_product(exec, r.B, wide, r.H, h, s.weight, Trans::yes, gates_h);
    T *const next_h = s.y + t * step, *const next_c = moved(s.c, t * step);
    for_ranges(r.B, rows_of(kCostlyGrain, wide), [&](std::int64_t begin, std::int64_t end) {
      kernel({end - begin, r.H, gates_x + (t * r.B + begin) * wide, gates_h + begin * wide, h + begin * r.H,
              moved(c, begin * r.H), next_h + begin * r.H, moved(next_c, begin * r.H),
              moved(s.saved, (t * r.B + begin) * keep)});
    });
    h = next_h;
    c = next_c;
  }
}

template <class T>
void recurrent_backward(const Exec& exec, const Recurrence& r, const RecurrentState<T>& s,
                        const RecurrentGradient<T>& g) noexcept {
  const auto kernel = sequence_kernels_of<T>(*exec.table).cell_backward[static_cast<int>(r.cell)];
  const std::int64_t wide = gates_of(r.cell) * r.H, keep = saved_of(r.cell) * r.H, step = r.B * r.H;
  std::fill_n(g.h0, step, T(0));  // the running gradients of the states lie where those of the first states end up
  if (g.c0 != nullptr) std::fill_n(g.c0, step, T(0));
  for (std::int64_t i = r.T - 1; i >= 0; --i) {
    const std::int64_t t = r.reverse ? r.T - 1 - i : i, before = (r.reverse ? t + 1 : t - 1) * step;
    const T* const h = i == 0 ? s.h0 : s.y + before;
    const T* const c = i == 0 ? s.c0 : moved(s.c, before);
    for_ranges(r.B, rows_of(kCostlyGrain, wide), [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t at = begin * r.H, row = t * r.B + begin, here = row * r.H;
      kernel({end - begin, r.H, h + at, moved(c, at), s.y + here, moved(s.c, here), moved(s.saved, row * keep),
              moved(g.gy, here), moved(g.gc, here), moved(g.gsaved, row * keep), g.h0 + at, moved(g.c0, at),
              g.gates_x + row * wide, moved(g.gates_h, row * wide)});
    });
    const T* const gates_h = g.gates_h != nullptr ? g.gates_h : g.gates_x;
    add_product(exec, r.B, r.H, wide, gates_h + t * r.B * wide, s.weight, Trans::no, g.h0);
  }
}

#define NEURO_INSTANTIATE(T)                                                                            \
  template std::size_t recurrent_scratch<T>(const Table&, const Recurrence&);                           \
  template void recurrent(const Exec&, const Recurrence&, const T*, const RecurrentState<T>&) noexcept; \
  template void recurrent_backward(const Exec&, const Recurrence&, const RecurrentState<T>&,            \
                                   const RecurrentGradient<T>&) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
