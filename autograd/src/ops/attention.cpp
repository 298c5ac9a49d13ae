// Scaled dot-product attention: one kernel forward, one backward.
#include "neuro/kernels/attention.h"

#include <cmath>
#include <limits>

#include "neuro/ops.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"
#include "within.h"

namespace neuro {
namespace {

constexpr const char* kName = "scaled_dot_product_attention";

/// What q, k and v (operands `first` and the two after) and the mask must look like. attrs.f: scale; attrs.i: causal,
/// causal offset.
void check_operands(const Infer& c, std::size_t first, std::size_t mask) {
  const Shape &q = c.in[first].shape, &k = c.in[first + 1].shape, &v = c.in[first + 2].shape;
  check_float(c, first, "q");
  for (const std::size_t i : {first + 1, first + 2}) {
    if (c.in[i].dtype == c.in[first].dtype) continue;
    throw Error(ErrorCode::dtype, str(c.op, ": q is ", name_of(c.in[first].dtype), ", ", i == first + 1 ? "k" : "v",
                                      " is ", name_of(c.in[i].dtype), "; convert() one of them"));
  }
  const int rank = q.rank();
  if (rank < 2 || k.rank() != rank || v.rank() != rank) {
    shape_error(c.op, "q, k and v must have the same number of axes, at least 2, [..., heads, time, size]; got ", q,
                ", ", k, " and ", v);
  }
  if (q[rank - 1] == 0) shape_error(c.op, "axis -1 of q must have elements, got ", q);
  if (q[rank - 1] != k[rank - 1]) {
    shape_error(c.op, "axis -1 of q and k must have the same size, q is ", q, ", k is ", k);
  }
  if (k[rank - 2] != v[rank - 2]) {
    shape_error(c.op, "axis -2 of k and v (the keys) must have the same size, k is ", k, ", v is ", v);
  }
  for (int axis = 0; axis + 3 < rank; ++axis) {
    if (q[axis] == k[axis] && k[axis] == v[axis]) continue;
    shape_error(c.op, "axis ", axis, " of q, k and v must have the same size, got ", q, ", ", k, " and ", v);
  }
  if (rank >= 3) {
    const std::int64_t hq = q[rank - 3], hk = k[rank - 3];
    if (hk != v[rank - 3]) shape_error(c.op, "axis -3 (heads) of k and v must have the same size, got ", k, " and ", v);
    if (hk == 0 ? hq != 0 : hq % hk != 0) {
      shape_error(c.op, "the heads of q must be a multiple of those of k (axis -3), q is ", q, ", k is ", k);
    }
  }
  if (c.in.size() == mask) return;
  if (c.in[mask].dtype != DType::boolean && c.in[mask].dtype != c.in[first].dtype) {
    throw Error(ErrorCode::dtype, str(c.op, ": the mask must be bool or ", name_of(c.in[first].dtype), ", got ",
                                      name_of(c.in[mask].dtype)));
  }
  check_shape(c, mask, "the mask", q.with(rank - 1, k[rank - 2]));
}

template <class T>
kernels::StridedMatrices<const T> matrices(const Operand& x) {
  return {x.as<const T>(), x.shape, x.strides};
}

/// The kernel's arguments of q, k, v (operands `first` and after) and the mask, if there is one.
template <class T>
kernels::AttentionArgs<T> attention_args(const Call& c, std::size_t first, std::size_t mask) {
  kernels::AttentionArgs<T> a;
  a.q = matrices<T>(c.in[first]);
  a.k = matrices<T>(c.in[first + 1]);
  a.v = matrices<T>(c.in[first + 2]);
  if (c.in.size() > mask) {
    if (c.in[mask].dtype == DType::boolean) {
      a.allowed = matrices<std::uint8_t>(c.in[mask]);
    } else {
      a.bias = matrices<T>(c.in[mask]);
    }
  }
  a.scale = c.attrs->f[0];
  a.causal = c.attrs->i[0] != 0;
  a.causal_offset = c.attrs->i[1];
  return a;
}

std::size_t scratch_bytes(const Call& c, std::size_t first, std::size_t mask) {
  std::size_t bytes = 0;
  visit_float(c.in[first].dtype, [&]<class T>(T) {
    bytes = kernels::attention_scratch<T>(*c.exec.table, attention_args<T>(c, first, mask));
  });
  return bytes;
}

// --- The same in operations, for second derivatives and a mask's gradient ---

/// The query heads that share a head of k as more rows of one: [..., Hkv, G T, X].
Var grouped(const Var& x, const Shape& k) {
  const int rank = x.rank();
  if (rank == 2 || x.shape()[rank - 3] == k[rank - 3]) return x;
  const std::int64_t rows = x.shape()[rank - 3] / k[rank - 3] * x.shape()[rank - 2];
  return reshape(x, x.shape().with(rank - 3, k[rank - 3]).with(rank - 2, rows));
}

/// [T, S]: whether query t sees key s.
Var causal_mask(std::int64_t T, std::int64_t S, std::int64_t offset) {
  Tensor seen = Tensor::empty({T, S}, DType::boolean);
  bool* at = seen.data<bool>();
  for (std::int64_t t = 0; t < T; ++t) {
    for (std::int64_t s = 0; s < S; ++s) at[t * S + s] = s <= t + offset;
  }
  return Var(seen);
}

/// exp(scale q k^T + mask - lse) [..., Hkv, G T, S]
Var weights(const Var& q, const Var& k, const Var& lse, const Var& mask, const Attrs& attrs) {
  const Shape full = q.shape().with(q.rank() - 1, k.shape()[k.rank() - 2]);
  const Var hidden = constant(-std::numeric_limits<double>::infinity(), q.dtype());
  Var scores = matmul(grouped(q * attrs.f[0], k.shape()), k, Trans::no, Trans::yes);
  if (mask.defined()) {
    const Var m = grouped(mask, k.shape());
    scores = mask.dtype() == DType::boolean ? where(m, scores, hidden) : scores + m;
  }
  if (attrs.i[0] != 0) {
    const Var seen = broadcast_to(causal_mask(full[full.rank() - 2], full[full.rank() - 1], attrs.i[1]), full);
    scores = where(grouped(seen, k.shape()), scores, hidden);
  }
  return exp(scores - grouped(unsqueeze(lse, -1), k.shape()));
}

/// gq, gk, gv of gy, q, k, v, lse, delta and the mask, if there is one.
std::vector<Var> backward_formula(std::span<const Var> in, const Attrs& attrs) {
  const Var &q = in[1], &k = in[2], &v = in[3];
  const Var gy = grouped(in[0], k.shape()), delta = grouped(unsqueeze(in[5], -1), k.shape());
  const Var p = weights(q, k, in[4], in.size() > 6 ? in[6] : Var(), attrs);
  const Var slope = p * (matmul(gy, v, Trans::no, Trans::yes) - delta) * attrs.f[0];
  return {reshape(matmul(slope, k), q.shape()),                         // [G T, S] x [S, D]
          matmul(slope, grouped(q, k.shape()), Trans::yes, Trans::no),  // [S, G T] x [G T, D]
          matmul(p, gy, Trans::yes, Trans::no)};                        // [S, G T] x [G T, Dv]
}

// --- Samples ---

struct AttentionCase {
  Shape q, k;
  std::int64_t dv;
  enum Mask { no, add, allow } mask = no;
  bool causal = false;
  std::int64_t offset = 0;
  bool strided = false;
};

const std::vector<AttentionCase>& attention_cases() {
  using C = AttentionCase;
  static const std::vector<C> cases = {
      {{1, 1}, {1, 1}, 1},
      {{3, 2}, {5, 2}, 4},
      {{5, 7}, {3, 7}, 1},
      {{1, 4, 3}, {1, 4, 3}, 3},
      {{2, 3, 5}, {2, 7, 5}, 2},
      {{2, 1, 8}, {2, 17, 8}, 3},
      {{4, 3, 2}, {2, 5, 2}, 3},
      {{6, 2, 3}, {1, 3, 3}, 2, C::no, true},
      {{2, 2, 3, 4}, {2, 2, 5, 4}, 4},
      {{2, 4, 2, 3}, {2, 2, 3, 3}, 2, C::add},
      {{1, 2, 5, 3}, {1, 2, 5, 3}, 3, C::no, true},
      {{1, 2, 3, 3}, {1, 1, 5, 3}, 3, C::no, true, 2},
      {{2, 5, 2}, {2, 3, 2}, 2, C::no, true, -2},
      {{3, 7, 3}, {3, 5, 3}, 2, C::add},
      {{2, 4, 3}, {1, 6, 3}, 2, C::allow},
      {{1, 1, 4, 5}, {1, 1, 4, 5}, 5, C::allow, true},
      {{2, 3, 3}, {2, 4, 3}, 3, C::add, true, 1},
      {{2, 2, 1, 2, 3}, {2, 2, 1, 3, 3}, 2},
      {{0, 3}, {4, 3}, 2},
      {{3, 3}, {0, 3}, 2},
      {{0, 2, 3, 4}, {0, 2, 3, 4}, 4},
      {{2, 5, 4}, {2, 6, 4}, 3, C::no, false, 0, true},
      {{4, 3, 4}, {2, 5, 4}, 3, C::add, true, 2, true},
      {{2, 3, 4}, {2, 5, 4}, 3, C::allow, false, 0, true},
      {{1, 131, 2}, {1, 13, 2}, 1},
      {{1, 2, 3}, {1, 263, 3}, 1, C::no, true, 260},
  };
  return cases;
}

SampleInput mask_input(const AttentionCase& c) {
  const int rank = c.q.rank();
  return {.shape = c.q.with(rank - 1, c.k[rank - 2]),
          .lo = -1,
          .hi = 1,
          .strided = c.strided,
          .dtype = c.mask == AttentionCase::allow ? DType::boolean : DType::f64};
}

Attrs attrs_of(const AttentionCase& c) { return {.f = {0.7}, .i = {c.causal, c.offset}}; }

std::vector<Sample> forward_samples() {
  std::vector<Sample> out;
  for (const AttentionCase& c : attention_cases()) {
    const int rank = c.q.rank();
    Sample s{{{.shape = c.q, .strided = c.strided},
              {.shape = c.k, .strided = c.strided},
              {.shape = c.k.with(rank - 1, c.dv), .strided = c.strided}},
             attrs_of(c)};
    if (c.mask != AttentionCase::no) s.in.push_back(mask_input(c));
    out.push_back(s);
  }
  return out;
}

std::vector<Sample> backward_samples() {
  std::vector<Sample> out;
  for (const AttentionCase& c : attention_cases()) {
    const int rank = c.q.rank();
    const Shape y = c.q.with(rank - 1, c.dv), rows = y.without(rank - 1);
    Sample s{{{.shape = y, .lo = -1, .hi = 1, .strided = c.strided},
              {.shape = c.q, .lo = -1, .hi = 1, .strided = c.strided},
              {.shape = c.k, .lo = -1, .hi = 1, .strided = c.strided},
              {.shape = c.k.with(rank - 1, c.dv), .lo = -1, .hi = 1, .strided = c.strided},
              {.shape = rows, .lo = 1, .hi = 3},
              {.shape = rows, .lo = -1, .hi = 1}},
             attrs_of(c)};
    if (c.mask != AttentionCase::no) s.in.push_back(mask_input(c));
    out.push_back(s);
  }
  return out;
}

}  // namespace

static constexpr OpDef attention_backward_def{
    .name = "scaled_dot_product_attention_backward",  // gy, q, k, v, lse, delta, mask -> gq, gk, gv
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_operands(c, 1, 6);
      return {c.in[1], c.in[2], c.in[3]};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[1].dtype, [&]<class T>(T) {
            kernels::attention_backward<T>(c.exec, attention_args<T>(c, 1, 6), c.in[0].as<T>(), c.in[4].as<T>(),
                                           c.in[5].as<T>(), c.out[0].as<T>(), c.out[1].as<T>(), c.out[2].as<T>());
          });
        },
    .scratch = [](const Call& c) { return scratch_bytes(c, 1, 6); },
    .vjp = [](const Vjp& v) { return vjp_within(v, backward_formula); },
    .samples = backward_samples,
    .strided_inputs = 0b1001110,
    .source = "Dao 2023, arXiv:2307.08691, algorithm 2",
};

static constexpr OpDef attention_def{
    .name = kName,  // q, k, v, mask -> y, and the logarithm of each row's sum; attrs.f: scale; attrs.i: causal, offset
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_operands(c, 0, 3);
      const Shape &q = c.in[0].shape, &v = c.in[2].shape;
      const int last = q.rank() - 1;
      return {{q.with(last, v[last]), c.in[0].dtype}, {q.without(last), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::attention<T>(c.exec, attention_args<T>(c, 0, 3), c.out[0].as<T>(), c.out[1].as<T>());
          });
        },
    .scratch = [](const Call& c) { return scratch_bytes(c, 0, 3); },
    .vjp =
        [](const Vjp& v) {
          const Var q = v.in[0], k = v.in[1], values = v.in[2], mask = v.in.size() > 3 ? v.in[3] : Var();
          const Var lse = v.out[1], gy = v.gy[0].defined() ? v.gy[0] : zeros_like(v.out[0]);
          // The gradient of a score is p (gp - sum over keys of p gp), where the sum is gy y; through lse it is p.
          Var delta = sum(gy * v.out[0], -1);
          if (v.gy[1].defined()) delta = delta - v.gy[1];
          Grads out(v.in.size());
          if (v.wants(0) || v.wants(1) || v.wants(2)) {
            std::vector<Var> in{gy, q, k, values, lse, delta};
            if (mask.defined()) in.push_back(mask);
            const std::vector<Var> g = record_all(attention_backward_def, in, v.attrs);
            for (std::size_t i = 0; i < 3; ++i) out[i] = g[i];
          }
          if (mask.defined() && v.wants(3)) {
            const Var slope = matmul(grouped(gy, k.shape()), values, Trans::no, Trans::yes);
            const Var p = weights(q, k, lse, mask, v.attrs);
            out[3] = reshape(p * (slope - grouped(unsqueeze(delta, -1), k.shape())), mask.shape());
          }
          return out;
        },
    .samples = forward_samples,
    .strided_inputs = 0b1111,
    .source = "Vaswani et al. 2017, arXiv:1706.03762, eq. 1; Dao 2023, arXiv:2307.08691, algorithm 1",
    .shapes = "q [*s, Hq, T, D], k [*s, Hkv, S, D], v [*s, Hkv, S, Dv] -> [*s, Hq, T, Dv]",
};

namespace {

/// Sizes of the axes before the heads.
Shape before_heads(const Shape& s) {
  return Shape(s.dims().subspan(0, static_cast<std::size_t>(std::max(0, s.rank() - 3))));
}

/// x as [lead..., heads, rows, columns].
Var with_lead(const Var& x, const Shape& lead) {
  const Shape& s = x.shape();
  std::vector<std::int64_t> sizes(lead.begin(), lead.end());
  sizes.push_back(s.rank() < 3 ? 1 : s[s.rank() - 3]);
  sizes.insert(sizes.end(), s.end() - 2, s.end());
  return broadcast_to(x, Shape(sizes));
}

}  // namespace

Var scaled_dot_product_attention(const Var& q, const Var& k, const Var& v, const Var& mask,
                                 const AttentionOptions& options) {
  for (const Var* x : {&q, &k, &v}) {
    if (!x->defined()) throw Error(ErrorCode::invalid_argument, str(kName, ": q, k or v is undefined"));
    if (x->rank() < 2)
      shape_error(kName, "q, k and v are [..., heads, time, size] and have at least 2 axes, got ", x->shape());
  }
  std::vector<Var> in{q, k, v};
  if (q.rank() > 2 || k.rank() > 2 || v.rank() > 2) {
    const Shape lead =
        broadcast(broadcast(before_heads(q.shape()), before_heads(k.shape()), kName), before_heads(v.shape()), kName);
    for (Var& x : in) x = with_lead(x, lead);
  }
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(last_size(q.shape()))));
  const Attrs attrs{.f = {scale}, .i = {options.causal, options.causal_offset}};
  if (mask.defined()) {
    const Shape full = in[0].shape().with(in[0].rank() - 1, in[1].shape()[in[1].rank() - 2]);
    if (broadcast(mask.shape(), full, kName) != full)
      shape_error(kName, "the mask must broadcast to ", full, ", got ", mask.shape());
    in.push_back(broadcast_to(mask, full));
  }
  Var y = record(attention_def, in, attrs);
  // One head without an axis for it came back with one.
  return q.rank() == 2 && y.rank() == 3 && y.shape()[0] == 1 ? squeeze(y, 0) : y;
}

OpList attention_ops() {
  static constexpr const OpDef* ops[] = {&attention_def, &attention_backward_def};
  return ops;
}

}  // namespace neuro
