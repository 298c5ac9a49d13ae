// Bad input of operations that move elements, reduce them or pick them.
#include "bad_input.h"

namespace neuro::bad {

Rows shapes() {
  return {
      {"reshape",
       "another number of elements",
       [] {
         reshape(f32({2, 3}), {4});
       },
       {"[2, 3]", "6", "[4]", "4"}},
      {"reshape",
       "a size that cannot be found",
       [] {
         reshape(f32({2, 3}), {4, -1});
       },
       {"[2, 3]", "6", "4"}},
      {"reshape",
       "two sizes to be found",
       [] {
         reshape(f32({2, 3}), {-1, -1});
       },
       {"-1"}},
      {"reshape",
       "a negative size",
       [] {
         reshape(f32({2, 3}), {-2, -3});
       },
       {"[-2, -3]", "negative"}},
      {"reshape",
       "sizes beyond all memory",
       [] {
         reshape(f32({2, 3}), {std::int64_t{1} << 40, std::int64_t{1} << 40});
       },
       {"[1099511627776, 1099511627776]", "63 bits"}},
      {"reshape",
       "too many axes",
       [] {
         reshape(f32({1}), {1, 1, 1, 1, 1, 1, 1, 1, 1});
       },
       {"rank 9"}},
      {"flatten",
       "an axis out of range",
       [] {
         flatten(f32({2, 3}), 0, 2);
       },
       {"axis 2", "rank 2"}},
      {"flatten",
       "axes in the wrong order",
       [] {
         flatten(f32({2, 3}), 1, 0);
       },
       {"axis 1", "axis 0", "[2, 3]"}},
      {"unsqueeze",
       "an axis out of range",
       [] {
         unsqueeze(f32({2, 3}), 4);
       },
       {"axis 4"}},
      {"unsqueeze",
       "too many axes",
       [] {
         unsqueeze(f32({1, 1, 1, 1, 1, 1, 1, 1}), 0);
       },
       {"rank 9"}},
      {"squeeze",
       "an axis out of range",
       [] {
         squeeze(f32({2, 3}), -3);
       },
       {"axis -3", "rank 2"}},
      {"squeeze",
       "an axis of more than one",
       [] {
         squeeze(f32({2, 3}), 0);
       },
       {"axis 0", "[2, 3]", "2"}},
      {"permute",
       "an axis twice",
       [] {
         permute(f32({2, 3}), std::array{0, 0});
       },
       {"axis 0", "[2, 3]"}},
      {"permute",
       "an axis out of range",
       [] {
         permute(f32({2, 3}), std::array{0, 2});
       },
       {"axis 2", "rank 2"}},
      {"permute",
       "too few axes",
       [] {
         permute(f32({2, 3}), std::array{1});
       },
       {"[2, 3]", "2", "1"}},
      {"transpose",
       "an axis out of range",
       [] {
         transpose(f32({2, 3}), 0, 2);
       },
       {"axis 2", "rank 2"}},
      {"transpose", "a scalar", [] { transpose(f32({}), 0, 0); }, {"axis 0", "rank 0"}},
      {"broadcast_to",
       "a size that differs",
       [] {
         broadcast_to(f32({2, 3}), {2, 4});
       },
       {"[2, 3]", "[2, 4]", "axis -1"}},
      {"broadcast_to",
       "fewer axes",
       [] {
         broadcast_to(f32({2, 3}), {3});
       },
       {"[2, 3]", "[3]", "axis -2"}},
      {"broadcast_to",
       "an axis of more than one",
       [] {
         broadcast_to(f32({2, 3}), {1, 3});
       },
       {"[2, 3]", "[1, 3]", "axis -2"}},
      {"slice",
       "an axis out of range",
       [] {
         slice(f32({2, 3}), 2, 0, 1);
       },
       {"axis 2", "rank 2"}},
      {"slice",
       "an end beyond the axis",
       [] {
         slice(f32({2, 3}), 1, 2, 5);
       },
       {"[2 : 5 : 1]", "axis 1", "[2, 3]"}},
      {"slice",
       "an end before the beginning",
       [] {
         slice(f32({2, 3}), 1, 2, 1);
       },
       {"[2 : 1 : 1]", "axis 1"}},
      {"slice",
       "a step of 0",
       [] {
         slice(f32({2, 3}), 1, 0, 2, 0);
       },
       {"[0 : 2 : 0]", "step"}},
      {"slice_scatter", "an axis out of range", [] { slice_scatter(f32({2}), 1, 0, 1, 4); }, {"axis 1", "rank 1"}},
      {"slice_scatter", "too little room", [] { slice_scatter(f32({3}), 0, 1, 2, 5); }, {"3", "5", "[3]"}},
      {"slice_scatter", "a step of 0", [] { slice_scatter(f32({3}), 0, 0, 0, 9); }, {"steps of 0"}},
      {"slice_scatter",
       "a step beyond all memory",
       [] { slice_scatter(f32({3}), 0, 0, std::int64_t{1} << 62, 9); },
       {"4611686018427387904", "9", "[3]"}},
      {"concat", "no operands", [] { concat({}, 0); }, {"no operands"}},
      {"concat",
       "sizes that differ",
       [] {
         concat(std::array{f32({2, 3}), f32({3, 3})}, 1);
       },
       {"[3, 3]", "[2, 3]", "axis 1"}},
      {"concat",
       "two types",
       [] {
         concat(std::array{f32({2}), f64({2})}, 0);
       },
       {"f32", "f64"}},
      {"concat",
       "an axis out of range",
       [] {
         concat(std::array{f32({2}), f32({2})}, 1);
       },
       {"axis 1", "rank 1"}},
      {"concat",
       "sizes beyond all memory",
       [] {
         concat(std::array{huge(), huge()}, 0);
       },
       {"63 bits"}},
      {"stack",
       "shapes that differ",
       [] {
         stack(std::array{f32({2}), f32({3})}, 0);
       },
       {"[3]", "[2]"}},
      {"stack", "no operands", [] { stack({}, 0); }, {"no operands"}},
      {"stack",
       "an axis out of range",
       [] {
         stack(std::array{f32({2}), f32({2})}, 3);
       },
       {"axis 3"}},
  };
}

Rows reductions() {
  return {
      {"sum",
       "an axis out of range",
       [] {
         sum(f32({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"sum",
       "an axis twice",
       [] {
         sum(f32({2, 3}), std::array{0, -2});
       },
       {"axis -2", "[2, 3]"}},
      {"sum", "a scalar", [] { sum(f32({}), 0); }, {"axis 0", "rank 0"}},
      {"mean",
       "an axis out of range",
       [] {
         mean(f32({2, 3}), -3);
       },
       {"axis -3", "rank 2"}},
      {"mean",
       "nothing to divide by",
       [] {
         mean(f32({0, 3}), 0);
       },
       {"[0, 3]"}},
      {"mean",
       "an operand of another type",
       [] {
         mean(i64({2, 3}));
       },
       {"i64"}},
      {"max",
       "an axis out of range",
       [] {
         max(f32({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"max",
       "an axis without elements",
       [] {
         max(f32({2, 0}), 1);
       },
       {"axis 1", "[2, 0]"}},
      {"max", "an axis of a number", [] { max(f32({}), 0); }, {"axis 0", "rank 0"}},
      {"min",
       "an axis out of range",
       [] {
         min(f32({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"min",
       "an axis without elements",
       [] {
         min(f32({2, 0}), 1);
       },
       {"axis 1", "[2, 0]"}},
      {"min", "an axis of a number", [] { min(f32({}), 0); }, {"axis 0", "rank 0"}},
      {"argmax",
       "an axis out of range",
       [] {
         argmax(f32({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"argmax",
       "an axis without elements",
       [] {
         argmax(f32({2, 0}), 1);
       },
       {"axis 1", "[2, 0]"}},
      {"argmax",
       "a boolean operand",
       [] {
         argmax(boolean({2, 3}), 0);
       },
       {"bool"}},
      {"sum_to",
       "a size that differs",
       [] {
         sum_to(f32({2, 3}), {2});
       },
       {"[2]", "[2, 3]"}},
      {"sum_to",
       "more axes",
       [] {
         sum_to(f32({3}), {2, 3});
       },
       {"[2, 3]", "[3]"}},
      {"sum_to",
       "a size that is no divisor",
       [] {
         sum_to(f32({2, 3}), {3, 3});
       },
       {"[3, 3]", "[2, 3]"}},
      {"global_norm", "no gradients", [] { global_norm({}); }, {"no gradients"}},
      {"global_norm",
       "two types",
       [] {
         global_norm(std::array{f32({2}), f64({2})});
       },
       {"f32", "f64"}},
      {"global_norm", "whole numbers", [] { global_norm(std::array{i64({2})}); }, {"i64"}},
  };
}

Rows indexing() {
  return {
      {"embedding",
       "an index of another type",
       [] {
         embedding(f32({2, 3}), f32({2}));
       },
       {"index", "f32"}},
      {"embedding", "a table of one axis", [] { embedding(f32({3}), i64({2})); }, {"[3]"}},
      {"embedding",
       "a table of whole numbers",
       [] {
         embedding(i64({2, 3}), i64({2}));
       },
       {"i64"}},
      {"embedding",
       "an index out of range",
       [] {
         run(embedding(f32({3, 2}), index({0, 3})));
       },
       {"index 3", "position 1", "[0, 3)"}},
      {"embedding",
       "a negative index",
       [] {
         run(embedding(f32({3, 2}), index({-1})));
       },
       {"index -1", "position 0"}},
      {"embedding",
       "a result beyond all memory",
       [] {
         embedding(f32({1, 8}), placeholder({std::int64_t{1} << 40, std::int64_t{1} << 22}, DType::i64));
       },
       {"63 bits"}},
      {"dropout_mask", "a probability above 1", [] { dropout_mask({2}, 1.5, 0, i64({3})); }, {"1.5"}},
      {"dropout_mask", "a mask of whole numbers", [] { dropout_mask({2}, 0.5, 0, i64({3}), DType::i64); }, {"i64"}},
      {"dropout_mask", "a short state", [] { dropout_mask({2}, 0.5, 0, i64({2})); }, {"[3]", "[2]"}},
      {"dropout_mask", "a state of another type", [] { dropout_mask({2}, 0.5, 0, f32({3})); }, {"i64", "f32"}},
  };
}

}  // namespace neuro::bad
