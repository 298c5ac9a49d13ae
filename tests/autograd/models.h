#pragma once
// Training steps of small models written with operations: what tests of the planner plan.
#include <cmath>

#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro::models {

/// Leaves that hold fixed random numbers, and the gradients of a loss by all of them.
class Model {
 public:
  Var parameter(const Shape& shape) {
    parameters_.push_back((randn(shape, ++stream_) * 0.2).detach());
    parameters_.back().forward();
    parameters_.back() = Var(parameters_.back().data()).requires_grad();
    return parameters_.back();
  }
  Var input(const Shape& shape) { return parameter(shape).detach(); }
  static Var classes(std::int64_t n, std::int64_t limit) {
    Tensor t = Tensor::empty({n}, DType::i64);
    for (std::int64_t i = 0; i < n; ++i) t.data<std::int64_t>()[i] = i * 7919 % limit;
    return Var(t);
  }
  /// Linear layer from x's last axis to `out`.
  Var dense(const Var& x, std::int64_t out) {
    return linear(x, parameter({out, x.shape()[x.rank() - 1]}), parameter({out}));
  }
  PlanRequest step(const Var& loss) const {
    PlanRequest request{{loss}};
    for (const Var& g : grad(loss, loss.parameters())) request.outputs.push_back(g);
    return request;
  }

 private:
  std::vector<Var> parameters_;
  std::uint64_t stream_ = 0;
};

/// 784-256-128-10 with cross-entropy.
inline PlanRequest mlp(std::int64_t batch = 32) {
  Model m;
  const Var x = m.input({batch, 784});
  return m.step(cross_entropy(m.dense(relu(m.dense(relu(m.dense(x, 256)), 128)), 10), Model::classes(batch, 10)));
}

/// Two convolutions with pooling and two linear layers, as in the MNIST example.
inline PlanRequest cnn(std::int64_t batch = 8) {
  Model m;
  const Var x = m.input({batch, 1, 28, 28});
  const Var a = max_pool2d(relu(conv2d(x, m.parameter({8, 1, 5, 5}), m.parameter({8}))), {});
  const Var b = max_pool2d(relu(conv2d(a, m.parameter({16, 8, 5, 5}), m.parameter({16}))), {});
  return m.step(cross_entropy(m.dense(relu(m.dense(flatten(b, 1), 64)), 10), Model::classes(batch, 10)));
}

enum class Keep { all, boundaries, nested };

/// Pre-norm layers with causal-like attention of four heads, dropout and a GELU block.
inline PlanRequest transformer(int layers, Keep keep, std::int64_t batch = 2, std::int64_t T = 24,
                               std::int64_t D = 32) {
  Model m;
  const std::int64_t heads = 4;
  const Var rng(Tensor::from<std::int64_t>({1, 2, 3}, {3}));
  Var h = m.input({batch, T, D});
  std::uint64_t stream = 0;
  const auto attention = [&](const Var& x) {
    const Var qkv = m.dense(x, 3 * D);
    const auto head = [&](std::int64_t k) {
      return transpose(reshape(slice(qkv, 2, k * D, (k + 1) * D), {batch, T, heads, D / heads}), 1, 2);
    };
    const Var scores = matmul(head(0), head(1), Trans::no, Trans::yes) / std::sqrt(static_cast<double>(D / heads));
    const Var p = softmax(scores) * dropout_mask(scores.shape(), 0.1, static_cast<std::int64_t>(++stream), rng);
    return m.dense(reshape(transpose(matmul(p, head(2)), 1, 2), {batch, T, D}), D);
  };
  const auto norm = [&](const Var& x) { return layer_norm(x, m.parameter({D}), m.parameter({D})); };
  const auto layer = [&](const Var& x) {
    const Var y = x + attention(norm(x));
    std::unique_ptr<Recompute> inner;
    if (keep == Keep::nested) inner = std::make_unique<Recompute>();
    return y + m.dense(gelu(m.dense(norm(y), 4 * D)), D);
  };
  for (int i = 0; i < layers; ++i) {
    std::unique_ptr<Recompute> scope;
    if (keep != Keep::all) scope = std::make_unique<Recompute>();
    h = layer(h);
  }
  return m.step(mean(square(norm(h))));
}

/// An LSTM cell of `hidden` units over T steps, unrolled.
inline PlanRequest lstm(std::int64_t T, std::int64_t batch = 4, std::int64_t hidden = 24) {
  Model m;
  const Var x = m.input({T, batch, hidden}), w = m.parameter({4 * hidden, hidden}),
            u = m.parameter({4 * hidden, hidden}), b = m.parameter({4 * hidden});
  Var h = zeros({batch, hidden}), c = zeros({batch, hidden});
  for (std::int64_t t = 0; t < T; ++t) {
    const Var z = linear(squeeze(slice(x, 0, t, t + 1), 0), w, b) + linear(h, u);
    const auto gate = [&](std::int64_t k) { return slice(z, 1, k * hidden, (k + 1) * hidden); };
    c = sigmoid(gate(0)) * c + sigmoid(gate(1)) * tanh(gate(2));
    h = sigmoid(gate(3)) * tanh(c);
  }
  return m.step(mean(square(h)));
}

}  // namespace neuro::models
