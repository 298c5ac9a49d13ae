// Trains a model from text and rows in memory; no file is read or written.
#include <neuro/neuro.h>

#include <cstdio>

namespace {

constexpr const char* kSource = R"(
neuron Xor(hidden=8):
  in: [batch, 2]
  out: [batch, 1]
  graph:
    in -> Linear(2, hidden) -> Tanh() -> Linear(hidden, 1) -> Sigmoid() -> out
)";

}  // namespace

int main() {
  try {
    const neuro::Program program = neuro::Program::from_source(kSource, "xor");
    const neuro::Model model = program.instantiate("Xor", {{"hidden", std::int64_t{16}}});

    const auto inputs = neuro::Tensor::from<float>({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2});
    const auto targets = neuro::Tensor::from<float>({0, 1, 1, 0}, {4, 1});

    neuro::TrainConfig config;
    config.training.epochs = 500;
    config.training.lr = 0.02;
    config.checkpoint.dir.clear();  // nothing is written
    neuro::LoaderOptions rows;
    rows.shuffle = true;
    neuro::Trainer trainer(model, config);
    const neuro::TrainResult result = trainer.fit(neuro::make_tensor_loader({inputs, targets}, rows));
    std::printf("%lld steps in %.3f s, loss %.5f\n", static_cast<long long>(result.step), result.seconds, result.loss);

    const neuro::Tensor answers = model.forward(inputs);
    std::printf("answers %s\n", answers.text().c_str());
    return result.loss < 0.01 ? 0 : 1;
  } catch (const neuro::Error& error) {
    std::fprintf(stderr, "%s\n%s", error.what(), neuro::render(error.diagnostics()).c_str());
    return 1;
  }
}
