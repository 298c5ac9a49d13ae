// From a config to everything that a training run needs, checked against each other.
#include <algorithm>

#include "neuro/codes.h"
#include "neuro/kernels/table.h"
#include "neuro/ops.h"
#include "neuro/parallel.h"
#include "neuro/str.h"
#include "neuro/suggest.h"
#include "prepare.h"

namespace neuro {
namespace {

/// Whether a batch of rows of this shape fits a port: sizes that are known must be equal, `*` takes any number of axes.
bool fits(const Port& port, const Shape& row) {
  const auto rank = static_cast<std::size_t>(row.rank()) + 1;
  const auto size_at = [&](std::size_t axis) { return axis == 0 ? std::int64_t{-1} : row[static_cast<int>(axis) - 1]; };
  const auto variadic =
      std::find_if(port.shape.begin(), port.shape.end(), [](const PortDim& d) { return d.variadic(); });
  const auto before = static_cast<std::size_t>(variadic - port.shape.begin());
  const std::size_t after = variadic == port.shape.end() ? 0 : port.shape.size() - before - 1;
  if (variadic == port.shape.end() ? rank != before : rank < before + after) return false;
  const auto same = [&](const PortDim& dim, std::size_t axis) {
    return !dim.size || axis == 0 || *dim.size == size_at(axis);
  };
  for (std::size_t i = 0; i < before; ++i) {
    if (!same(port.shape[i], i)) return false;
  }
  for (std::size_t i = 0; i < after; ++i) {
    if (!same(port.shape[port.shape.size() - 1 - i], rank - 1 - i)) return false;
  }
  return true;
}

void check_inputs(const Model& model, const DataLoader& data, Diagnostics& diags) {
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const Column& column = data.columns()[i];
    const Port& port = model.inputs()[i];
    if (fits(port, column.row)) continue;
    const std::string takes = str("the model takes ", port.text(), ", a row gives ", column.row);
    Diagnostic& d = diags.error(codes::kInputShape, str("`", column.name, "` does not fit the model's input"));
    d.primary(data.quote_row(diags.sources(), 0), takes)
        .note("the first axis of the port is the batch: a row has the others");
  }
}

std::string place_of(const Program& program, const std::string& neuron) {
  for (const NeuronInfo& info : program.neurons()) {
    if (info.name != neuron) continue;
    const SourceMap& sources = program.diagnostics().sources();
    return str(program.name(), ":", sources.line_column(info.span).line);
  }
  return program.name();
}

/// Where the config gives a key; an unknown span when the command line does.
Span place_of_key(const TrainConfig& config, const std::string& key, SourceMap& sources) {
  const auto found = config.places.find(key);
  if (found == config.places.end()) return {};
  const std::uint32_t source = sources.add(config.path.string(), config.text);
  return {source, found->second.first, found->second.first + found->second.second};
}

/// The neuron that the config names, or the file's main one.
std::string neuron_of(const Program& program, const TrainConfig& config) {
  const std::string& name = config.model.neuron;
  if (name.empty()) return program.default_neuron();
  std::vector<std::string> known;
  for (const NeuronInfo& info : program.neurons()) known.push_back(info.name);
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  Diagnostics diags;
  const Span at = place_of_key(config, "model.neuron", diags.sources());
  Diagnostic& d = diags.error(codes::kMissingNeuron, str("there is no neuron `", name, "` in ", program.name()));
  if (at.known()) d.primary(at, "not found");
  std::string all;
  for (const std::string& neuron : known) all += str(all.empty() ? "" : ", ", neuron);
  if (const auto near = nearest(name, std::span<const std::string>(known))) {
    d.help(str("did you mean `", *near, "`?"));
  }
  d.note(all.empty() ? std::string("it defines no neuron") : str("it defines: ", all));
  throw Error(ErrorCode::config, std::move(diags));
}

/// A model with the config's parameters. What is wrong with those is shown in the config too.
Model instantiate(const Program& program, const std::string& neuron, const TrainConfig& config) {
  try {
    return program.instantiate(neuron, config.model.params, {config.training.seed});
  } catch (const Error& error) {
    if (config.model.params.empty() || error.diagnostics().empty()) throw;
    Diagnostics diags(error.diagnostics().shared_sources());
    const Span at = place_of_key(config, "model.params", diags.sources());
    for (Diagnostic d : error.diagnostics().items()) {
      if (at.known() && d.severity == Severity::error) d.secondary(at, "these parameters");
      diags.add(std::move(d));
    }
    throw Error(error.code(), std::move(diags));
  }
}

}  // namespace

std::unique_ptr<Loss> choose_loss(const Model& model, const TrainConfig& config, const DataLoader& train,
                                  const DataLoader* val, const Contracts& contracts, RunInfo& info) {
  Diagnostics diags;
  if (model.outputs().size() != 1) {
    diags.error(codes::kLossNotInferred,
                str("the model has ", model.outputs().size(), " outputs; a loss compares one with the target"));
    throw Error(ErrorCode::data, std::move(diags));
  }
  for (const DataLoader* data : {&train, val}) {
    if (data) check_inputs(model, *data, diags);
  }
  if (diags.has_errors()) throw Error(ErrorCode::data, std::move(diags));

  // What the model makes of the first batch, recorded and never computed. No other number of rows: a model may build
  // parts for the sizes that it sees.
  const NoGrad no_grad;
  const std::int64_t rows = train.upcoming() > 0 ? train.upcoming() : 2;
  LossEvidence evidence;
  std::vector<Var> inputs;
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const Column& column = train.columns()[i];
    inputs.push_back(placeholder(column.row.inserted(0, rows), column.dtype));
    evidence.inputs.push_back(column.row);
  }
  ForwardContext context;
  const Var output = model.record(inputs, context).front();
  if (output.rank() == 0 || output.shape()[0] != rows) {
    throw Error(ErrorCode::shape,
                str("training: the output ", output.shape(), " of a batch of ", rows, " has no batch axis in front"));
  }
  evidence.output = output.shape().without(0);
  evidence.output_text = model.outputs().front().text();
  evidence.ending = ending_of(output);
  evidence.target = train.columns().back();

  LossChoice choice{config.training.loss, "config", "", {}};
  if (config.training.loss == "auto") {
    auto inferred = infer_loss(evidence, train, diags);
    if (!inferred) throw Error(ErrorCode::data, std::move(diags));
    choice = std::move(*inferred);
  }
  auto loss = contracts.losses.create(choice.loss);
  for (const DataLoader* data : {&train, val}) {
    if (data) loss->check(evidence.output, data->columns().back(), *data, diags);
  }
  if (diags.has_errors()) throw Error(ErrorCode::data, std::move(diags));
  info.loss = choice.loss;
  info.rule = choice.rule;
  info.reason = choice.reason;
  info.notes.insert(info.notes.end(), choice.notes.begin(), choice.notes.end());
  return loss;
}

void describe(RunInfo& info, const Model& model, const TrainConfig& config, const DataLoader& train,
              const DataLoader* val) {
  info.neuron = model.neuron();
  info.parameters = model.parameter_count();
  const auto texts = [](const std::vector<Port>& ports) {
    std::string out;
    for (const Port& port : ports) out += str(out.empty() ? "" : ", ", port.text());
    return out;
  };
  info.inputs = texts(model.inputs());
  info.outputs = texts(model.outputs());
  info.train_rows = train.size();
  info.val_rows = val ? val->size() : 0;
  info.optimizer = config.training.optimizer;
  info.lr = config.training.lr;
  info.batch_size = config.training.batch_size;
  info.steps_per_epoch = static_cast<std::int64_t>(train.batches());
  info.epochs = config.training.epochs;
  info.total_steps = info.steps_per_epoch * info.epochs;
  if (config.training.max_steps) info.total_steps = std::min(info.total_steps, *config.training.max_steps);
  info.seed = config.training.seed;
  info.threads = thread_count();
  info.isa = kernels::table().name;
}

Prepared prepare(TrainConfig config, const Contracts& contracts) {
  Program program = Program::from_file(config.model.file);
  Prepared out{std::move(config), std::move(program), {}, nullptr, nullptr, nullptr, {}};
  const TrainConfig& c = out.config;
  if (!out.program.ok()) throw Error(ErrorCode::source, out.program.diagnostics());
  const std::string neuron = neuron_of(out.program, c);
  out.model = instantiate(out.program, neuron, c);

  std::vector<std::string> ports;
  for (const Port& port : out.model.inputs()) ports.push_back(port.name);
  LoaderOptions options;
  options.fields = fields_of(c.data, ports);
  options.batch_size = c.training.batch_size;
  options.shuffle = c.data.shuffle;
  options.drop_last = c.data.drop_last;
  options.seed = c.training.seed;
  const auto open = [&](const std::filesystem::path& path) {
    return contracts.loaders.create(c.data.format == "auto" ? loader_for(path) : c.data.format, path, options);
  };
  out.train = open(c.data.train);
  if (c.data.val) {
    options.shuffle = options.drop_last = false;
    out.val = open(*c.data.val);
  }
  describe(out.info, out.model, c, *out.train, out.val.get());
  out.info.source_place = place_of(out.program, neuron);
  out.info.train_path = c.data.train.string();
  out.info.val_path = c.data.val ? c.data.val->string() : "";
  out.loss = choose_loss(out.model, c, *out.train, out.val.get(), contracts, out.info);
  return out;
}

}  // namespace neuro
