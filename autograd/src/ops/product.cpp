// Matrix products.
#include <optional>

#include "neuro/ops.h"
#include "neuro/parallel.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

Trans flip(Trans t) { return t == Trans::no ? Trans::yes : Trans::no; }
Attrs flags(Trans ta, Trans tb) { return {.i = {ta == Trans::yes, tb == Trans::yes}}; }
Trans flag(const Attrs& attrs, std::size_t k) { return attrs.i[k] != 0 ? Trans::yes : Trans::no; }

Shape leading(const Shape& shape) { return Shape(shape.dims().subspan(0, static_cast<std::size_t>(shape.rank() - 2))); }

/// The last two axes of op(x): {rows, columns}.
std::array<std::int64_t, 2> matrix(const Shape& shape, Trans t) {
  const std::int64_t rows = shape[shape.rank() - 2], cols = shape[shape.rank() - 1];
  if (t == Trans::yes) return {cols, rows};
  return {rows, cols};
}

/// How the matrices of an operand lie: each row is contiguous, `step` elements after the one before it; or, when
/// flipped, each column.
struct Lie {
  std::int64_t step;
  bool flipped;
};
std::optional<Lie> lie(const Operand& x) {
  const auto r = static_cast<std::size_t>(x.shape.rank() - 2);
  const std::int64_t rows = x.shape[x.shape.rank() - 2], cols = x.shape[x.shape.rank() - 1];
  const std::int64_t row = x.strides[r], col = x.strides[r + 1];
  if ((cols <= 1 || col == 1) && (rows <= 1 || row >= cols)) return Lie{rows <= 1 ? cols : row, false};
  if ((rows <= 1 || row == 1) && (cols <= 1 || col >= rows)) return Lie{cols <= 1 ? rows : col, true};
  return std::nullopt;
}

/// The stride of the leading axes as one, if they lie one inside the other.
std::optional<std::int64_t> lead_stride(const Operand& x) {
  std::optional<std::int64_t> innermost;
  std::int64_t next = 0;
  for (int i = x.shape.rank() - 3; i >= 0; --i) {
    if (x.shape[i] == 1) continue;
    const std::int64_t stride = x.strides[static_cast<std::size_t>(i)];
    if (!innermost) innermost = next = stride;
    if (stride != next) return std::nullopt;
    next *= x.shape[i];
  }
  return innermost.value_or(0);
}

/// The kernel steps through a batch with one stride an operand, and we through one more axis around it.
bool reads_in_place(const Operand& x) {
  return lie(x).has_value() && (x.shape.rank() <= 4 || lead_stride(x).has_value());
}

/// The kernel's call, done `outer` times. When b is one matrix for all of a, the leading axes of a are more rows of it:
/// one product, so that its epilogue and blocking see all the rows.
template <class T>
struct Product {
  kernels::GemmArgs<T> g;
  std::int64_t outer = 1, outer_a = 0, outer_b = 0;

  explicit Product(const Call& c) {
    const Operand &a = c.in[0], &b = c.in[1];
    const Shape &sa = a.shape, &sb = b.shape;
    const Trans ta = flag(*c.attrs, 0), tb = flag(*c.attrs, 1);
    const Lie la = *lie(a), lb = *lie(b);
    g.M = matrix(sa, ta)[0];
    g.N = matrix(sb, tb)[1];
    g.K = matrix(sa, ta)[1];
    g.a = a.as<T>();
    g.lda = la.step;
    g.ta = la.flipped ? flip(ta) : ta;
    g.b = b.as<T>();
    g.ldb = lb.step;
    g.tb = lb.flipped ? flip(tb) : tb;
    g.c = c.out[0].as<T>();
    g.ldc = g.N;
    g.epilogue = c.epilogue;
    const std::int64_t many_a = leading(sa).elements(), many_b = leading(sb).elements();
    const auto lead_a = lead_stride(a), lead_b = lead_stride(b);
    if (many_b == 1 && g.ta == Trans::no && (many_a <= 1 || lead_a == g.M * g.lda)) {
      g.M *= many_a;
      return;
    }
    g.batch = many_a == 0 || many_b == 0 ? 0 : std::max(many_a, many_b);
    g.batch_c = g.M * g.N;
    if (g.batch == 0) return;
    if (lead_a && lead_b) {
      g.batch_a = *lead_a;
      g.batch_b = *lead_b;
      return;
    }
    const Shape lead = leading(c.out[0].shape);  // of two axes
    outer = lead[0];
    g.batch = lead[1];
    const auto strides = [&](const Operand& x, std::int64_t many, std::int64_t& around, std::int64_t& inside) {
      around = many == 1 ? 0 : x.strides[0];
      inside = many == 1 ? 0 : x.strides[1];
    };
    strides(a, many_a, outer_a, g.batch_a);
    strides(b, many_b, outer_b, g.batch_b);
  }

  kernels::GemmArgs<T> at(std::int64_t i) const {
    kernels::GemmArgs<T> args = g;
    args.a += i * outer_a;
    args.b += i * outer_b;
    args.c += i * g.batch * g.batch_c;
    return args;
  }
};

/// An epilogue whose problems are counted from `first`, and whose worker is known from outside (-1: it is not).
struct InnerEpilogue {
  kernels::Epilogue epilogue;
  std::int64_t first;
  int worker;
  static void run(const void* context, std::int64_t batch, std::int64_t begin, std::int64_t end, int worker) noexcept {
    const auto& inner = *static_cast<const InnerEpilogue*>(context);
    inner.epilogue.run(inner.epilogue.context, inner.first + batch, begin, end,
                       inner.worker >= 0 ? inner.worker : worker);
  }
};

bool stores_bf16(const Operand& x) { return x.dtype == DType::bf16; }
bool stores_bf16(const Call& c) { return stores_bf16(c.in[0]) || stores_bf16(c.in[1]); }

template <class T>
void run_product(const Call& c) noexcept {
  const Product<T> product(c);
  if (product.outer == 1) return kernels::gemm<T>(c.exec, product.g);
  const auto inner = [&](std::int64_t i, const kernels::Exec& exec, int worker) {
    kernels::GemmArgs<T> args = product.at(i);
    const InnerEpilogue epilogue{c.epilogue, i * args.batch, worker};
    if (c.epilogue.run != nullptr) args.epilogue = {InnerEpilogue::run, &epilogue};
    kernels::gemm<T>(exec, args);
  };
  constexpr std::int64_t kSerialWork = 300'000;  // multiply-adds: about 5 us of one core
  const std::int64_t work = product.outer * product.g.batch * product.g.M * product.g.N * product.g.K;
  if (product.outer < thread_count() || work < 2 * kSerialWork) {  // threads, if any, share each of them
    for (std::int64_t i = 0; i < product.outer; ++i) inner(i, c.exec, -1);
    return;
  }
  parallel_for(product.outer, [&](std::int64_t i, int worker) {
    inner(i, {c.exec.table, c.exec.of(worker), 0}, worker);  // runs inline, with this worker's scratch
  });
}

/// A product of which an operand is stored as bf16.
void run_bf16(const Call& c) noexcept {
  const Product<float> product(c);
  for (std::int64_t i = 0; i < product.outer; ++i) {
    kernels::GemmArgs<float> args = product.at(i);
    const InnerEpilogue epilogue{c.epilogue, i * args.batch, -1};
    if (product.outer > 1 && c.epilogue.run != nullptr) args.epilogue = {InnerEpilogue::run, &epilogue};
    const auto stored = [&](const Operand& x, std::int64_t around) -> const bf16* {
      return stores_bf16(x) ? x.as<bf16>() + i * around : nullptr;
    };
    kernels::gemm_bf16(c.exec, args, stored(c.in[0], product.outer_a), stored(c.in[1], product.outer_b));
  }
}

std::vector<ValueInfo> infer_matmul(const Infer& c) {
  const bool narrow = c.in[0].dtype == DType::bf16 || c.in[1].dtype == DType::bf16;
  if (narrow) {
    for (std::size_t i = 0; i < 2; ++i) {
      if (c.in[i].dtype != DType::bf16) check_type(c, i, "an operand beside bf16", DType::f32);
    }
  } else {
    check_float(c, 0, "a");
    check_same_type(c, 1, "b");
  }
  const Shape &a = c.in[0].shape, &b = c.in[1].shape;
  const Trans ta = flag(c.attrs, 0), tb = flag(c.attrs, 1);
  if (a.rank() < 2 || b.rank() < 2) shape_error(c.op, "a is ", a, ", b is ", b, "; both need at least 2 axes");
  const auto [m, ka] = matrix(a, ta);
  const auto [kb, n] = matrix(b, tb);
  if (ka != kb) {
    const int axis_a = a.rank() - (ta == Trans::no ? 1 : 2), axis_b = b.rank() - (tb == Trans::no ? 2 : 1);
    std::string hint;
    if (ka == n)
      hint = tb == Trans::no ? " Did you mean matmul(a, b, Trans::no, Trans::yes)?" : " Did you mean tb = Trans::no?";
    else if (m == kb)
      hint = ta == Trans::no ? " Did you mean matmul(a, b, Trans::yes)?" : " Did you mean ta = Trans::no?";
    shape_error(c.op, "inner sizes differ: a is ", a, ", b is ", b, "; a's axis ", axis_a, " (", ka,
                ") must equal b's axis ", axis_b, " (", kb, ").", hint);
  }
  const Shape lead = broadcast(leading(a), leading(b), c.op);
  std::vector<std::int64_t> sizes(lead.begin(), lead.end());
  sizes.push_back(m);
  sizes.push_back(n);
  return {{Shape(sizes), narrow ? DType::f32 : c.in[0].dtype}};
}

/// x as one matrix: all axes but the last are its rows.
Var rows_folded(const Var& x) { return reshape(x, {rows_of(x.shape()), last_size(x.shape())}); }

Grads matmul_vjp(const Vjp& v) {
  const Var a = v.in[0], b = v.in[1], gy = v.gy[0];
  const Trans ta = flag(v.attrs, 0), tb = flag(v.attrs, 1);
  Var ga, gb;
  if (v.wants(0)) {
    ga = ta == Trans::no ? matmul(gy, b, Trans::no, flip(tb))  // ga = gy op(b)^T   [M, N] x [N, K] -> [M, K]
                         : matmul(b, gy, tb, Trans::yes);      // ga = op(b) gy^T   [K, N] x [N, M] -> [K, M]
  }
  if (v.wants(1)) {
    const bool one_b = b.rank() == 2 && a.rank() > 2 && ta == Trans::no;
    const Var x = one_b ? rows_folded(a) : a, g = one_b ? rows_folded(gy) : gy;
    gb = tb == Trans::no ? matmul(x, g, flip(ta), Trans::no)  // gb = op(a)^T gy   [K, M] x [M, N] -> [K, N]
                         : matmul(g, x, Trans::yes, ta);      // gb = gy^T op(a)   [N, M] x [M, K] -> [N, K]
  }
  return {ga, gb};
}

std::vector<Sample> matmul_samples() {
  struct Case {
    Shape a, b;
    bool ta = false, tb = false, strided = false;
  };
  const Case cases[] = {
      {{1, 1}, {1, 1}},
      {{1, 5}, {5, 1}},
      {{5, 1}, {1, 5}},
      {{2, 3}, {3, 4}},
      {{3, 2}, {3, 4}, true},
      {{2, 3}, {4, 3}, false, true},
      {{3, 2}, {4, 3}, true, true},
      {{7, 13}, {13, 5}},
      {{1, 17}, {17, 9}},
      {{9, 17}, {17, 1}},
      {{8, 8}, {8, 8}, true, true},
      {{2, 3, 4}, {4, 5}},
      {{2, 3, 4}, {5, 4}, false, true},
      {{2, 4, 3}, {4, 5}, true},
      {{3, 4}, {2, 4, 5}},
      {{2, 3, 4}, {2, 4, 5}},
      {{2, 3, 4}, {2, 5, 4}, false, true},
      {{2, 4, 3}, {2, 5, 4}, true, true},
      {{2, 2, 3, 2}, {2, 2, 2, 3}},
      {{2, 2, 1, 3}, {3, 2}},
      {{1, 3, 4}, {4, 2}},
      {{0, 3}, {3, 2}},
      {{2, 0}, {0, 3}},
      {{4, 5}, {5, 3}, false, false, true},
      {{5, 4}, {3, 5}, true, true, true},
      {{2, 3, 4}, {2, 4, 5}, false, false, true},
      {{2, 3, 4, 5}, {2, 3, 5, 2}, false, false, true},
      {{3, 2, 5, 4}, {3, 2, 2, 5}, true, true, true},
  };
  std::vector<Sample> out;
  for (const Case& c : cases) {
    out.push_back({{{.shape = c.a, .strided = c.strided}, {.shape = c.b, .strided = c.strided}}, {.i = {c.ta, c.tb}}});
  }
  for (const std::size_t i : {0, 3, 4, 5, 6, 7, 12, 16, 21, 22, 23}) {  // both operands stored as bf16
    Sample narrow = out[i];
    for (SampleInput& in : narrow.in) in.dtype = DType::bf16;
    out.push_back(narrow);
  }
  return out;
}

/// The last two axes exchanged and nothing else: then the operand is read transposed instead of copied.
bool swaps_last_two(const Var& x) {
  if (x.op() != &permute_def) return false;
  const std::vector<std::int64_t>& axes = x.attrs().i;
  const auto rank = static_cast<std::int64_t>(axes.size());
  for (std::int64_t k = 0; k < rank; ++k) {
    const std::int64_t wanted = k < rank - 2 ? k : 2 * rank - 3 - k;
    if (axes[static_cast<std::size_t>(k)] != wanted) return false;
  }
  return rank >= 2;
}

void look_through(Var& x, Trans& t) {
  while (swaps_last_two(x)) {
    x = x.inputs()[0];
    t = flip(t);
  }
}

}  // namespace

static constexpr OpDef matmul_def{
    .name = "matmul",  // attrs.i: whether a and b are read transposed
    .infer = infer_matmul,
    .forward =
        [](const Call& c) noexcept {
          if (stores_bf16(c)) return run_bf16(c);
          visit_float(c.in[0].dtype, [&]<class T>(T) { run_product<T>(c); });
        },
    .scratch =
        [](const Call& c) {
          std::size_t bytes = 0;
          if (stores_bf16(c)) {
            const auto g = Product<float>(c).g;
            return kernels::gemm_bf16_scratch(*c.exec.table, g.M, g.N, g.K);
          }
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            const auto g = Product<T>(c).g;
            bytes = kernels::gemm_scratch<T>(*c.exec.table, g.M, g.N, g.K, g.ta, g.tb);
          });
          return bytes;
        },
    .flops =
        [](const Call& c) {
          const double K = static_cast<double>(matrix(c.in[0].shape, flag(*c.attrs, 0))[1]);
          return 2 * K * static_cast<double>(c.out[0].size());
        },
    .vjp = matmul_vjp,
    .samples = matmul_samples,
    .reads_in_place = reads_in_place,
    .takes_bf16 = true,
    .takes_epilogue = true,
    .source = "autograd.md, section 2",
    .shapes = "a [*s, M, K], b [*s, K, N] -> [*s, M, N]",
};

Var matmul(const Var& a, const Var& b, Trans ta, Trans tb) {
  Var x = a, y = b;
  look_through(x, ta);
  look_through(y, tb);
  if (x.rank() >= 2 && y.rank() >= 2) {
    // The kernel steps through a batch with one stride an operand: one that repeats along some leading axes only is
    // written out.
    const Shape la = leading(x.shape()), lb = leading(y.shape());
    if (la != lb && la.elements() != 1 && lb.elements() != 1) {
      const Shape lead = broadcast(la, lb, "matmul");
      const auto expanded = [&](const Var& v) {
        std::vector<std::int64_t> sizes(lead.begin(), lead.end());
        sizes.insert(sizes.end(), v.shape().end() - 2, v.shape().end());
        return broadcast_to(v, Shape(sizes));
      };
      x = expanded(x);
      y = expanded(y);
    }
  }
  return record(matmul_def, {x, y}, flags(ta, tb));
}

namespace {
void check_rank(const char* op, const char* what, const Var& x, int rank) {
  if (x.rank() != rank) shape_error(op, what, " must have ", rank, rank == 1 ? " axis" : " axes", ", got ", x.shape());
}
}  // namespace

Var mm(const Var& a, const Var& b) {
  check_rank("mm", "a", a, 2);
  check_rank("mm", "b", b, 2);
  return under_name("mm", [&] { return matmul(a, b); });
}

Var mm_t(const Var& a, const Var& b) {
  check_rank("mm_t", "a", a, 2);
  check_rank("mm_t", "b", b, 2);
  return under_name("mm_t", [&] { return matmul(a, b, Trans::no, Trans::yes); });
}

Var mv(const Var& a, const Var& v) {
  check_rank("mv", "a", a, 2);
  check_rank("mv", "v", v, 1);
  return under_name("mv", [&] { return reshape(matmul(a, unsqueeze(v, 1)), {a.shape()[0]}); });
}

Var vm(const Var& v, const Var& a) {
  check_rank("vm", "v", v, 1);
  check_rank("vm", "a", a, 2);
  return under_name("vm", [&] { return reshape(matmul(unsqueeze(v, 0), a), {a.shape()[1]}); });
}

Var vv(const Var& a, const Var& b) {
  check_rank("vv", "a", a, 1);
  check_rank("vv", "b", b, 1);
  return under_name("vv", [&] { return reshape(matmul(unsqueeze(a, 0), unsqueeze(b, 1)), Shape{}); });
}

Var linear(const Var& x, const Var& weight, const Var& bias) {
  check_rank("linear", "weight", weight, 2);
  const std::int64_t out = weight.shape()[0], in = weight.shape()[1];
  if (x.rank() == 0 || last_size(x.shape()) != in) {
    shape_error("linear", "x is ", x.shape(), ", weight is ", weight.shape(), "; the last axis of x must have size ",
                in, ", the weight's axis 1");
  }
  if (x.rank() == 1) return reshape(linear(unsqueeze(x, 0), weight, bias), {out});
  const Var y = matmul(x, weight, Trans::no, Trans::yes);
  if (!bias.defined()) return y;
  if (bias.shape() != Shape{out}) shape_error("linear", "bias must have shape [", out, "], got ", bias.shape());
  return add(y, bias);
}

// --- bmm, outer ---

static constexpr OpDef bmm_def{
    .name = "bmm",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      const Shape &a = c.in[0].shape, &b = c.in[1].shape;
      if (a.rank() != 3 || b.rank() != 3 || a[0] != b[0])
        shape_error(c.op, "a is ", a, ", b is ", b, "; both need 3 axes, and one size of axis 0");
      return {};
    },
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{matmul(in[0], in[1])}; },
    .samples =
        [] {
          std::vector<Sample> out;
          const std::array<std::int64_t, 4> cases[] = {
              {1, 1, 1, 1},  {1, 1, 5, 1}, {1, 5, 1, 5}, {2, 1, 3, 1},   {2, 2, 3, 4},  {3, 7, 2, 1}, {5, 1, 1, 2},
              {2, 3, 17, 3}, {3, 4, 4, 4}, {7, 2, 1, 2}, {1, 13, 11, 2}, {2, 9, 3, 9},  {0, 2, 3, 2}, {2, 0, 3, 2},
              {2, 2, 0, 2},  {4, 3, 5, 1}, {6, 1, 7, 3}, {2, 5, 5, 5},   {3, 2, 31, 2}, {2, 3, 4, 5}, {3, 4, 3, 2}};
          for (const auto& [b, n, m, o] : cases) {
            const bool strided = out.size() > 18;
            out.push_back({{{.shape = {b, n, m}, .strided = strided}, {.shape = {b, m, o}, .strided = strided}}});
          }
          return out;
        },
    .source = "matmul",
    .shapes = "a [B, M, K], b [B, K, N] -> [B, M, N]",
};
Var bmm(const Var& a, const Var& b) { return record(bmm_def, {a, b}); }

static constexpr OpDef outer_def{
    .name = "outer",
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      if (c.in[0].shape.rank() != 1 || c.in[1].shape.rank() != 1)
        shape_error(c.op, "a is ", c.in[0].shape, ", b is ", c.in[1].shape, "; both must have one axis");
      return {};
    },
    .expand = [](std::span<const Var> in, const Attrs&) { return std::vector{unsqueeze(in[0], 1) * in[1]}; },
    .samples =
        [] {
          std::vector<Sample> out;
          const std::array<std::int64_t, 2> cases[] = {{1, 1},  {1, 5},  {5, 1}, {2, 3},  {3, 2},  {7, 7}, {13, 11},
                                                       {1, 31}, {31, 1}, {4, 4}, {2, 65}, {65, 2}, {0, 3}, {3, 0},
                                                       {17, 5}, {5, 17}, {8, 8}, {2, 2},  {9, 4},  {4, 9}, {3, 5}};
          for (const auto& [n, m] : cases) {
            const bool strided = out.size() > 17;
            out.push_back({{{.shape = {n}, .strided = strided}, {.shape = {m}, .strided = strided}}});
          }
          return out;
        },
    .source = "y[i, j] = a[i] b[j]",
    .shapes = "[n], [m] -> [n, m]",
};
Var outer(const Var& a, const Var& b) { return record(outer_def, {a, b}); }

OpList product_ops() {
  static constexpr const OpDef* ops[] = {&matmul_def, &bmm_def, &outer_def};
  return ops;
}

}  // namespace neuro
