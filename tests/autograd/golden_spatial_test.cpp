// Calls of tests/golden/torch/rows_spatial.py.
#include "golden.h"

namespace neuro::golden {
namespace {

template <std::size_t n>
ConvOptions<n> conv(const Args& a) {
  ConvOptions<n> o;
  o.stride = a.array<n>("stride", o.stride);
  o.padding = a.array<2 * n>("padding", o.padding);
  o.dilation = a.array<n>("dilation", o.dilation);
  o.groups = a.integer("groups", 1);
  return o;
}

template <std::size_t n>
ConvTransposeOptions<n> transposed(const Args& a) {
  const ConvOptions<n> o = conv<n>(a);
  return {o.stride, o.padding, a.array<n>("output_padding", {}), o.dilation, o.groups};
}

template <std::size_t n>
PoolOptions<n> window(const Args& a) {
  PoolOptions<n> o;
  o.kernel = a.array<n>("kernel", o.kernel);
  o.stride = a.array<n>("stride", o.stride);
  o.padding = a.array<2 * n>("padding", o.padding);
  o.dilation = a.array<n>("dilation", o.dilation);
  o.ceil_mode = a.integer("ceil", 0) != 0;
  o.count_include_pad = a.integer("count", 1) != 0;
  return o;
}

}  // namespace

Table spatial() {
  return {
      {"conv1d", [](Operands in, const Args& a) { return Results{conv1d(in[0], in[1], optional(in, 2), conv<1>(a))}; }},
      {"conv2d", [](Operands in, const Args& a) { return Results{conv2d(in[0], in[1], optional(in, 2), conv<2>(a))}; }},
      {"conv3d", [](Operands in, const Args& a) { return Results{conv3d(in[0], in[1], optional(in, 2), conv<3>(a))}; }},
      {"conv_transpose1d",
       [](Operands in, const Args& a) {
         return Results{conv_transpose1d(in[0], in[1], optional(in, 2), transposed<1>(a))};
       }},
      {"conv_transpose2d",
       [](Operands in, const Args& a) {
         return Results{conv_transpose2d(in[0], in[1], optional(in, 2), transposed<2>(a))};
       }},
      {"conv_transpose3d",
       [](Operands in, const Args& a) {
         return Results{conv_transpose3d(in[0], in[1], optional(in, 2), transposed<3>(a))};
       }},
      {"depthwise_conv2d",
       [](Operands in, const Args& a) { return Results{depthwise_conv2d(in[0], in[1], optional(in, 2), conv<2>(a))}; }},
      {"separable_conv2d",
       [](Operands in, const Args& a) {
         return Results{separable_conv2d(in[0], in[1], in[2], optional(in, 3), conv<2>(a))};
       }},
      {"dilated_conv2d",
       [](Operands in, const Args& a) {
         return Results{dilated_conv2d(in[0], in[1], optional(in, 2), a.integer("dilation", 2), a.integer("padding", 0),
                                       a.integer("stride", 1))};
       }},
      {"max_pool1d", [](Operands in, const Args& a) { return Results{max_pool1d(in[0], window<1>(a))}; }},
      {"max_pool2d", [](Operands in, const Args& a) { return Results{max_pool2d(in[0], window<2>(a))}; }},
      {"max_pool3d", [](Operands in, const Args& a) { return Results{max_pool3d(in[0], window<3>(a))}; }},
      {"avg_pool1d", [](Operands in, const Args& a) { return Results{avg_pool1d(in[0], window<1>(a))}; }},
      {"avg_pool2d", [](Operands in, const Args& a) { return Results{avg_pool2d(in[0], window<2>(a))}; }},
      {"avg_pool3d", [](Operands in, const Args& a) { return Results{avg_pool3d(in[0], window<3>(a))}; }},
      {"adaptive_max_pool",
       [](Operands in, const Args& a) { return Results{adaptive_max_pool(in[0], a.integers("sizes"))}; }},
      {"global_max_pool", [](Operands in, const Args&) { return Results{global_max_pool(in[0])}; }},
      {"global_avg_pool", [](Operands in, const Args&) { return Results{global_avg_pool(in[0])}; }},
  };
}

}  // namespace neuro::golden
