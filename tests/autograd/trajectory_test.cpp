// Optimizer steps, 50 in a row, against tests/golden/torch/optimizers.jsonl: at most four times as wrong as PyTorch.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "neuro/ops.h"
#include "neuro/plan.h"
#include "neuro/str.h"

namespace neuro {
namespace {

using Json = nlohmann::json;

/// The rows of one optimizer whose options the operation has.
std::vector<Json> rows(const std::string& optimizer, const std::vector<std::string>& options) {
  std::vector<Json> out;
  std::ifstream file(NEURO_TEST_DIR "/golden/torch/optimizers.jsonl");
  for (std::string line; std::getline(file, line);) {
    Json row = Json::parse(line);
    bool fits = row.at("optimizer") == optimizer;
    for (const auto& [name, value] : row.at("options").items())
      fits = fits && std::find(options.begin(), options.end(), name) != options.end();
    if (fits) out.push_back(std::move(row));
  }
  return out;
}

/// The gradient of step t, as optimizers.py defines it.
void fill_gradient(const Var& gradient, std::int64_t t) {
  float* g = gradient.data().data<float>();
  for (std::int64_t k = 0; k < gradient.shape()[0]; ++k) g[k] = static_cast<float>((7 * k + 11 * t + 3) % 33 - 16) / 16;
}

/// Runs 50 steps of the update that `record(parameter, gradient, lr, step, scale, options)` records.
template <class Update>
void follow(const Json& row, Update record) {
  std::vector<float> start;
  for (const double v : row.at("start")) start.push_back(static_cast<float>(v / 64));
  const Shape shape{static_cast<std::int64_t>(start.size())};
  const Var w(Tensor::from(std::span<const float>(start), shape)), gradient = zeros(shape);
  const Var lr = full({}, row.at("options").at("lr"), DType::f64), scale = ones({});
  const Var step(Tensor::from<std::int64_t>({0}, {}));
  const std::vector<Assign> assigns = record(w, gradient, lr, step, scale, row.at("options"));
  Replay replay({{}, assigns});
  std::size_t checked = 0;
  for (std::int64_t t = 1; checked < row.at("steps").size(); ++t) {
    fill_gradient(gradient, t);
    *step.data().data<std::int64_t>() = t;
    replay.run();
    if (row.at("steps")[checked] != t) continue;
    const std::vector<double> got = w.data().to_vector(), exact = row.at("values")[checked];
    double largest = 0, difference = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
      largest = std::max(largest, std::abs(exact[k]));
      const double d = std::abs(got[k] - exact[k]);
      difference = std::max(difference, std::isnan(d) ? std::numeric_limits<double>::infinity() : d);
    }
    const double limit = 4 * row.at("err").get<std::vector<double>>()[checked];
    EXPECT_LE(difference / largest, std::max(limit, 2e-6)) << row.at("options").dump() << " after step " << t;
    ++checked;
  }
}

std::vector<Assign> adam_update(const Var& w, const Var& gradient, const Var& lr, const Var& step, const Var& scale,
                                const Json& o) {
  const Var m = zeros(w.shape()), v = zeros(w.shape());
  AdamOptions options;
  options.beta1 = o.value("beta1", options.beta1);
  options.beta2 = o.value("beta2", options.beta2);
  options.eps = o.value("eps", options.eps);
  options.l2 = 2 * o.value("l2", 0.0);  // the penalty l2 w^2 has the gradient 2 l2 w
  options.decay = o.value("decay", 0.0);
  const auto next = adam(w, gradient, m, v, lr, step, scale, options);
  return {{w, next[0]}, {m, next[1]}, {v, next[2]}};
}

TEST(Trajectory, Adam) {
  const std::vector<Json> all = rows("Adam", {"lr", "beta1", "beta2", "eps", "l2"});
  EXPECT_GE(all.size(), 8u);
  for (const Json& row : all) follow(row, adam_update);
}

TEST(Trajectory, AdamW) {
  const std::vector<Json> all = rows("AdamW", {"lr", "beta1", "beta2", "eps", "decay"});
  EXPECT_GE(all.size(), 10u);
  for (Json row : all) {
    if (!row.at("options").contains("decay")) row["options"]["decay"] = 0.01;
    follow(row, adam_update);
  }
}

void follow_sgd(const Json& row) {
  const bool momentum = row.at("options").contains("momentum");
  follow(row, [&](const Var& w, const Var& gradient, const Var& lr, const Var&, const Var& scale, const Json& o) {
    const Var m = momentum ? zeros(w.shape()) : Var();
    const SgdOptions options{.momentum = o.value("momentum", 0.0),
                             .dampening = o.value("dampening", 0.0),
                             .l2 = 2 * o.value("l2", 0.0),
                             .nesterov = o.value("nesterov", false)};
    const auto next = sgd(w, gradient, m, lr, scale, options);
    std::vector<Assign> assigns{{w, next[0]}};
    if (momentum) assigns.push_back({m, next[1]});
    return assigns;
  });
}

TEST(Trajectory, Sgd) {
  for (const Json& row : rows("SGD", {"lr", "l2"})) follow_sgd(row);
}

TEST(Trajectory, SgdWithMomentum) {
  for (const Json& row : rows("SGD", {"lr", "l2", "momentum", "dampening", "nesterov"})) {
    if (row.at("options").contains("momentum")) follow_sgd(row);
  }
}

}  // namespace
}  // namespace neuro
