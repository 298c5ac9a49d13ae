// Loads a trained model and asks it, without any file of nsrun but the model:
//   embed_ask checkpoints/XOR/final.safetensors
#include <neuro/neuro.h>

#include <cstdio>

namespace {

/// A model file carries its source beside its weights.
neuro::Model load(const char* path) {
  const neuro::Bundle bundle = neuro::bundle_from(neuro::read_safetensors_header(path).metadata);
  const neuro::Program program = neuro::Program::from_source(bundle.source, path);
  neuro::Model model = program.instantiate(bundle.neuron, bundle.params);
  neuro::load_weights(model, path);
  return model;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s checkpoints/XOR/final.safetensors\n", argv[0]);
    return 2;
  }
  try {
    const neuro::Model model = load(argv[1]);
    const auto questions = neuro::Tensor::from<float>({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2});
    const neuro::Tensor answers = model.forward(questions);  // thread-safe: many threads may call it at once
    for (int row = 0; row < 4; ++row) {
      const float* x = questions.data<float>() + 2 * row;
      std::printf("%g xor %g = %.3f\n", x[0], x[1], static_cast<double>(answers.data<float>()[row]));
    }
  } catch (const neuro::Error& error) {  // the only exception that the library throws
    std::fprintf(stderr, "%s\n%s", error.what(), neuro::render(error.diagnostics()).c_str());
    return 1;
  }
}
