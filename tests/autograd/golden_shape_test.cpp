// Calls of tests/golden/torch/rows_shape.py, rows_reduction.py, rows_order.py and rows_indexing.py.
#include <limits>

#include "golden.h"

namespace neuro::golden {
namespace {

DType type_named(const std::string& name) {
  for (const DType type : {DType::f32, DType::f64, DType::i64, DType::i32, DType::boolean}) {
    if (name == name_of(type)) return type;
  }
  throw std::runtime_error("no type is called " + name);
}

PadMode mode_of(const Args& a) {
  const std::string mode = a.text("mode");
  if (mode == "reflective") return pad::Reflective{};
  if (mode == "replicative") return pad::Replicative{};
  if (mode == "circular") return pad::Circular{};
  return pad::Constant{a.number("value", 0)};
}

Results padded(Operands in, const Args& a) {
  const std::vector<std::int64_t> before = a.integers("before"), after = a.integers("after");
  std::vector<PadAmount> amounts;
  for (std::size_t k = 0; k < before.size(); ++k) amounts.emplace_back(before[k], after[k]);
  return {pad(in[0], amounts, mode_of(a))};
}

}  // namespace

Table shape() {
  return {
      {"contiguous", [](Operands in, const Args&) { return Results{contiguous(in[0])}; }},
      {"reshape", [](Operands in, const Args& a) { return Results{reshape(in[0], a.integers("shape"))}; }},
      {"flatten", [](Operands in, const Args& a) { return Results{flatten(in[0], a.axis("start"), a.axis("end"))}; }},
      {"permute", [](Operands in, const Args& a) { return Results{permute(in[0], a.axes())}; }},
      {"transpose", [](Operands in, const Args& a) { return Results{transpose(in[0], a.axis("a"), a.axis("b"))}; }},
      {"t", [](Operands in, const Args&) { return Results{t(in[0])}; }},
      {"unsqueeze", [](Operands in, const Args& a) { return Results{unsqueeze(in[0], a.axis())}; }},
      {"squeeze", [](Operands in, const Args& a) { return Results{squeeze(in[0], a.axis())}; }},
      {"broadcast_to", [](Operands in, const Args& a) { return Results{broadcast_to(in[0], a.shape())}; }},
      {"slice",
       [](Operands in, const Args& a) {
         return Results{slice(in[0], a.axis(), a.integer("begin"), a.integer("end"), a.integer("step"))};
       }},
      {"slice_scatter",
       [](Operands in, const Args& a) {
         return Results{slice_scatter(in[0], a.axis(), a.integer("begin"), a.integer("step"), a.integer("size"))};
       }},
      {"concat", [](Operands in, const Args& a) { return Results{concat(in, a.axis())}; }},
      {"stack", [](Operands in, const Args& a) { return Results{stack(in, a.axis())}; }},
      {"flip", [](Operands in, const Args& a) { return Results{flip(in[0], a.axes())}; }},
      {"roll", [](Operands in, const Args& a) { return Results{roll(in[0], a.integer("shift"), a.axis())}; }},
      {"diagonal",
       [](Operands in, const Args& a) {
         return Results{diagonal(in[0], a.integer("offset"), a.axis("a"), a.axis("b"))};
       }},
      {"diag_embed", [](Operands in, const Args& a) { return Results{diag_embed(in[0], a.integer("offset"))}; }},
      {"trace", [](Operands in, const Args&) { return Results{trace(in[0])}; }},
      {"unfold", [](Operands in,
                    const Args& a) { return Results{unfold(in[0], a.axis(), a.integer("size"), a.integer("step"))}; }},
      {"tril", [](Operands in, const Args& a) { return Results{tril(in[0], a.integer("k"))}; }},
      {"triu", [](Operands in, const Args& a) { return Results{triu(in[0], a.integer("k"))}; }},
      {"repeat", [](Operands in, const Args& a) { return Results{repeat(in[0], a.integers("counts"))}; }},
      {"tile", [](Operands in, const Args& a) { return Results{tile(in[0], a.integers("counts"))}; }},
      {"repeat_interleave",
       [](Operands in, const Args& a) { return Results{repeat_interleave(in[0], a.integer("count"), a.axis())}; }},
      {"split", [](Operands in, const Args& a) { return split(in[0], a.integers("sizes"), a.axis()); }},
      {"chunk", [](Operands in, const Args& a) { return chunk(in[0], a.integer("count"), a.axis()); }},
      {"unbind", [](Operands in, const Args& a) { return unbind(in[0], a.axis()); }},
      {"chunks", [](Operands in, const Args& a) { return chunks(in[0], a.shape()); }},
      {"meshgrid", [](Operands in, const Args&) { return meshgrid(in); }},
      {"pad", padded},
      {"convert", [](Operands in, const Args& a) { return Results{convert(in[0], type_named(a.text("dtype")))}; }},
  };
}

Table reduction() {
  return {
      {"sum", [](Operands in, const Args& a) { return Results{sum(in[0], a.axes(), a.keep())}; }},
      {"mean", [](Operands in, const Args& a) { return Results{mean(in[0], a.axes(), a.keep())}; }},
      {"variance",
       [](Operands in, const Args& a) { return Results{variance(in[0], a.axes(), a.keep(), a.number("correction"))}; }},
      {"stddev",
       [](Operands in, const Args& a) { return Results{stddev(in[0], a.axes(), a.keep(), a.number("correction"))}; }},
      {"logsumexp", [](Operands in, const Args& a) { return Results{logsumexp(in[0], a.axes(), a.keep())}; }},
      {"norm",
       [](Operands in, const Args& a) {
         return Results{norm(in[0], a.number("p", std::numeric_limits<double>::infinity()), a.axes(), a.keep())};
       }},
      {"prod", [](Operands in, const Args& a) { return Results{prod(in[0], a.axes(), a.keep())}; }},
      {"argmin", [](Operands in, const Args& a) { return Results{argmin(in[0], a.axis())}; }},
      {"any", [](Operands in, const Args& a) { return Results{any(in[0], a.axes(), a.keep())}; }},
      {"all", [](Operands in, const Args& a) { return Results{all(in[0], a.axes(), a.keep())}; }},
      {"count_nonzero", [](Operands in, const Args& a) { return Results{count_nonzero(in[0], a.axes(), a.keep())}; }},
      {"integer_sum", [](Operands in, const Args& a) { return Results{sum(in[0], a.axes(), a.keep())}; }},
      {"integer_prod", [](Operands in, const Args& a) { return Results{prod(in[0], a.axes(), a.keep())}; }},
      {"integer_max", [](Operands in, const Args& a) { return Results{max(in[0], a.axes(), a.keep())}; }},
      {"integer_min", [](Operands in, const Args& a) { return Results{min(in[0], a.axes(), a.keep())}; }},
      {"max", [](Operands in, const Args& a) { return Results{max(in[0], a.axis(), a.keep())}; }},
      {"min", [](Operands in, const Args& a) { return Results{min(in[0], a.axis(), a.keep())}; }},
      {"argmax", [](Operands in, const Args& a) { return Results{argmax(in[0], a.axis())}; }},
      {"sum_to", [](Operands in, const Args& a) { return Results{sum_to(in[0], a.shape())}; }},
      {"global_norm", [](Operands in, const Args&) { return Results{global_norm(in)}; }},
  };
}

namespace {
ScanFrom scan_from(const Args& a) { return a.integer("end") != 0 ? ScanFrom::end : ScanFrom::start; }
Order order_of(const Args& a) { return a.integer("down") != 0 ? Order::descending : Order::ascending; }
template <class Pair>
Results both(const Pair& y) {
  return {y.values, y.indices};
}
}  // namespace

Table order() {
  return {
      {"cumsum", [](Operands in, const Args& a) { return Results{cumsum(in[0], a.axis(), scan_from(a))}; }},
      {"cumprod", [](Operands in, const Args& a) { return Results{cumprod(in[0], a.axis(), scan_from(a))}; }},
      {"logcumsumexp", [](Operands in, const Args& a) { return Results{logcumsumexp(in[0], a.axis(), scan_from(a))}; }},
      {"cummax", [](Operands in, const Args& a) { return both(cummax(in[0], a.axis())); }},
      {"cummin", [](Operands in, const Args& a) { return both(cummin(in[0], a.axis())); }},
      {"linear_recurrence",
       [](Operands in, const Args& a) { return Results{linear_recurrence(in[0], in[1], a.axis(), scan_from(a))}; }},
      {"sort", [](Operands in, const Args& a) { return both(sort(in[0], a.axis(), order_of(a))); }},
      {"argsort", [](Operands in, const Args& a) { return Results{argsort(in[0], a.axis(), order_of(a))}; }},
      {"topk",
       [](Operands in, const Args& a) {
         const Extreme extreme = a.integer("largest") != 0 ? Extreme::largest : Extreme::smallest;
         return both(topk(in[0], a.integer("k"), a.axis(), extreme));
       }},
      {"kthvalue", [](Operands in, const Args& a) { return both(kthvalue(in[0], a.integer("k"), a.axis())); }},
  };
}

Table indexing() {
  return {
      {"gather", [](Operands in, const Args& a) { return Results{gather(in[0], in[1], a.axis())}; }},
      {"take_along_axis", [](Operands in, const Args& a) { return Results{take_along_axis(in[0], in[1], a.axis())}; }},
      {"scatter", [](Operands in, const Args& a) { return Results{scatter(in[0], in[1], in[2], a.axis())}; }},
      {"scatter_add", [](Operands in, const Args& a) { return Results{scatter_add(in[0], in[1], in[2], a.axis())}; }},
      {"index_select", [](Operands in, const Args& a) { return Results{index_select(in[0], in[1], a.axis())}; }},
      {"index_add", [](Operands in, const Args& a) { return Results{index_add(in[0], in[1], in[2], a.axis())}; }},
      {"take", [](Operands in, const Args&) { return Results{take(in[0], in[1])}; }},
      {"masked_fill", [](Operands in, const Args& a) { return Results{masked_fill(in[0], in[1], a.number("value"))}; }},
      {"one_hot", [](Operands in, const Args& a) { return Results{one_hot(in[0], a.integer("classes"), DType::i64)}; }},
      {"embedding",
       [](Operands in, const Args& a) { return Results{embedding(in[0], in[1], a.integer("padding", -1))}; }},
  };
}

}  // namespace neuro::golden
