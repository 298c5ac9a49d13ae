// nsrun parse: what a source says, before anything is resolved.
#include "neuro/ns/parse.h"

#include <algorithm>
#include <memory>

#include "cli.h"
#include "console.h"
#include "exit_code.h"
#include "neuro/error.h"
#include "neuro/ns/tree.h"
#include "neuro/str.h"
#include "source_files.h"

namespace nsrun {
namespace {

using neuro::str;

struct Options {
  std::string file;
  bool json = false, tree = false;
};

/// A shape as written, on one line.
std::string shape_text(const neuro::ns::Shape& shape, const neuro::SourceMap& sources) {
  std::string out;
  bool space = false;
  for (const char c : sources.text(shape.span)) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = true;
      continue;
    }
    if (space && out.back() != '[' && c != ']') out += ' ';
    space = false;
    out += c;
  }
  return out;
}

std::string ports_text(const std::vector<neuro::ns::Port>& ports, const neuro::SourceMap& sources) {
  if (ports.size() == 1 && !ports[0].named) return shape_text(ports[0].shape, sources);
  std::string out;
  for (const neuro::ns::Port& port : ports) {
    out +=
        str(out.empty() ? "" : ", ", port.variadic ? "*" : "", port.name.text, ": ", shape_text(port.shape, sources));
  }
  return str('(', out, ')');
}

std::string kind_text(const neuro::ns::Neuron& neuron) {
  if (neuron.impl) return "primitive";
  return neuron.graph_keyword.known() ? "composite" : "empty";
}

std::string listing(const neuro::ns::Program& program, const neuro::SourceMap& sources) {
  std::size_t width = 0;
  for (const auto& neuron : program.neurons) width = std::max(width, neuron.name.text.size());
  std::string out;
  for (const neuro::ns::Neuron& neuron : program.neurons) {
    std::string name = neuron.name.text;
    name.resize(width, ' ');
    std::string kind = kind_text(neuron);
    kind.resize(9, ' ');
    out += str(name, "  ", kind, "  ", ports_text(neuron.inputs, sources), " -> ", ports_text(neuron.outputs, sources),
               '\n');
  }
  return out;
}

int parse(const Options& options) {
  if (options.file.empty()) throw UsageError("`parse` needs a file", "nsrun parse FILE");
  if (options.json && options.tree) throw UsageError("--json and --tree contradict each other");
  neuro::Diagnostics diagnostics;
  neuro::SourceMap& sources = diagnostics.sources();
  const std::uint32_t source =
      sources.add(options.file == "-" ? "<stdin>" : options.file, read_source_or_stdin(options.file));
  const neuro::ns::Program program = neuro::ns::parse(source, diagnostics);
  if (diagnostics.has_errors()) throw neuro::Error(neuro::ErrorCode::source, std::move(diagnostics));
  console().show(diagnostics);
  console().result(options.json   ? neuro::ns::tree_json(program, sources)
                   : options.tree ? neuro::ns::tree_text(program, sources)
                                  : listing(program, sources));
  return kOk;
}

}  // namespace

void add_parse(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "parse", "Read a source without resolving anything: its neurons, or its tree.",
                                  "nsrun parse model.ns\nnsrun parse --json model.ns");
  command->add_option("file", options->file, "a .ns file, or - for stdin")->option_text("FILE");
  command->add_flag("--tree", options->tree, "the whole tree as indented text, with places");
  command->add_flag("--json", options->json, "the whole tree as JSON, with places");
  command->callback([&action, options] { action = [options] { return parse(*options); }; });
}

}  // namespace nsrun
