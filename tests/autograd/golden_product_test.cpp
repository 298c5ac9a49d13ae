// Calls of tests/golden/torch/rows_product.py and rows_probability.py.
#include "golden.h"

namespace neuro::golden {
namespace {

Trans transposed(const Args& a, const char* name) { return a.integer(name) != 0 ? Trans::yes : Trans::no; }

}  // namespace

Table product() {
  return {
      {"matmul", [](Operands in,
                    const Args& a) { return Results{matmul(in[0], in[1], transposed(a, "ta"), transposed(a, "tb"))}; }},
      {"mm", [](Operands in, const Args&) { return Results{mm(in[0], in[1])}; }},
      {"mm_t", [](Operands in, const Args&) { return Results{mm_t(in[0], in[1])}; }},
      {"mv", [](Operands in, const Args&) { return Results{mv(in[0], in[1])}; }},
      {"vm", [](Operands in, const Args&) { return Results{vm(in[0], in[1])}; }},
      {"vv", [](Operands in, const Args&) { return Results{vv(in[0], in[1])}; }},
      {"bmm", [](Operands in, const Args&) { return Results{bmm(in[0], in[1])}; }},
      {"outer", [](Operands in, const Args&) { return Results{outer(in[0], in[1])}; }},
      {"tensordot",
       [](Operands in, const Args& a) { return Results{tensordot(in[0], in[1], a.axes("of_a"), a.axes("of_b"))}; }},
      {"einsum", [](Operands in, const Args& a) { return Results{einsum(a.text("equation"), in)}; }},
      {"linear", [](Operands in, const Args&) { return Results{linear(in[0], in[1], optional(in, 2))}; }},
  };
}

Table probability() {
  return {
      {"softmax", [](Operands in, const Args& a) { return Results{softmax(in[0], a.axis())}; }},
      {"log_softmax", [](Operands in, const Args& a) { return Results{log_softmax(in[0], a.axis())}; }},
      {"cross_entropy",
       [](Operands in, const Args& a) { return Results{cross_entropy(in[0], in[1], a.integer("ignore", -100))}; }},
      {"layer_norm",
       [](Operands in, const Args& a) {
         return Results{layer_norm(in[0], optional(in, 1), optional(in, 2), a.number("eps"))};
       }},
  };
}

}  // namespace neuro::golden
