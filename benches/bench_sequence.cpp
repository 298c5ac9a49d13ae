// How long do attention and recurrent layers take? peer_sequence.py prints the same lines for PyTorch.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "neuro/ops.h"
#include "neuro/parallel.h"
#include "neuro/plan.h"

namespace {

using namespace neuro;

/// Prints the median of the runs of half a second, at least 5.
void report(const std::string& name, const PlanRequest& request) {
  Replay replay(request);
  replay.run();
  std::vector<double> seconds;
  double total = 0;
  while (seconds.size() < 5 || total < 0.5) {
    const auto start = std::chrono::steady_clock::now();
    replay.run();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    total += seconds.back();
  }
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2), seconds.end());
  std::cout << name << ' ' << seconds[seconds.size() / 2] * 1e3 << " ms, arena " << (replay.arena_bytes() >> 10)
            << " KiB" << std::endl;
}

/// y, and the gradients of its weighted sum by the parameters.
void forward_and_backward(const std::string& name, const Var& y) {
  report(name + " forward", {{y}});
  std::vector<Var> wanted{y};
  const std::vector<Var> xs = y.parameters();
  for (const Var& g : grad(y, xs, randn(y.shape(), 9))) wanted.push_back(g);
  report(name + " forward+backward", {wanted});
}

}  // namespace

int main(int argc, char** argv) {
  set_thread_count(argc > 1 ? std::atoi(argv[1]) : 1);
  for (const std::int64_t T : {512, 2048}) {
    const auto leaf = [&](std::uint64_t seed) { return randn({1, 12, T, 64}, seed).requires_grad(); };
    const Var q = leaf(1), k = leaf(2), v = leaf(3);
    const std::string size = "[1, 12, " + std::to_string(T) + ", 64]";
    forward_and_backward("attention " + size, scaled_dot_product_attention(q, k, v));
    forward_and_backward("causal attention " + size, scaled_dot_product_attention(q, k, v, {}, {.causal = true}));
  }
  for (const std::int64_t B : {1, 32}) {
    const auto leaf = [](const Shape& shape) { return (randn(shape, 4) * 0.05).detach(); };
    const auto drawn = [&](std::int64_t gates) {
      const auto ready = [](const Var& v) {
        v.forward();
        return Var(v.data().clone()).requires_grad();
      };
      return RecurrentWeights{ready(leaf({gates * 256, 256})), ready(leaf({gates * 256, 256})),
                              ready(leaf({gates * 256})), ready(leaf({gates * 256}))};
    };
    const Var x = randn({512, B, 256}, 1).requires_grad();
    const RecurrentWeights of_lstm = drawn(4), of_gru = drawn(3);
    const std::string size = "[512, " + std::to_string(B) + ", 256]";
    forward_and_backward("lstm " + size, lstm(x, std::span(&of_lstm, 1)).y);
    forward_and_backward("gru " + size, gru(x, std::span(&of_gru, 1)).y);
  }
}
