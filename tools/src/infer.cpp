// nsrun infer: a trained model's answers.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "answers.h"
#include "cli.h"
#include "console.h"
#include "exit_code.h"
#include "model_options.h"
#include "neuro/error.h"
#include "neuro/run_directory.h"
#include "neuro/safetensors.h"
#include "neuro/str.h"

namespace nsrun {
namespace {

namespace fs = std::filesystem;
using neuro::Error;
using neuro::ErrorCode;
using neuro::str;

struct Options {
  std::string model, input, checkpoint, output;
  ModelOptions which;
  bool random_weights = false;
};

/// A model with its weights, and one line about where those come from.
struct Loaded {
  neuro::Model model;
  fs::path weights;  ///< empty: random
  std::string how;
};

std::string read_text(const std::string& path) {
  std::string text;
  errno = 0;
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  char buffer[1 << 16];
  for (std::size_t n = 0; file != nullptr && (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
    text.append(buffer, n);
  }
  const int problem = errno;
  const bool failed = file == nullptr || std::ferror(file) != 0;
  if (file != nullptr && file != stdin) std::fclose(file);
  if (failed) throw Error(ErrorCode::data, str("cannot read the input `", path, "`: ", std::strerror(problem)));
  return text;
}

/// Writes all of a file or none of it. A device or a pipe is written as it is.
void write_output(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  const bool replace = !fs::exists(path, ignored) || fs::is_regular_file(path, ignored);
  const fs::path target = replace ? fs::path(str(path.string(), ".tmp-", getpid())) : path;
  std::FILE* file = std::fopen(target.c_str(), "wb");
  bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (written && replace) written = std::rename(target.c_str(), path.c_str()) == 0;
  if (written) return;
  const int problem = errno;
  if (replace) std::remove(target.c_str());
  throw Error(ErrorCode::resource, str("cannot write `", path.string(), "`: ", std::strerror(problem)));
}

bool is_source(const fs::path& path) { return path.extension() == ".ns"; }

/// What weights carry with them: the source, and the neuron and parameters that were trained.
neuro::Bundle bundle_of(const fs::path& weights) {
  neuro::Bundle bundle = neuro::bundle_from(neuro::read_safetensors_header(weights).metadata);
  if (!bundle.source.empty()) return bundle;
  throw Error(ErrorCode::checkpoint,
              str('`', weights.string(), "` holds weights without their source\nname the source too: nsrun infer ",
                  "MODEL.ns INPUT --checkpoint ", weights.string()));
}

/// A run's parameters with those of the command line on top.
neuro::Params with_options(neuro::Params params, const ModelOptions& options) {
  for (auto& [key, value] : parse_params(options.params)) params[key] = value;
  return params;
}

/// Calls `make` with what weights carry beside them. When that cannot be used, the file may be damaged: its checksum,
/// for which all of it is read, then says so instead.
template <class Make>
neuro::Model made_from(const fs::path& weights, Make&& make) {
  try {
    return make();
  } catch (const Error&) {
    neuro::read_safetensors(weights);
    throw;
  }
}

Loaded load_bundle(const Options& options) {
  Loaded loaded;
  loaded.weights = neuro::weights_file(options.model);
  const neuro::Bundle bundle = bundle_of(loaded.weights);
  loaded.model = made_from(loaded.weights, [&] {
    const neuro::Program program = neuro::Program::from_source(bundle.source, loaded.weights.string());
    return program.instantiate(options.which.neuron.empty() ? bundle.neuron : options.which.neuron,
                               with_options(bundle.params, options.which));
  });
  loaded.how = "as named";
  return loaded;
}

Loaded load_source(const neuro::Program& program, const Options& options) {
  Loaded loaded;
  const std::string neuron = options.which.neuron.empty() ? program.default_neuron() : options.which.neuron;
  const auto model_with = [&](const neuro::Params& params) {
    return program.instantiate(neuron, with_options(params, options.which));
  };
  if (options.random_weights) {
    loaded.model = model_with({});
    return loaded;
  }
  const char* environment = std::getenv("NSRUN_CHECKPOINT");
  const neuro::FoundWeights found = neuro::find_weights({.model_file = options.model,
                                                         .neuron = neuron,
                                                         .source = program.source(),
                                                         .parameters =
                                                             [&](const neuro::Bundle& bundle) {
                                                               const neuro::Model model = model_with(bundle.params);
                                                               model.materialise(bundle.instances);
                                                               return model.state_dict();
                                                             },
                                                         .checkpoint = options.checkpoint,
                                                         .environment = environment == nullptr ? "" : environment});
  loaded.model = made_from(found.path, [&] { return model_with(found.params); });
  loaded.weights = found.path;
  loaded.how = found.how;
  return loaded;
}

int infer(const Options& options) {
  if (options.model.empty()) throw UsageError("`infer` needs a model and an input", "nsrun infer MODEL INPUT");
  if (options.input.empty()) {
    throw UsageError("`infer` needs an input", "name a .json or .jsonl file, or - for stdin");
  }
  if (options.random_weights && (!options.checkpoint.empty() || !is_source(options.model))) {
    throw UsageError("--random-weights contradicts weights that are named");
  }
  // Of several problems the first in the order source, data, weights is reported: so the input is read before weights
  // are looked for.
  std::optional<neuro::Program> program;
  if (is_source(options.model)) program = load_program(options.model);
  Questions questions(options.input == "-" ? "<stdin>" : options.input, read_text(options.input));
  const Loaded loaded = program ? load_source(*program, options) : load_bundle(options);
  const std::vector<Question> shaped = questions.shape_for(loaded.model);
  if (loaded.weights.empty()) {
    console().status("Weights", "random, seed 42");
  } else {
    neuro::load_weights(loaded.model, loaded.weights);
    console().status("Weights", str(loaded.weights.string(), "   ", loaded.how));
  }

  std::vector<std::string> answers;
  for (const Question& question : shaped) {
    try {
      answers.push_back(answer_text(loaded.model, question, loaded.model.forward(question.inputs)));
    } catch (const Error& error) {  // sizes that only the whole model can judge
      if (error.code() != ErrorCode::shape && error.code() != ErrorCode::index) throw;
      throw Error(ErrorCode::data, str("the input does not fit the model: ", error.what()));
    }
  }
  const std::string text = join_answers(questions.form(), answers);
  if (options.output.empty() || options.output == "-") {
    console().result(text);
  } else {
    write_output(options.output, text);
  }
  return kOk;
}

}  // namespace

void add_infer(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "infer", "Ask a trained model: reads rows as JSON, prints its answers as JSON.",
                                  "nsrun infer examples/01-xor.ns examples/input.json\n"
                                  "echo '{\"input\": [[1, 0], [0, 0]]}' | nsrun infer examples/01-xor.ns -\n"
                                  "nsrun infer checkpoints/XOR/final.safetensors rows.jsonl -o answers.jsonl");
  command->add_option("model", options->model, "a .ns file, a .safetensors file, or the directory of a run")
      ->option_text("MODEL");
  command->add_option("input", options->input, "{\"input\": ...}, a list of such objects, or one a line; - is stdin")
      ->option_text("INPUT");
  command->add_option("--checkpoint", options->checkpoint, "the weights: a file, a checkpoint or a run; else searched")
      ->option_text("PATH");
  add_model_options(*command, options->which);
  command->add_option("-o", options->output, "write the answers to that file")->option_text("FILE");
  command->add_flag("--random-weights", options->random_weights, "use a model that was never trained");
  command->callback([&action, options] { action = [options] { return infer(*options); }; });
}

}  // namespace nsrun
