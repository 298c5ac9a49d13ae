// Attention in tiles, after FlashAttention-2 (Dao 2023, arXiv:2307.08691): an online softmax over blocks of keys, and a
// gradient that computes the weights again from the logarithms of their sums. Blocks depend on the table only.
#include "neuro/kernels/attention.h"

#include <algorithm>
#include <limits>

#include "kernels/sequence_kernels.h"
#include "ranges.h"
#include "serial_gemm.h"

namespace neuro::kernels {
namespace {

// A tile of scores, the block of keys and that of values are 112, 64 and 64 KiB (f32, D = 64): all stay in L2.
constexpr std::int64_t kQueries = 112, kKeys = 256;

/// Hands out parts of one piece of memory, each at a cache line; counts only, when there is no memory.
template <class T>
class Carver {
 public:
  explicit Carver(T* memory) : memory_(memory) {}
  T* take(std::int64_t n) {
    T* const at = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (n + 15) & -16;
    return at;
  }
  std::size_t bytes() const { return static_cast<std::size_t>(used_) * sizeof(T); }

 private:
  T* memory_;
  std::int64_t used_ = 0;
};

template <class T>
std::int64_t offset_of(const StridedMatrices<T>& m, std::int64_t problem) {
  std::int64_t offset = 0;
  for (int axis = m.shape.rank() - 3; axis >= 0; --axis) {
    offset += problem % m.shape[axis] * m.strides[static_cast<std::size_t>(axis)];
    problem /= m.shape[axis];
  }
  return offset;
}

template <class T>
std::int64_t matrices(const StridedMatrices<T>& m) {
  std::int64_t n = 1;
  for (int axis = 0; axis + 2 < m.shape.rank(); ++axis) n *= m.shape[axis];
  return n;
}

/// Rows of a matrix in memory: contiguous columns, rows `ld` apart.
template <class T>
struct Rows {
  const T* data;
  std::int64_t ld;
};

/// The part of a matrix at (row, col), copied to `to` only if its columns are not contiguous.
template <class T>
Rows<T> rows_at(const StridedMatrices<const T>& m, std::int64_t problem, std::int64_t row, std::int64_t col,
                std::int64_t rows, std::int64_t cols, T* to) {
  const auto last = static_cast<std::size_t>(m.shape.rank() - 1);
  const std::int64_t down = m.strides[last - 1], along = m.strides[last];
  const T* from = m.data + offset_of(m, problem) + row * down + col * along;
  if (along == 1 || cols == 1) return {from, down};
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) to[i * cols + j] = from[i * down + j * along];
  }
  return {to, cols};
}

/// Sizes, and the scratch memory of one worker.
template <class T>
struct Work {
  const AttentionArgs<T>& args;
  const SequenceKernels<T>& kernels;
  const GemmKernels<T>& products;
  std::int64_t T_, S, D, Dv, heads, group;  // heads: of all problems, of q; group: query heads for each of k
  std::int64_t queries, keys;               // of a block
  std::size_t bytes;
  T *pack, *q, *k, *v, *scores, *slopes, *bias, *top, *sum;
  std::uint8_t* allowed;

  Work(const Table& table, const AttentionArgs<T>& a, std::byte* scratch)
      : args(a), kernels(sequence_kernels_of<T>(table)), products(gemm_kernels_of<T>(table)) {
    const int rank = a.q.shape.rank();
    T_ = a.q.shape[rank - 2];
    D = a.q.shape[rank - 1];
    S = a.k.shape[rank - 2];
    Dv = a.v.shape[rank - 1];
    heads = matrices(a.q);
    group = heads == 0 ? 1 : heads / matrices(a.k);
    queries = std::min(T_, kQueries / products.tile_rows * products.tile_rows);  // whole register tiles
    keys = std::min(S, kKeys);
    Carver<T> carver(reinterpret_cast<T*>(scratch));
    std::int64_t packed = 0;
    const std::int64_t wide = std::max(D, Dv);
    for (const auto& [n, inner] : {std::pair{keys, wide}, std::pair{wide, keys}, std::pair{wide, queries}}) {
      packed = std::max(packed, gemm_pack_elements(products, n, inner));
    }
    pack = carver.take(packed);
    q = carver.take(queries * D);
    k = carver.take(keys * D);
    v = carver.take(keys * Dv);
    scores = carver.take(queries * keys);
    slopes = carver.take(queries * keys);
    bias = carver.take(queries * keys);
    top = carver.take(queries);
    sum = carver.take(queries);
    allowed = reinterpret_cast<std::uint8_t*>(carver.take(queries * keys / static_cast<std::int64_t>(sizeof(T)) + 1));
    bytes = carver.bytes();
  }

  /// c (+)= op(a) op(b)
  void product(std::int64_t m, std::int64_t n, std::int64_t inner, Rows<T> a, Trans ta, Rows<T> b, Trans tb, T* c,
               std::int64_t ldc, bool accumulate) const {
    GemmArgs<T> g;
    g.M = m;
    g.N = n;
    g.K = inner;
    g.a = a.data;
    g.lda = a.ld;
    g.ta = ta;
    g.b = b.data;
    g.ldb = b.ld;
    g.tb = tb;
    g.c = c;
    g.ldc = ldc;
    g.accumulate = accumulate;
    serial_gemm(products, g, pack);
  }

  /// Queries [t, t + rows) of a head, times the scale: [rows, D].
  void load_queries(std::int64_t head, std::int64_t t, std::int64_t rows) const {
    const auto last = static_cast<std::size_t>(args.q.shape.rank() - 1);
    const std::int64_t down = args.q.strides[last - 1], along = args.q.strides[last];
    const T* from = args.q.data + offset_of(args.q, head) + t * down;
    const T scale = static_cast<T>(args.scale);
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < D; ++j) q[i * D + j] = from[i * down + j * along] * scale;
    }
  }

  /// Keys that some query of [t, t + rows) sees.
  std::int64_t visible(std::int64_t t, std::int64_t rows) const {
    return args.causal ? std::clamp<std::int64_t>(t + rows + args.causal_offset, 0, S) : S;
  }

  /// The scores of queries [t, t + rows) (as loaded) and keys [s, s + cols), before the bias, and what hides keys.
  ScoreTile<T> score(std::int64_t head, std::int64_t t, std::int64_t rows, std::int64_t s, std::int64_t cols,
                     Rows<T> some_keys) const {
    product(rows, cols, D, {q, D}, Trans::no, some_keys, Trans::yes, scores, keys, false);
    ScoreTile<T> tile{rows, cols, scores, keys, nullptr, 0, args.causal ? t + args.causal_offset + 1 - s : cols};
    if (args.bias.data != nullptr) {
      const Rows<T> b = rows_at<T>(args.bias, head, t, s, rows, cols, bias);
      tile.bias = b.data;
      tile.bias_ld = b.ld;
    } else if (args.allowed.data != nullptr) {
      const Rows<std::uint8_t> a = rows_at<std::uint8_t>(args.allowed, head, t, s, rows, cols, allowed);
      for (std::int64_t i = 0; i < rows; ++i) kernels.attention_bias(a.data + i * a.ld, bias + i * cols, cols);
      tile.bias = bias;
      tile.bias_ld = cols;
    }
    return tile;
  }

  /// Queries [t, t + rows) of one head.
  void forward(std::int64_t head, std::int64_t t, T* y, T* lse) const {
    const std::int64_t rows = std::min(queries, T_ - t), end = visible(t, rows);
    y += (head * T_ + t) * Dv;
    lse += head * T_ + t;
    load_queries(head, t, rows);
    std::fill_n(top, rows, -std::numeric_limits<T>::infinity());
    std::fill_n(sum, rows, T(0));
    if (end == 0) std::fill_n(y, rows * Dv, T(0));
    for (std::int64_t s = 0; s < end; s += keys) {
      const std::int64_t cols = std::min(keys, end - s);
      const ScoreTile<T> tile = score(head, t, rows, s, cols, rows_at<T>(args.k, head / group, s, 0, cols, D, k));
      kernels.attention_softmax(tile, top, sum, s == 0 ? nullptr : y, Dv);
      product(rows, Dv, cols, {scores, keys}, Trans::no, rows_at<T>(args.v, head / group, s, 0, cols, Dv, v), Trans::no,
              y, Dv, s != 0);
    }
    kernels.attention_finish(top, sum, y, lse, rows, Dv);
  }

  /// All gradients of one head of k and v.
  void backward(std::int64_t kv, const T* gy, const T* lse, const T* delta, T* gq, T* gk, T* gv) const {
    gk += kv * S * D;
    gv += kv * S * Dv;
    std::fill_n(gk, S * D, T(0));
    std::fill_n(gv, S * Dv, T(0));
    for (std::int64_t head = kv * group; head < (kv + 1) * group; ++head) {
      for (std::int64_t t = 0; t < T_; t += queries) {
        const std::int64_t rows = std::min(queries, T_ - t), end = visible(t, rows), at = head * T_ + t;
        const Rows<T> g{gy + at * Dv, Dv};
        T* const gq_block = gq + at * D;
        load_queries(head, t, rows);
        if (end == 0) std::fill_n(gq_block, rows * D, T(0));
        for (std::int64_t s = 0; s < end; s += keys) {
          const std::int64_t cols = std::min(keys, end - s);
          const Rows<T> some_keys = rows_at<T>(args.k, kv, s, 0, cols, D, k);
          const Rows<T> values = rows_at<T>(args.v, kv, s, 0, cols, Dv, v);
          kernels.attention_weights(score(head, t, rows, s, cols, some_keys), lse + at);
          // gv += P^T gy   [cols, rows] x [rows, Dv]
          product(cols, Dv, rows, {scores, keys}, Trans::yes, g, Trans::no, gv + s * Dv, Dv, true);
          // gy v^T   [rows, Dv] x [Dv, cols]
          product(rows, cols, Dv, g, Trans::no, values, Trans::yes, slopes, keys, false);
          kernels.attention_slope(scores, slopes, delta + at, rows, cols, keys);
          // gk += G^T (scale q)   [cols, rows] x [rows, D]
          product(cols, D, rows, {slopes, keys}, Trans::yes, {q, D}, Trans::no, gk + s * D, D, true);
          // gq += G k   [rows, cols] x [cols, D]
          product(rows, D, cols, {slopes, keys}, Trans::no, some_keys, Trans::no, gq_block, D, s != 0);
        }
        const T scale = static_cast<T>(args.scale);
        for (std::int64_t i = 0; i < rows * D; ++i) gq_block[i] *= scale;
      }
    }
  }
};

}  // namespace

template <class T>
std::size_t attention_scratch(const Table& table, const AttentionArgs<T>& args) {
  return Work<T>(table, args, nullptr).bytes;
}

template <class T>
void attention(const Exec& exec, const AttentionArgs<T>& args, T* y, T* lse) noexcept {
  const Work<T> sizes(*exec.table, args, nullptr);
  if (sizes.T_ == 0) return;
  const std::int64_t blocks = (sizes.T_ + sizes.queries - 1) / sizes.queries;
  for_units(sizes.heads * blocks, sizes.queries * sizes.S * (sizes.D + sizes.Dv), [&](std::int64_t unit, int worker) {
    Work<T>(*exec.table, args, exec.of(worker)).forward(unit / blocks, unit % blocks * sizes.queries, y, lse);
  });
}

template <class T>
void attention_backward(const Exec& exec, const AttentionArgs<T>& args, const T* gy, const T* lse, const T* delta,
                        T* gq, T* gk, T* gv) noexcept {
  const Work<T> sizes(*exec.table, args, nullptr);
  const std::int64_t work = sizes.group * sizes.T_ * sizes.S * (3 * sizes.D + 2 * sizes.Dv);
  for_units(sizes.heads / sizes.group, work, [&](std::int64_t unit, int worker) {
    Work<T>(*exec.table, args, exec.of(worker)).backward(unit, gy, lse, delta, gq, gk, gv);
  });
}

#define NEURO_INSTANTIATE(T)                                                                                   \
  template std::size_t attention_scratch(const Table&, const AttentionArgs<T>&);                               \
  template void attention(const Exec&, const AttentionArgs<T>&, T*, T*) noexcept;                              \
  template void attention_backward(const Exec&, const AttentionArgs<T>&, const T*, const T*, const T*, T*, T*, \
                                   T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
