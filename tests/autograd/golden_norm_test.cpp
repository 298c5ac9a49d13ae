// Calls of tests/golden/torch/rows_norm.py.
#include "golden.h"

namespace neuro::golden {

Table norm() {
  return {
      {"batch_norm",
       [](Operands in, const Args& a) {
         const BatchNormResult out = batch_norm(in[0], in[1], in[2], optional(in, 3), optional(in, 4),
                                                a.number("eps", 1e-5), a.number("momentum", 0.1));
         return Results{out.y, out.running_mean, out.running_var};
       }},
      {"batch_norm_eval",
       [](Operands in, const Args& a) {
         return Results{batch_norm_eval(in[0], in[1], in[2], optional(in, 3), optional(in, 4), a.number("eps", 1e-5))};
       }},
      {"group_norm",
       [](Operands in, const Args& a) {
         return Results{
             group_norm(in[0], a.integer("groups", 1), optional(in, 1), optional(in, 2), a.number("eps", 1e-5))};
       }},
      {"instance_norm",
       [](Operands in, const Args& a) {
         return Results{instance_norm(in[0], optional(in, 1), optional(in, 2), a.number("eps", 1e-5))};
       }},
      {"rms_norm",
       [](Operands in, const Args& a) { return Results{rms_norm(in[0], optional(in, 1), a.number("eps", 1e-6))}; }},
      {"weight_norm", [](Operands in, const Args& a) { return Results{weight_norm(in[0], in[1], a.axis())}; }},
  };
}

}  // namespace neuro::golden
