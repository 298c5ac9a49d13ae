// nsrun list: the neurons of a file, or the built-in ones.
#include <algorithm>
#include <memory>

#include "cli.h"
#include "console.h"
#include "exit_code.h"
#include "model_options.h"
#include "neuro/elaborate.h"
#include "neuro/json.h"
#include "neuro/str.h"

namespace nsrun {
namespace {

using neuro::str;

struct Options {
  std::string file;
  bool json = false;
};

struct Line {
  std::string name, signature, ports, doc;
};

std::vector<Line> lines_of(const std::string& file) {
  std::vector<Line> lines;
  if (file.empty()) {
    for (const neuro::PrimitiveInfo& p : neuro::list_primitives()) {
      lines.push_back({p.name, p.signature, str(p.inputs, " -> ", p.outputs), p.brief});
    }
  } else {
    const neuro::Program program = load_program(file);
    for (const neuro::NeuronInfo& n : program.neurons()) {
      lines.push_back({n.name, n.signature, str(n.inputs, " -> ", n.outputs), n.doc});
    }
  }
  return lines;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

int list(const Options& options) {
  const std::vector<Line> lines = lines_of(options.file);
  std::size_t signatures = 0, ports = 0;
  for (const Line& line : lines) {
    signatures = std::max(signatures, line.signature.size());
    ports = std::max(ports, line.ports.size());
  }
  signatures = std::min<std::size_t>(signatures, 48);  // one long line does not push all others off the screen
  ports = std::min<std::size_t>(ports, 60);
  for (const Line& line : lines) {
    if (options.json) {
      neuro::json::Object object;
      object.add("name", line.name).add("signature", line.signature).add("ports", line.ports).add("doc", line.doc);
      console().result(object.text() + '\n');
      continue;
    }
    std::string text = str(padded(line.signature, signatures), "  ");
    text += line.doc.empty() ? line.ports : str(padded(line.ports, ports), "  ", line.doc);
    console().result(text + '\n');
  }
  return kOk;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "list", "List the neurons of a file, or the built-in ones, with their ports.",
                                  "nsrun list examples/mnist/cnn.ns\nnsrun list");
  command->add_option("file", options->file, "a .ns file; without it the built-in neurons")->option_text("[FILE]");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([&action, options] { action = [options] { return list(*options); }; });
}

}  // namespace nsrun
