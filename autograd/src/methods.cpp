// Operations as methods of Var: each is the function of the same name.
#include "neuro/ops.h"

namespace neuro {

Var Var::pow(int k) const { return neuro::powi(*this, k); }
Var Var::pow(double exponent) const { return neuro::pow(*this, exponent); }
Var Var::pow(const Var& exponent) const { return neuro::pow(*this, exponent); }
Var Var::abs() const { return neuro::abs(*this); }
Var Var::sqrt() const { return neuro::sqrt(*this); }
Var Var::square() const { return neuro::square(*this); }
Var Var::exp() const { return neuro::exp(*this); }
Var Var::ln() const { return neuro::log(*this); }
Var Var::log() const { return neuro::log(*this); }
Var Var::sin() const { return neuro::sin(*this); }
Var Var::cos() const { return neuro::cos(*this); }
Var Var::clamp(double lo, double hi) const { return neuro::clamp(*this, lo, hi); }
Var Var::relu() const { return neuro::relu(*this); }
Var Var::leaky_relu(double slope) const { return neuro::leaky_relu(*this, slope); }
Var Var::elu(double alpha) const { return neuro::elu(*this, alpha); }
Var Var::gelu(Gelu form) const { return neuro::gelu(*this, form); }
Var Var::silu() const { return neuro::silu(*this); }
Var Var::softplus() const { return neuro::softplus(*this); }
Var Var::sigmoid() const { return neuro::sigmoid(*this); }
Var Var::tanh() const { return neuro::tanh(*this); }
Var Var::softmax(int axis) const { return neuro::softmax(*this, axis); }
Var Var::log_softmax(int axis) const { return neuro::log_softmax(*this, axis); }
Var Var::sum() const { return neuro::sum(*this); }
Var Var::sum(int axis, KeepDim keep) const { return neuro::sum(*this, axis, keep); }
Var Var::mean() const { return neuro::mean(*this); }
Var Var::mean(int axis, KeepDim keep) const { return neuro::mean(*this, axis, keep); }
Var Var::max() const { return neuro::max(*this); }
Var Var::max(int axis, KeepDim keep) const { return neuro::max(*this, axis, keep); }
Var Var::min() const { return neuro::min(*this); }
Var Var::min(int axis, KeepDim keep) const { return neuro::min(*this, axis, keep); }
Var Var::argmax(int axis, KeepDim keep) const { return neuro::argmax(*this, axis, keep); }
Var Var::matmul(const Var& b) const { return neuro::matmul(*this, b); }
Var Var::mm(const Var& b) const { return neuro::mm(*this, b); }
Var Var::mm_t(const Var& b) const { return neuro::mm_t(*this, b); }
Var Var::mv(const Var& v) const { return neuro::mv(*this, v); }
Var Var::vm(const Var& a) const { return neuro::vm(*this, a); }
Var Var::vv(const Var& b) const { return neuro::vv(*this, b); }
Var Var::t() const { return neuro::t(*this); }
Var Var::transpose(int a, int b) const { return neuro::transpose(*this, a, b); }
Var Var::permute(std::initializer_list<int> axes) const {
  return neuro::permute(*this, std::span<const int>(axes.begin(), axes.size()));
}
Var Var::reshape(std::initializer_list<std::int64_t> shape) const { return neuro::reshape(*this, shape); }
Var Var::reshape(const Shape& shape) const { return neuro::reshape(*this, shape); }
Var Var::flatten(int start, int end) const { return neuro::flatten(*this, start, end); }
Var Var::squeeze(int axis) const { return neuro::squeeze(*this, axis); }
Var Var::unsqueeze(int axis) const { return neuro::unsqueeze(*this, axis); }
Var Var::broadcast_to(const Shape& shape) const { return neuro::broadcast_to(*this, shape); }
Var Var::slice(int axis, std::int64_t begin, std::int64_t end, std::int64_t step) const {
  return neuro::slice(*this, axis, begin, end, step);
}
Var Var::cat(const Var& after, int axis) const {
  const Var both[] = {*this, after};
  return neuro::concat(both, axis);
}
Var Var::stack(const Var& after, int axis) const {
  const Var both[] = {*this, after};
  return neuro::stack(both, axis);
}
std::vector<Var> Var::chunks(const Shape& shape) const { return neuro::chunks(*this, shape); }
Var Var::convert(DType dtype) const { return neuro::convert(*this, dtype); }

}  // namespace neuro
