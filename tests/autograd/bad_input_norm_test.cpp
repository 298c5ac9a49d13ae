// Bad input of norms.
#include "bad_input.h"

namespace neuro::bad {

Rows norms() {
  return {
      {"batch_norm", "no channels", [] { batch_norm(f32({4}), {}, {}, {}, {}); }, {"[N, C, ...]", "[4]"}},
      {"batch_norm",
       "one value a channel",
       [] {
         batch_norm(f32({1, 3}), {}, {}, {}, {});
       },
       {"[1, 3]"}},
      {"batch_norm",
       "a weight of another size",
       [] {
         batch_norm(f32({4, 3}), {}, {}, f32({4}), f32({4}));
       },
       {"weight", "[3]", "[4]"}},
      {"batch_norm",
       "a weight without a bias",
       [] {
         batch_norm(f32({4, 3}), {}, {}, f32({3}), {});
       },
       {"weight", "bias"}},
      {"batch_norm",
       "running statistics of another size",
       [] {
         batch_norm(f32({4, 3}), f32({2}), f32({2}), {}, {});
       },
       {"[3]", "[2]"}},
      {"batch_norm",
       "an operand of another type",
       [] {
         batch_norm(i64({4, 3}), {}, {}, {}, {});
       },
       {"i64"}},
      {"batch_norm_eval",
       "no channels",
       [] { batch_norm_eval(f32({4}), f32({4}), f32({4}), {}, {}); },
       {"[N, C, ...]", "[4]"}},
      {"batch_norm_eval",
       "statistics of another size",
       [] {
         batch_norm_eval(f32({4, 3}), f32({4}), f32({3}), {}, {});
       },
       {"mean", "[3]", "[4]"}},
      {"batch_norm_eval",
       "two types",
       [] {
         batch_norm_eval(f32({4, 3}), f64({3}), f64({3}), {}, {});
       },
       {"f32", "f64"}},
      {"group_norm",
       "groups that do not divide",
       [] {
         group_norm(f32({2, 3, 4}), 2, {}, {});
       },
       {"[2, 3, 4]", "3", "2"}},
      {"batch_norm",
       "images of nothing",
       [] {
         batch_norm(f32({4, 3, 0}), {}, {}, {}, {});
       },
       {"axis 2 of x [4, 3, 0] has no elements"}},
      {"group_norm",
       "images of nothing",
       [] {
         group_norm(f32({4, 2, 3, 0}), 2, {}, {});
       },
       {"axis 3 of x [4, 2, 3, 0] has no elements"}},
      {"instance_norm",
       "images of nothing",
       [] {
         instance_norm(f32({0, 2, 0}), {}, {});
       },
       {"axis 2 of x [0, 2, 0] has no elements"}},
      {"group_norm",
       "no groups",
       [] {
         group_norm(f32({2, 3, 4}), 0, {}, {});
       },
       {"groups", "0"}},
      {"group_norm",
       "a bias of another size",
       [] {
         group_norm(f32({2, 4}), 2, f32({4}), f32({2}));
       },
       {"bias", "[4]", "[2]"}},
      {"instance_norm", "no channels", [] { instance_norm(f32({4}), {}, {}); }, {"[N, C, ...]", "[4]"}},
      {"instance_norm",
       "a weight of another size",
       [] {
         instance_norm(f32({2, 3, 4}), f32({4}), f32({4}));
       },
       {"weight", "[3]", "[4]"}},
      {"instance_norm",
       "an operand of another type",
       [] {
         instance_norm(i64({2, 3, 4}), {}, {});
       },
       {"i64"}},
      {"rms_norm", "a scalar", [] { rms_norm(f32({}), {}); }, {"[]", "axis"}},
      {"rms_norm",
       "a weight of another size",
       [] {
         rms_norm(f32({2, 3}), f32({2}));
       },
       {"weight", "[3]", "[2]"}},
      {"rms_norm",
       "two types",
       [] {
         rms_norm(f32({2, 3}), f64({3}));
       },
       {"f32", "f64"}},
      {"weight_norm",
       "an axis out of range",
       [] {
         weight_norm(f32({2, 3}), f32({2, 1}), 2);
       },
       {"axis 2", "rank 2"}},
      {"weight_norm",
       "lengths of another shape",
       [] {
         weight_norm(f32({2, 3}), f32({1, 3}), 0);
       },
       {"[2, 1]", "[1, 3]"}},
      {"weight_norm",
       "two types",
       [] {
         weight_norm(f32({2, 3}), f64({2, 1}));
       },
       {"f32", "f64"}},
      {"layer_norm",
       "trailing axes that are not x's",
       [] {
         layer_norm(f32({2, 3}), std::vector<std::int64_t>{2}, {}, {});
       },
       {"[2, 3]", "[2]"}},
  };
}

}  // namespace neuro::bad
