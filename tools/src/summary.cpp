// nsrun summary: the layers of a model, with what each gives and how many parameters it holds.
#include <algorithm>
#include <charconv>
#include <memory>

#include "cli.h"
#include "console.h"
#include "exit_code.h"
#include "model_options.h"
#include "neuro/error.h"
#include "neuro/json.h"
#include "neuro/str.h"

namespace nsrun {
namespace {

using neuro::str;

struct Options {
  std::string model, batch;
  std::vector<std::string> inputs;
  ModelOptions which;
  bool json = false;
};

std::int64_t parse_size(std::string_view option, std::string_view text) {
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size < 1) {
    throw UsageError(str(option, ": `", text, "` is not a size"));
  }
  return size;
}

/// "2x3x224x224"
neuro::Shape parse_shape(std::string_view text) {
  std::vector<std::int64_t> dims;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('x', begin), text.size());
    dims.push_back(parse_size("--input", text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return neuro::Shape{std::span<const std::int64_t>(dims)};
}

/// A port's shape where the first open size is the batch; no other may be open.
neuro::Shape shape_of(const neuro::Port& port, std::int64_t batch) {
  std::vector<std::int64_t> dims;
  bool batched = false;
  for (const neuro::PortDim& dim : port.shape) {
    if (!dim.size && batched) {
      throw UsageError(str("the port ", port.text(), " leaves `", dim.name, "` open"),
                       "give the whole shape, such as --input 1x3x224x224");
    }
    dims.push_back(dim.size ? *dim.size : batch);
    batched = batched || !dim.size;
  }
  return neuro::Shape{std::span<const std::int64_t>(dims)};
}

std::vector<neuro::LayerInfo> layers_of(const neuro::Model& model, const Options& options) {
  const std::vector<neuro::Port>& ports = model.inputs();
  if (!options.inputs.empty() && options.inputs.size() != ports.size()) {
    throw UsageError(
        str("the model has ", ports.size(), " inputs; --input is given ", options.inputs.size(), " times"));
  }
  const std::int64_t batch = options.batch.empty() ? 1 : parse_size("--batch", options.batch);
  std::vector<neuro::Var> inputs;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    inputs.push_back(
        neuro::placeholder(options.inputs.empty() ? shape_of(ports[i], batch) : parse_shape(options.inputs[i])));
  }
  const neuro::NoGrad no_grad;
  std::vector<neuro::LayerInfo> layers;
  neuro::ForwardContext context;
  context.layers = &layers;
  try {
    (void)model.record(inputs, context);
  } catch (const neuro::Error& error) {
    if (error.code() != neuro::ErrorCode::shape) throw;
    throw UsageError(error.what(), "--input gives the shape to look at, such as 1x3x224x224");
  }
  return layers;
}

std::string shapes_text(const std::vector<neuro::Shape>& shapes) {
  std::string out;
  for (const neuro::Shape& shape : shapes) out += str(out.empty() ? "" : ", ", shape);
  return out;
}

struct Row {
  std::string path, neuron, shape, parameters;
};

void print_table(const std::vector<Row>& rows) {
  std::size_t path = 0, neuron = 0, shape = 0, parameters = 0;
  for (const Row& row : rows) {
    path = std::max(path, row.path.size());
    neuron = std::max(neuron, row.neuron.size());
    shape = std::max(shape, row.shape.size());
    parameters = std::max(parameters, row.parameters.size());
  }
  const auto left = [](std::string text, std::size_t width) { return text.append(width - text.size(), ' ') + "  "; };
  for (const Row& row : rows) {
    const std::string pad(parameters - row.parameters.size(), ' ');
    console().result(
        str(left(row.path, path), left(row.neuron, neuron), left(row.shape, shape), pad, row.parameters, '\n'));
  }
}

int summary(const Options& options) {
  if (options.model.empty()) throw UsageError("`summary` needs a model", "nsrun summary MODEL.ns");
  const neuro::Program program = load_program(options.model);
  const std::string neuron = options.which.neuron.empty() ? program.default_neuron() : options.which.neuron;
  const neuro::Model model = program.instantiate(neuron, parse_params(options.which.params));
  const std::vector<neuro::LayerInfo> layers = layers_of(model, options);

  std::vector<Row> rows{{"path", "neuron", "output", "parameters"}};
  for (const neuro::LayerInfo& layer : layers) {
    const std::string shape = shapes_text(layer.outputs);
    if (options.json) {
      neuro::json::Object object;
      object.add("path", layer.path).add("neuron", layer.neuron).add("output", shape);
      console().result(object.add("parameters", layer.parameters).text() + '\n');
    }
    const std::string path = layer.path.empty() ? "." : layer.path;
    rows.push_back({std::string(2 * static_cast<std::size_t>(layer.depth), ' ') + path, layer.neuron, shape,
                    layer.primitive ? str(layer.parameters) : ""});
  }
  if (!options.json) {
    rows.push_back({"total", "", "", str(model.parameter_count())});
    print_table(rows);
  }
  return kOk;
}

}  // namespace

void add_summary(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "summary", "Show a model's layers, their shapes and their parameters.",
                                  "nsrun summary examples/mnist/cnn.ns --batch 64\n"
                                  "nsrun summary model.ns --param dim=64 --input 1x3x224x224");
  command->add_option("model", options->model, "a .ns file")->option_text("MODEL");
  add_model_options(*command, options->which);
  command->add_option("--batch", options->batch, "the size of the batch in the shapes; 1 by default")->option_text("N");
  command->add_option("--input", options->inputs, "the shape of an input, such as 1x3x224x224; once for each port")
      ->option_text("SHAPE")
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([&action, options] { action = [options] { return summary(*options); }; });
}

}  // namespace nsrun
