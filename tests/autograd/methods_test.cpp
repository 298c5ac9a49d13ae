// Every operation as a method is the function of the same name.
#include <gtest/gtest.h>

#include "neuro/neuronika.h"
#include "neuro/op.h"
#include "neuro/ops.h"

namespace neuro {
namespace {

/// Whether two values were recorded alike: the same operations with the same attributes on the same leaves.
bool alike(const Var& a, const Var& b) {
  if (a.same(b)) return true;
  if (a.op() != b.op() || a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  if (a.op() == nullptr) return a.rank() == 0 && b.rank() == 0 && a.item() == b.item();  // constants
  const std::vector<Var> as = a.inputs(), bs = b.inputs();
  bool same = as.size() == bs.size() && a.attrs() == b.attrs() && a.edge().output == b.edge().output;
  for (std::size_t i = 0; same && i < as.size(); ++i) same = alike(as[i], bs[i]);
  return same;
}

TEST(Methods, RecordWhatTheFunctionsRecord) {
  const Var x = rand({2, 2}, 1), y = rand({2, 2}, 2), v = rand({2}, 3), thin = rand({1, 2, 2}, 4);
  const Var both[] = {x, y};
  const int order[] = {1, 0};
  EXPECT_TRUE(alike(x.pow(3), powi(x, 3)));
  EXPECT_TRUE(alike(x.pow(0.5), pow(x, 0.5)));
  EXPECT_TRUE(alike(x.pow(y), pow(x, y)));
  EXPECT_TRUE(alike(x.abs(), abs(x)));
  EXPECT_TRUE(alike(x.sqrt(), sqrt(x)));
  EXPECT_TRUE(alike(x.square(), square(x)));
  EXPECT_TRUE(alike(x.exp(), exp(x)));
  EXPECT_TRUE(alike(x.ln(), log(x)));
  EXPECT_TRUE(alike(x.log(), log(x)));
  EXPECT_TRUE(alike(x.sin(), sin(x)));
  EXPECT_TRUE(alike(x.cos(), cos(x)));
  EXPECT_TRUE(alike(x.clamp(-1, 0.5), clamp(x, -1, 0.5)));
  EXPECT_TRUE(alike(x.relu(), relu(x)));
  EXPECT_TRUE(alike(x.leaky_relu(), leaky_relu(x)));
  EXPECT_TRUE(alike(x.leaky_relu(0.2), leaky_relu(x, 0.2)));
  EXPECT_TRUE(alike(x.elu(), elu(x)));
  EXPECT_TRUE(alike(x.elu(2), elu(x, 2)));
  EXPECT_TRUE(alike(x.gelu(), gelu(x)));
  EXPECT_TRUE(alike(x.gelu(Gelu::tanh), gelu(x, Gelu::tanh)));
  EXPECT_TRUE(alike(x.silu(), silu(x)));
  EXPECT_TRUE(alike(x.softplus(), softplus(x)));
  EXPECT_TRUE(alike(x.sigmoid(), sigmoid(x)));
  EXPECT_TRUE(alike(x.tanh(), tanh(x)));
  EXPECT_TRUE(alike(x.softmax(), softmax(x)));
  EXPECT_TRUE(alike(x.softmax(0), softmax(x, 0)));
  EXPECT_TRUE(alike(x.log_softmax(0), log_softmax(x, 0)));
  EXPECT_TRUE(alike(x.sum(), sum(x)));
  EXPECT_TRUE(alike(x.sum(0), sum(x, 0)));
  EXPECT_TRUE(alike(x.sum(0, KeepDim::yes), sum(x, 0, KeepDim::yes)));
  EXPECT_TRUE(alike(x.mean(), mean(x)));
  EXPECT_TRUE(alike(x.mean(1, KeepDim::yes), mean(x, 1, KeepDim::yes)));
  EXPECT_TRUE(alike(x.max(), max(x)));
  EXPECT_TRUE(alike(x.min(), min(x)));
  EXPECT_TRUE(alike(x.max(1), max(x, 1)));
  EXPECT_TRUE(alike(x.min(1), min(x, 1)));
  EXPECT_TRUE(alike(x.argmax(1), argmax(x, 1)));
  EXPECT_TRUE(alike(x.argmax(1, KeepDim::yes), argmax(x, 1, KeepDim::yes)));
  EXPECT_TRUE(alike(x.matmul(y), matmul(x, y)));
  EXPECT_TRUE(alike(x.mm(y), mm(x, y)));
  EXPECT_TRUE(alike(x.mm_t(y), mm_t(x, y)));
  EXPECT_TRUE(alike(x.mv(v), mv(x, v)));
  EXPECT_TRUE(alike(v.vm(x), vm(v, x)));
  EXPECT_TRUE(alike(v.vv(v), vv(v, v)));
  EXPECT_TRUE(alike(x.t(), t(x)));
  EXPECT_TRUE(alike(x.transpose(0, 1), transpose(x, 0, 1)));
  EXPECT_TRUE(alike(x.permute({1, 0}), permute(x, order)));
  EXPECT_TRUE(alike(x.reshape({4, -1}), reshape(x, {4, -1})));
  EXPECT_TRUE(alike(x.reshape(Shape{4}), reshape(x, Shape{4})));
  EXPECT_TRUE(alike(thin.flatten(), flatten(thin)));
  EXPECT_TRUE(alike(thin.flatten(1), flatten(thin, 1)));
  EXPECT_TRUE(alike(thin.squeeze(0), squeeze(thin, 0)));
  EXPECT_TRUE(alike(x.unsqueeze(1), unsqueeze(x, 1)));
  EXPECT_TRUE(alike(v.broadcast_to({3, 2}), broadcast_to(v, {3, 2})));
  EXPECT_TRUE(alike(x.slice(1, 0, 1), slice(x, 1, 0, 1)));
  EXPECT_TRUE(alike(x.cat(y, 1), concat(both, 1)));
  EXPECT_TRUE(alike(x.stack(y, 1), stack(both, 1)));
  EXPECT_TRUE(alike(x.chunks({1, 2})[1], chunks(x, {1, 2})[1]));
  EXPECT_TRUE(alike(x.convert(DType::f64), convert(x, DType::f64)));
  EXPECT_FALSE(alike(x.sum(0), sum(x, 1))) << "the comparison sees attributes";
}

TEST(NeuronikaNames, AreTheFunctionsThatTheyStandFor) {
  const VarDiff x = rand({2, 2}, 1), y = rand({2, 2}, 2);
  const Var both[] = {x, y};
  EXPECT_TRUE(alike(ln(x), log(x)));
  EXPECT_TRUE(alike(pow(x, 3), powi(x, 3)));
  EXPECT_TRUE(alike(cat(both, 0), concat(both, 0)));
  EXPECT_TRUE(alike(cat(x, y, 0), concat(both, 0)));
  EXPECT_TRUE(alike(stack(x, y, 0), stack(both, 0)));
  EXPECT_EQ(range(0, 1, 0.25).data().to_vector(), arange(0, 1, 0.25).data().to_vector());
  const NoGradGuard off;
  EXPECT_FALSE((rand({2}, 1).requires_grad() * 2.0).differentiable());
}

}  // namespace
}  // namespace neuro
