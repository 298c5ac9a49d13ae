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
                                      rank == 1   ? "L"
                                      : rank == 2 ? "H, W"
                                                  : "D, H, W",
                                      "], got ", x.shape()));
  }
  const auto& o = options_;
  const bool zero = std::holds_alternative<pad::Zero>(o.mode);  // the operation itself pads with zeros
  const std::vector<PadAmount> amounts(o.padding.begin(), o.padding.end());
  const Var in = zero ? x : pad(x, amounts, o.mode);
  neuro::ConvOptions<rank> options{.stride = o.stride, .padding = {}, .dilation = o.dilation, .groups = o.groups};
  for (std::size_t k = 0; zero && k < rank; ++k) options.padding[2 * k] = options.padding[2 * k + 1] = o.padding[k];
  if constexpr (rank == 1) return conv1d(in, weight, bias, options);
  if constexpr (rank == 2) return conv2d(in, weight, bias, options);
  if constexpr (rank == 3) return conv3d(in, weight, bias, options);
}

template class Conv<1>;
template class Conv<2>;
template class Conv<3>;

}  // namespace neuro::nn
