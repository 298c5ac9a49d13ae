#include "neuro/gradcheck.h"

#include <cmath>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/plan.h"
#include "neuro/random.h"
#include "neuro/str.h"

namespace neuro {
namespace {

constexpr double kStep = 1e-3;  // the error of the quotient is h^4 f''''' / 30: about 1e-13

/// Fixed weights in [0.5, 1.5) with either sign, for output k: f64.
Tensor weights(const Shape& shape, std::uint64_t k) {
  const RandomStream stream(/*seed=*/1, k);
  Tensor t = Tensor::empty(shape, DType::f64);
  for (std::int64_t i = 0; i < t.size(); ++i) {
    const double u = stream.uniform(static_cast<std::uint64_t>(i));
    t.data<double>()[i] = u < 0.5 ? 2 * u + 0.5 : 0.5 - 2 * u;
  }
  return t;
}

/// The gradients of all floating `ys`, weighted, by `xs`.
std::vector<Var> weighted_grad(std::span<const Var> ys, std::span<const Var> seeds, std::span<const Var> xs) {
  Var total;
  for (std::size_t k = 0; k < ys.size(); ++k) {
    const Var term = convert(sum(ys[k] * seeds[k]), DType::f64);
    total = total.defined() ? total + term : term;
  }
  return grad(total, xs);
}

std::vector<Var> floating(std::vector<Var> ys) {
  std::erase_if(ys, [](const Var& y) { return !is_floating(y.dtype()); });
  return ys;
}

Var seed_of(const Var& y, std::uint64_t k) { return Var(weights(y.shape(), k).to(y.dtype())); }

}  // namespace

std::string Gradcheck::text() const {
  return str("error ", error, " at input ", input, ", element ", element, ": derived ", derived, ", measured ",
             measured);
}

Gradcheck gradcheck(const GradcheckFunction& fn, std::span<const Var> inputs) {
  const std::vector<Var> ys = floating(fn(inputs));
  Gradcheck worst;
  if (ys.empty()) return worst;
  std::vector<Var> seeds, xs;
  std::vector<std::size_t> which;
  for (std::size_t k = 0; k < ys.size(); ++k) seeds.push_back(seed_of(ys[k], k));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].differentiable()) continue;
    xs.push_back(inputs[i]);
    which.push_back(i);
  }
  if (xs.empty()) return worst;
  Replay derived({weighted_grad(ys, seeds, xs)});
  derived.run();
  Replay values({ys});

  // sum of weights times outputs, differenced element by element: elements that do not change drop out exactly.
  std::vector<std::vector<double>> factor, moved(ys.size());
  for (const Var& seed : seeds) factor.push_back(seed.data().to_vector());
  for (std::size_t n = 0; n < xs.size(); ++n) {
    Tensor x = xs[n].data();
    const std::span<double> at = x.span<double>();
    std::vector<double> measured(at.size());
    double largest = 0;
    for (std::size_t e = 0; e < at.size(); ++e) {
      const double value = at[e];
      for (std::size_t k = 0; k < ys.size(); ++k) moved[k].assign(factor[k].size(), 0);
      const std::pair<double, double> stencil[] = {{-2, 1}, {-1, -8}, {1, 8}, {2, -1}};
      for (const auto& [steps, weight] : stencil) {
        at[e] = value + steps * kStep;
        values.run();
        for (std::size_t k = 0; k < ys.size(); ++k) {
          const std::vector<double> y = values.output(k).to_vector();
          for (std::size_t j = 0; j < y.size(); ++j) moved[k][j] += weight * y[j];
        }
      }
      at[e] = value;
      double total = 0;
      for (std::size_t k = 0; k < ys.size(); ++k) {
        for (std::size_t j = 0; j < moved[k].size(); ++j) total += factor[k][j] * moved[k][j];
      }
      measured[e] = total / (12 * kStep);
      largest = std::max(largest, std::abs(measured[e]));
    }
    const std::vector<double> g = derived.output(n).to_vector();
    for (std::size_t e = 0; e < at.size(); ++e) {
      const double error = std::abs(g[e] - measured[e]) / (largest < 1e-3 ? 1 : largest);
      if (error <= worst.error) continue;  // false for NaN, which is the worst
      worst = {error, which[n], static_cast<std::int64_t>(e), g[e], measured[e]};
      if (std::isnan(error)) return worst;
    }
  }
  return worst;
}

Gradcheck gradcheck_second(const GradcheckFunction& fn, std::span<const Var> inputs) {
  const std::vector<Var> ys = floating(fn(inputs));
  if (ys.empty()) return {};
  std::vector<Var> all(inputs.begin(), inputs.end());
  for (std::size_t k = 0; k < ys.size(); ++k) all.push_back(seed_of(ys[k], 1000 + k).requires_grad());
  const std::size_t n = inputs.size();
  return gradcheck(
      [&](std::span<const Var> leaves) {
        std::vector<Var> xs;
        for (const Var& x : leaves.first(n)) {
          if (x.differentiable()) xs.push_back(x);
        }
        return weighted_grad(floating(fn(leaves.first(n))), leaves.subspan(n), xs);
      },
      all);
}

}  // namespace neuro
