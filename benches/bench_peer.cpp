// Our side of compare.py: reads "CASE" lines, answers "CASE SECONDS" for one measurement of that case.
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "neuro/ops.h"
#include "neuro/parallel.h"
#include "neuro/plan.h"
#include "neuro/trainer.h"

namespace {

using namespace neuro;

double seconds_of(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// 1,000 epochs of XOR by the trainer that `nsrun train` uses, without files: shuffled batches, clipping, Adam.
double xor_1000_epochs() {
  const Program program = Program::from_source(
      "neuron XOR:\n  in: [batch, 2]\n  out: [batch, 1]\n"
      "  graph: in -> Linear(2, 4) -> ReLU() -> Linear(4, 1) -> Sigmoid() -> out\n");
  TrainConfig config;
  config.training.epochs = 1000;
  config.training.lr = 0.01;
  config.training.loss = "mse";
  config.checkpoint.dir.clear();
  config.logging.loggers.clear();
  LoaderOptions options;
  options.shuffle = true;
  auto rows = make_tensor_loader(
      {Tensor::from<float>({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2}), Tensor::from<float>({0, 1, 1, 0}, {4, 1})}, options);
  Trainer trainer(program.instantiate("XOR"), config);
  return seconds_of([&] { trainer.fit(std::move(rows)); });
}

// One Adam step of an MLP 784-256-128-10 at batch 64, clipping included: the mean of 100.
class MlpStep {
 public:
  MlpStep() {
    const std::int64_t sizes[] = {784, 256, 128, 10};
    const Var x = placeholder({64, 784}), target = placeholder({64}, DType::i64);
    std::vector<Var> params;
    Var h = x;
    for (std::size_t i = 0; i + 1 < std::size(sizes); ++i) {
      const double bound = 1 / std::sqrt(static_cast<double>(sizes[i]));
      const auto drawn = [&](const Shape& shape) {
        Tensor t = rand(shape, params.size()).data().clone();
        for (float& value : t.span<float>()) value = static_cast<float>((2 * value - 1) * bound);
        return params.emplace_back(Var(t).requires_grad());
      };
      const Var weight = drawn({sizes[i + 1], sizes[i]}), bias = drawn({sizes[i + 1]});
      h = linear(h, weight, bias);
      if (i + 2 < std::size(sizes)) h = relu(h);
    }
    const Var loss = mean(cross_entropy(h, target));
    const std::vector<Var> gradients = grad(loss, params);
    const Var norm = global_norm(gradients), scale = minimum(constant(1), 1.0 / (norm + 1e-6));
    PlanRequest request{{loss}, {}, norm};
    for (std::size_t i = 0; i < params.size(); ++i) {
      const Var m(Tensor::zeros(params[i].shape())), v(Tensor::zeros(params[i].shape()));
      const auto next = adam(params[i], gradients[i], m, v, lr_, step_, scale, {});
      request.assigns.insert(request.assigns.end(), {{params[i], next[0]}, {m, next[1]}, {v, next[2]}});
    }
    replay_ = std::make_unique<Replay>(request);
    input_ = replay_->input(x);
    batch_ = rand({64, 784}, 1000).data();
    const Tensor classes = rand({64}, 1001).data();
    Tensor targets = replay_->input(target);
    for (std::int64_t i = 0; i < 64; ++i)
      targets.data<std::int64_t>()[i] = static_cast<std::int64_t>(classes.data<float>()[i] * 10);
  }
  double measure() {
    constexpr int kSteps = 100;
    return seconds_of([&] {
             for (int i = 0; i < kSteps; ++i) {
               std::memcpy(input_.raw(), batch_.raw(), batch_.bytes());  // a step takes its batch from somewhere
               ++*step_.data().data<std::int64_t>();
               replay_->run();
             }
           }) /
           kSteps;
  }

 private:
  Var lr_{Tensor::full({}, 1e-3, DType::f64)}, step_{Tensor::full({}, 0, DType::i64)};
  std::unique_ptr<Replay> replay_;
  Tensor input_, batch_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: bench_peer THREADS   (run by benches/compare.py)\n";
    return 2;
  }
  set_thread_count(std::atoi(argv[1]));
  MlpStep mlp;
  mlp.measure();
  xor_1000_epochs();
  std::cout << "ready" << std::endl;
  for (std::string name; std::getline(std::cin, name);) {
    const double seconds = name == "xor_1000_epochs" ? xor_1000_epochs() : mlp.measure();
    std::cout << name << ' ' << seconds << std::endl;
  }
}
