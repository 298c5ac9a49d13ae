// Convolutions.
#include "layers/layer.h"
#include "neuro/ops.h"

namespace neuro::nn {
template <std::size_t rank>
Conv<rank>::Conv(std::int64_t in, std::int64_t out, const std::array<std::int64_t, rank>& kernel,
                 const ConvOptions<rank>& o)
    : options_(o) {
  const std::string name = str("Conv", rank, "d");
  require_size(name.c_str(), "in", in);
  require_size(name.c_str(), "out", out);
  require_size(name.c_str(), "groups", o.groups);
  if (in % o.groups != 0 || out % o.groups != 0) {
    throw Error(ErrorCode::invalid_argument, str(name, ": ", in, " input and ", out,
                                                 " output channels must both divide into ", o.groups, " groups"));
  }
  std::vector<std::int64_t> shape{out, in / o.groups};
  for (std::size_t k = 0; k < rank; ++k) {
    require_size(name.c_str(), "the kernel", kernel[k]);
    require_size(name.c_str(), "the stride", o.stride[k]);
    require_size(name.c_str(), "the dilation", o.dilation[k]);
    if (o.padding[k] < 0)
      throw Error(ErrorCode::invalid_argument, str(name, ": the padding must be at least 0, is ", o.padding[k]));
    shape.push_back(kernel[k]);
  }
  const Shape full(shape);
  const double fan = static_cast<double>(full.without(0).elements());
  weight = register_parameter("weight", drawn(full, fan, o.dtype, o.generator));
  if (o.bias) bias = register_parameter("bias", drawn({out}, fan, o.dtype, o.generator));
}

template <std::size_t rank>
Var Conv<rank>::forward(const Var& x) const {
  if (x.rank() != static_cast<int>(rank) + 2) {
    throw Error(ErrorCode::shape, str("Conv", rank, "d: takes [N, ", weight.shape()[1] * options_.groups, ", ",
                                      rank == 1 ? "L" : "H, W", "], got ", x.shape()));
  }
  const auto& o = options_;
  const bool zero = std::holds_alternative<pad::Zero>(o.mode);  // the operation itself pads with zeros
  const std::vector<PadAmount> amounts(o.padding.begin(), o.padding.end());
  const Var in = zero ? x : pad(x, amounts, o.mode);
  const auto rest = [&](std::size_t k) { return zero ? o.padding[k] : 0; };
  if constexpr (rank == 1) {
    const Var y = conv2d(unsqueeze(in, 2), unsqueeze(weight, 2), bias,
                         {.stride = {1, o.stride[0]},
                          .padding = {0, 0, rest(0), rest(0)},
                          .dilation = {1, o.dilation[0]},
                          .groups = o.groups});
    return squeeze(y, 2);
  } else {
    return conv2d(in, weight, bias,
                  {.stride = o.stride,
                   .padding = {rest(0), rest(0), rest(1), rest(1)},
                   .dilation = o.dilation,
                   .groups = o.groups});
  }
}

template class Conv<1>;
template class Conv<2>;

}  // namespace neuro::nn
