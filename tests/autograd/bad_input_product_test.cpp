// Bad input of products, convolution, pooling, normalisation and optimizer steps.
#include <array>

#include "bad_input.h"

namespace neuro::bad {

Rows products() {
  return {
      {"bmm",
       "a matrix",
       [] {
         bmm(f32({2, 3}), f32({2, 3, 4}));
       },
       {"[2, 3]", "[2, 3, 4]", "3 axes"}},
      {"bmm",
       "two batches",
       [] {
         bmm(f32({2, 3, 4}), f32({3, 4, 5}));
       },
       {"[2, 3, 4]", "[3, 4, 5]", "axis 0"}},
      {"bmm",
       "inner sizes that differ",
       [] {
         bmm(f32({2, 3, 4}), f32({2, 5, 6}));
       },
       {"inner sizes", "[2, 3, 4]"}},
      {"outer",
       "a matrix",
       [] {
         outer(f32({2, 3}), f32({3}));
       },
       {"[2, 3]", "[3]", "one axis"}},
      {"outer", "a number", [] { outer(f32({3}), f32({})); }, {"[3]", "[]", "one axis"}},
      {"outer", "two types", [] { outer(f32({3}), f64({3})); }, {"f32", "f64"}},
      {"tensordot",
       "sizes that differ",
       [] {
         tensordot(f32({2, 3}), f32({4, 5}), 1);
       },
       {"[2, 3]", "[4, 5]", "axis 1", "axis 0"}},
      {"tensordot", "too many axes", [] { tensordot(f32({2}), f32({2}), 2); }, {"2 axes", "[2]"}},
      {"tensordot",
       "an axis twice",
       [] {
         tensordot(f32({2, 2}), f32({2, 2}), std::array{0, 0}, std::array{0, 1});
       },
       {"axis 0", "twice"}},
      {"einsum",
       "sizes that differ",
       [] {
         einsum("ij,jk", {f32({2, 3}), f32({4, 5})});
       },
       {"`j`", "size 3", "size 4", "[4, 5]", "^"}},
      {"einsum",
       "another rank",
       [] {
         einsum("ijk->i", {f32({2, 3})});
       },
       {"3 axes", "[2, 3]", "^"}},
      {"einsum",
       "no label",
       [] {
         einsum("i?->i", {f32({2, 3})});
       },
       {"`?`", "^"}},
      {"einsum", "integers", [] { einsum("i->", {i64({2})}); }, {"i64"}},
      {"einsum", "too few operands", [] { einsum("i,i->", {f32({2})}); }, {"2 terms", "1 operands"}},
      {"matmul",
       "inner sizes that differ",
       [] {
         matmul(f32({2, 3}), f32({4, 5}));
       },
       {"[2, 3]", "[4, 5]", "axis 1", "axis 0"}},
      {"matmul",
       "a vector",
       [] {
         matmul(f32({3}), f32({3, 2}));
       },
       {"[3]", "[3, 2]", "2 axes"}},
      {"matmul",
       "leading axes that differ",
       [] {
         matmul(f32({2, 3, 4}), f32({3, 4, 5}));
       },
       {"[2]", "[3]", "axis -1"}},
      {"matmul",
       "two types",
       [] {
         matmul(f32({2, 3}), f64({3, 2}));
       },
       {"f32", "f64"}},
      {"matmul",
       "a result beyond all memory",
       [] {
         matmul(placeholder({std::int64_t{1} << 40, 1}), placeholder({1, std::int64_t{1} << 40}));
       },
       {"63 bits"}},
      {"mm",
       "three axes",
       [] {
         mm(f32({1, 2, 3}), f32({3, 2}));
       },
       {"[1, 2, 3]", "2 axes"}},
      {"mm",
       "inner sizes that differ",
       [] {
         mm(f32({2, 3}), f32({2, 3}));
       },
       {"[2, 3]", "axis 1 (3)", "axis 0 (2)"}},
      {"mm",
       "two types",
       [] {
         mm(f32({2, 3}), f64({3, 2}));
       },
       {"f32", "f64"}},
      {"mm_t",
       "a vector",
       [] {
         mm_t(f32({2, 3}), f32({3}));
       },
       {"[3]", "2 axes"}},
      {"mm_t",
       "inner sizes that differ",
       [] {
         mm_t(f32({2, 3}), f32({3, 2}));
       },
       {"[2, 3]", "[3, 2]", "axis 1"}},
      {"mm_t",
       "two types",
       [] {
         mm_t(f32({2, 3}), f64({2, 3}));
       },
       {"f32", "f64"}},
      {"mv",
       "a matrix for the vector",
       [] {
         mv(f32({2, 3}), f32({3, 1}));
       },
       {"[3, 1]", "1 axis"}},
      {"mv",
       "sizes that differ",
       [] {
         mv(f32({2, 3}), f32({2}));
       },
       {"[2, 3]", "3", "2"}},
      {"mv",
       "two types",
       [] {
         mv(f32({2, 3}), f64({3}));
       },
       {"f32", "f64"}},
      {"vm",
       "a matrix for the vector",
       [] {
         vm(f32({1, 2}), f32({2, 3}));
       },
       {"[1, 2]", "1 axis"}},
      {"vm",
       "sizes that differ",
       [] {
         vm(f32({3}), f32({2, 3}));
       },
       {"[2, 3]", "3", "2"}},
      {"vm",
       "two types",
       [] {
         vm(f32({2}), f64({2, 3}));
       },
       {"f32", "f64"}},
      {"vv",
       "a matrix",
       [] {
         vv(f32({2, 1}), f32({2}));
       },
       {"[2, 1]", "1 axis"}},
      {"vv", "sizes that differ", [] { vv(f32({2}), f32({3})); }, {"2", "3"}},
      {"vv", "two types", [] { vv(f32({2}), f64({2})); }, {"f32", "f64"}},
      {"linear",
       "a last axis of another size",
       [] {
         linear(f32({4, 3}), f32({2, 5}));
       },
       {"[4, 3]", "[2, 5]", "5", "axis"}},
      {"linear",
       "a weight of one axis",
       [] {
         linear(f32({4, 3}), f32({3}));
       },
       {"weight", "[3]"}},
      {"linear",
       "a bias of another size",
       [] {
         linear(f32({4, 5}), f32({2, 5}), f32({3}));
       },
       {"bias", "[2]", "[3]"}},
      {"linear",
       "a scalar",
       [] {
         linear(f32({}), f32({2, 5}));
       },
       {"[]", "[2, 5]"}},
  };
}

Rows spatial() {
  return {
      {"conv2d",
       "x of three axes",
       [] {
         conv2d(f32({3, 8, 8}), f32({4, 3, 3, 3}));
       },
       {"[N, C, H, W]", "[3, 8, 8]"}},
      {"conv2d",
       "a weight of three axes",
       [] {
         conv2d(f32({1, 3, 8, 8}), f32({4, 3, 3}));
       },
       {"[4, 3, 3]"}},
      {"conv2d",
       "channels that differ",
       [] {
         conv2d(f32({1, 3, 8, 8}), f32({4, 2, 3, 3}));
       },
       {"[1, 3, 8, 8]", "[4, 2, 3, 3]", "axis 1"}},
      {"conv2d",
       "groups that do not divide",
       [] {
         conv2d(f32({1, 3, 8, 8}), f32({4, 3, 3, 3}), {}, {.groups = 2});
       },
       {"3", "groups = 2"}},
      {"conv2d",
       "no groups",
       [] {
         conv2d(f32({1, 3, 8, 8}), f32({4, 3, 3, 3}), {}, {.groups = 0});
       },
       {"groups"}},
      {"conv2d",
       "a stride of 0",
       [] {
         conv2d(f32({1, 3, 8, 8}), f32({4, 3, 3, 3}), {}, {.stride = {1, 0}});
       },
       {"stride"}},
      {"conv2d",
       "a dilation of 0",
       [] {
         conv2d(f32({1, 3, 8, 8}), f32({4, 3, 3, 3}), {}, {.dilation = {0, 1}});
       },
       {"dilation"}},
      {"conv2d",
       "a negative padding",
       [] {
         conv2d(f32({1, 3, 8, 8}), f32({4, 3, 3, 3}), {}, {.padding = {-1, 0, 0, 0}});
       },
       {"padding"}},
      {"conv2d",
       "a window larger than x",
       [] {
         conv2d(f32({1, 1, 2, 4}), f32({1, 1, 3, 3}));
       },
       {"3", "axis 2", "[1, 1, 2, 4]"}},
      {"conv2d",
       "a bias of another size",
       [] {
         conv2d(f32({1, 1, 4, 4}), f32({2, 1, 3, 3}), f32({3}));
       },
       {"bias", "[2]", "[3]"}},
      {"conv2d",
       "two types",
       [] {
         conv2d(f32({1, 1, 4, 4}), f64({2, 1, 3, 3}));
       },
       {"f32", "f64"}},
      {"conv2d",
       "a padding beyond all memory",
       [] {
         conv2d(f32({1, 1, 4, 4}), f32({2, 1, 3, 3}), {}, {.padding = {INT64_MAX, INT64_MAX, 0, 0}});
       },
       {"63 bits"}},
      {"max_pool2d",
       "x of three axes",
       [] {
         max_pool2d(f32({1, 4, 4}), {});
       },
       {"[N, C, H, W]", "[1, 4, 4]"}},
      {"max_pool2d",
       "padding beyond half the window",
       [] {
         max_pool2d(f32({1, 1, 4, 4}), {.padding = {2, 0, 0, 0}});
       },
       {"padding 2", "half the kernel"}},
      {"max_pool2d",
       "a negative stride",
       [] {
         max_pool2d(f32({1, 1, 4, 4}), {.stride = {-1, 1}});
       },
       {"stride"}},
      {"max_pool2d",
       "a window larger than x",
       [] {
         max_pool2d(f32({1, 1, 4, 1}), {});
       },
       {"2", "axis 3", "[1, 1, 4, 1]"}},
      {"avg_pool2d",
       "x of three axes",
       [] {
         avg_pool2d(f32({1, 4, 4}), {});
       },
       {"[N, C, H, W]", "[1, 4, 4]"}},
      {"avg_pool2d",
       "padding beyond half the window",
       [] {
         avg_pool2d(f32({1, 1, 4, 4}), {.padding = {0, 0, 0, 2}});
       },
       {"padding 2", "half the kernel"}},
      {"avg_pool2d",
       "no window",
       [] {
         avg_pool2d(f32({1, 1, 4, 4}), {.kernel = {0, 1}});
       },
       {"kernel"}},
      {"avg_pool2d",
       "an operand of another type",
       [] {
         avg_pool2d(i64({1, 1, 4, 4}), {});
       },
       {"i64"}},
  };
}

Rows probabilities() {
  return {
      {"softmax",
       "an axis out of range",
       [] {
         softmax(f32({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"softmax", "a scalar", [] { softmax(f32({})); }, {"rank 0"}},
      {"softmax",
       "an operand of another type",
       [] {
         softmax(i64({2, 3}));
       },
       {"i64"}},
      {"log_softmax",
       "an axis out of range",
       [] {
         log_softmax(f32({2, 3}), -3);
       },
       {"axis -3", "rank 2"}},
      {"log_softmax", "a scalar", [] { log_softmax(f32({})); }, {"rank 0"}},
      {"log_softmax",
       "an operand of another type",
       [] {
         log_softmax(i64({2, 3}));
       },
       {"i64"}},
      {"cross_entropy",
       "logits of three axes",
       [] {
         cross_entropy(f32({2, 3, 4}), i64({2}));
       },
       {"[2, 3, 4]"}},
      {"cross_entropy",
       "a target of another size",
       [] {
         cross_entropy(f32({2, 3}), i64({3}));
       },
       {"target", "[2]", "[3]"}},
      {"cross_entropy",
       "a target of another type",
       [] {
         cross_entropy(f32({2, 3}), f32({2}));
       },
       {"target", "f32"}},
      {"cross_entropy",
       "a class out of range",
       [] {
         run(cross_entropy(f32({2, 3}), index({0, 3})));
       },
       {"index 3", "position 1", "[0, 3)"}},
      {"layer_norm",
       "a weight of another size",
       [] {
         layer_norm(f32({2, 3}), f32({2}), f32({3}));
       },
       {"weight", "[3]", "[2]"}},
      {"layer_norm",
       "no bias",
       [] {
         layer_norm(f32({2, 3}), f32({3}), {});
       },
       {"weight and bias"}},
      {"layer_norm",
       "rows without elements",
       [] {
         layer_norm(f32({2, 0}), {}, {});
       },
       {"[2, 0]", "axis"}},
      {"layer_norm",
       "two types",
       [] {
         layer_norm(f32({2, 3}), f64({3}), f64({3}));
       },
       {"f64", "f32"}},
  };
}

namespace {
Var number(DType dtype = DType::f64) { return zeros({}, dtype); }
}  // namespace

Rows updates() {
  return {
      {"adam",
       "a state of another shape",
       [] { adam(f32({2}), f32({2}), f32({3}), f32({2}), number(), number(DType::i64), number(DType::f32), {}); },
       {"m", "[2]", "[3]"}},
      {"adam",
       "a gradient of another type",
       [] { adam(f32({2}), f64({2}), f32({2}), f32({2}), number(), number(DType::i64), number(DType::f32), {}); },
       {"gradient", "f32", "f64"}},
      {"adam",
       "a rate in f32",
       [] { adam(f32({2}), f32({2}), f32({2}), f32({2}), f32({}), number(DType::i64), number(DType::f32), {}); },
       {"lr", "f64", "f32"}},
      {"sgd",
       "a gradient of another shape",
       [] { sgd(f32({2}), f32({3}), {}, number(), number(DType::f32), {}); },
       {"gradient", "[2]", "[3]"}},
      {"sgd",
       "a rate for each element",
       [] { sgd(f32({2}), f32({2}), {}, f64({2}), number(DType::f32), {}); },
       {"lr", "[2]"}},
      {"sgd",
       "a scale of another type",
       [] { sgd(f32({2}), f32({2}), {}, number(), number(DType::f64), {}); },
       {"scale", "f32", "f64"}},
      {"sgd_momentum",
       "a state of another shape",
       [] { sgd(f32({2}), f32({2}), f32({3}), number(), number(DType::f32), {.momentum = 0.9}); },
       {"m", "[2]", "[3]"}},
      {"sgd_momentum",
       "a state of another type",
       [] { sgd(f32({2}), f32({2}), f64({2}), number(), number(DType::f32), {.momentum = 0.9}); },
       {"m", "f32", "f64"}},
      {"sgd_momentum",
       "whole numbers",
       [] { sgd(i64({2}), i64({2}), i64({2}), number(), number(DType::f32), {.momentum = 0.9}); },
       {"parameter", "i64"}},
  };
}

}  // namespace neuro::bad
