// Calls of tests/golden/torch/rows_shape.py, rows_reduction.py and rows_indexing.py.
#include "golden.h"

namespace neuro::golden {
namespace {

DType type_named(const std::string& name) {
  for (const DType type : {DType::f32, DType::f64, DType::i64, DType::i32, DType::boolean}) {
    if (name == name_of(type)) return type;
  }
  throw std::runtime_error("no type is called " + name);
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
      {"convert", [](Operands in, const Args& a) { return Results{convert(in[0], type_named(a.text("dtype")))}; }},
  };
}

Table reduction() {
  return {
      {"sum", [](Operands in, const Args& a) { return Results{sum(in[0], a.axes(), a.keep())}; }},
      {"mean", [](Operands in, const Args& a) { return Results{mean(in[0], a.axes(), a.keep())}; }},
      {"variance", [](Operands in, const Args& a) { return Results{variance(in[0], a.axes(), a.keep())}; }},
      {"max", [](Operands in, const Args& a) { return Results{max(in[0], a.axis(), a.keep())}; }},
      {"min", [](Operands in, const Args& a) { return Results{min(in[0], a.axis(), a.keep())}; }},
      {"argmax", [](Operands in, const Args& a) { return Results{argmax(in[0], a.axis())}; }},
      {"sum_to", [](Operands in, const Args& a) { return Results{sum_to(in[0], a.shape())}; }},
      {"global_norm", [](Operands in, const Args&) { return Results{global_norm(in)}; }},
  };
}

Table indexing() {
  return {
      {"embedding",
       [](Operands in, const Args& a) { return Results{embedding(in[0], in[1], a.integer("padding", -1))}; }},
  };
}

}  // namespace neuro::golden
