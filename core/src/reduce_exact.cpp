// Reductions of integers and booleans: the same bits in every order, so that plain loops serve.
#include <limits>

#include "neuro/kernels/reduce.h"
#include "ranges.h"

namespace neuro::kernels {
namespace {

template <class F>
void with_type(DType type, F&& f) {
  switch (type) {
    case DType::f32: return f(float{});
    case DType::f64: return f(double{});
    case DType::i64: return f(std::int64_t{});
    case DType::i32: return f(std::int32_t{});
    case DType::boolean: return f(bool{});
    case DType::bf16: return;  // recording refuses it
  }
}

/// combine(so far, element) over the middle axis; columns in blocks, whose row of results stays in L1.
template <class T, class R, class Combine>
void fold(const void* x, void* y, R start, std::int64_t outer, std::int64_t n, std::int64_t inner,
          const Combine& combine) {
  constexpr std::int64_t kBlock = 1024;
  const std::int64_t blocks = (inner + kBlock - 1) / kBlock;
  for_ranges(outer * blocks, rows_of(kCheapGrain, n * std::min(inner, kBlock)),
             [&](std::int64_t begin, std::int64_t end) {
               for (std::int64_t task = begin; task < end; ++task) {
                 const std::int64_t o = task / blocks, first = task % blocks * kBlock;
                 const std::int64_t count = std::min(kBlock, inner - first);
                 const T* from = static_cast<const T*>(x) + o * n * inner + first;
                 R* to = static_cast<R*>(y) + o * inner + first;
                 if (inner == 1) {
                   R total = start;
                   for (std::int64_t r = 0; r < n; ++r) total = combine(total, from[r]);
                   *to = total;
                   continue;
                 }
                 std::fill_n(to, count, start);
                 for (std::int64_t r = 0; r < n; ++r, from += inner) {
                   for (std::int64_t i = 0; i < count; ++i) to[i] = combine(to[i], from[i]);
                 }
               }
             });
}

// Through unsigned: a sum that overflows wraps, as PyTorch's does, and is defined.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t times(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

}  // namespace

DType reduce_exact_type(ReduceExact op, DType operand) {
  switch (op) {
    case ReduceExact::max:
    case ReduceExact::min: return operand;
    case ReduceExact::any:
    case ReduceExact::all: return DType::boolean;
    default: return DType::i64;
  }
}

void reduce_exact(const Exec&, ReduceExact op, DType type, const void* x, void* y, std::int64_t outer, std::int64_t n,
                  std::int64_t inner) noexcept {
  with_type(type, [&]<class T>(T) {
    switch (op) {
      case ReduceExact::count:
        return fold<T>(x, y, std::int64_t{0}, outer, n, inner,
                       [](std::int64_t a, T b) { return a + (b != T(0) ? 1 : 0); });
      case ReduceExact::any: return fold<T>(x, y, false, outer, n, inner, [](bool a, T b) { return a | (b != T(0)); });
      case ReduceExact::all: return fold<T>(x, y, true, outer, n, inner, [](bool a, T b) { return a & (b != T(0)); });
      default: break;
    }
    if constexpr (std::numeric_limits<T>::is_integer) {
      switch (op) {
        case ReduceExact::sum:
          return fold<T>(x, y, std::int64_t{0}, outer, n, inner, [](std::int64_t a, T b) { return plus(a, b); });
        case ReduceExact::prod:
          return fold<T>(x, y, std::int64_t{1}, outer, n, inner, [](std::int64_t a, T b) { return times(a, b); });
        case ReduceExact::max:
          return fold<T>(x, y, std::numeric_limits<T>::lowest(), outer, n, inner,
                         [](T a, T b) { return a < b ? b : a; });
        default:
          return fold<T>(x, y, std::numeric_limits<T>::max(), outer, n, inner, [](T a, T b) { return b < a ? b : a; });
      }
    }
  });
}

}  // namespace neuro::kernels
