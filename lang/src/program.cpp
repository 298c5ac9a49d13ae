#include "neuro/program.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "neuro/error.h"
#include "neuro/ns/parse.h"
#include "neuro/str.h"
#include "neuro/suggest.h"
#include "ns/lower.h"

namespace neuro {

struct Program::State {
  std::shared_ptr<SourceMap> sources = std::make_shared<SourceMap>();
  Diagnostics diags{sources};
  std::shared_ptr<const NeuronGraph> graph;
  std::vector<NeuronInfo> neurons;
};

namespace {

std::string ports_text(const std::vector<PortDecl>& ports) {
  if (ports.size() == 1 && ports[0].name == "default") return text_of(ports[0].shape);
  std::string out;
  for (const PortDecl& port : ports) {
    out += str(out.empty() ? "" : ", ", port.variadic ? "*" : "", port.name, ": ", text_of(port.shape));
  }
  return str("(", out, ")");
}

NeuronInfo info_of(const Neuron& neuron, const ns::Neuron& source) {
  NeuronInfo info;
  info.name = neuron.name;
  info.signature = neuron.name + "(";
  for (const ParamDecl& param : neuron.params) {
    if (info.signature.back() != '(') info.signature += ", ";
    info.signature += param.name;
    if (param.neuron) info.signature += ": Neuron";
    if (param.default_value) info.signature += str("=", text_of(*param.default_value));
  }
  info.signature += ")";
  info.inputs = ports_text(neuron.inputs);
  info.outputs = ports_text(neuron.outputs);
  if (source.doc) info.doc = source.doc->brief();
  info.primitive = source.impl.has_value();
  info.span = neuron.span;
  return info;
}

/// Letters and digits in lower case, without the digits in front: "01-xor_net" and "XorNet" are the same word.
std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalpha(u) || (std::isdigit(u) && !out.empty())) out += static_cast<char>(std::tolower(u));
  }
  return out;
}

}  // namespace

std::string read_source(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorCode::source, str("Failed to read ", path.string(), ": ", why));
  };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) fail("it is a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const std::string why = errno != 0 ? std::strerror(errno) : "it cannot be opened";
    const auto near = errno == ENOENT ? nearest_file(path) : std::nullopt;
    fail(why + (near ? str("; did you mean `", *near, "`?") : ""));
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) fail("reading it failed");
  return std::move(text).str();
}

Program Program::from_file(const std::filesystem::path& path) { return from_source(read_source(path), path.string()); }

Program Program::from_source(std::string text, std::string name) {
  auto state = std::make_shared<State>();
  const std::uint32_t index = state->sources->add(std::move(name), std::move(text));
  const ns::Program parsed = ns::parse(index, state->diags);
  auto graph = std::make_shared<NeuronGraph>();
  if (!state->diags.has_errors()) {
    *graph = ns::lower(parsed, state->diags);
    check(*graph, state->diags);
  }
  for (const Neuron& neuron : graph->neurons) {
    const auto source = std::find_if(parsed.neurons.begin(), parsed.neurons.end(),
                                     [&](const ns::Neuron& n) { return n.name.text == neuron.name; });
    if (source == parsed.neurons.end()) continue;  // made from a pipeline of another
    state->neurons.push_back(info_of(neuron, *source));
  }
  state->graph = std::move(graph);
  Program program;
  program.state_ = std::move(state);
  return program;
}

const Diagnostics& Program::diagnostics() const { return state_->diags; }
const std::vector<NeuronInfo>& Program::neurons() const { return state_->neurons; }
const std::string& Program::source() const { return (*state_->sources)[0].text; }
const std::string& Program::name() const { return (*state_->sources)[0].name; }

std::string Program::default_neuron() const {
  const std::string stem = folded(std::filesystem::path(name()).stem().string());
  std::set<std::string> used;
  for (const Neuron& neuron : state_->graph->neurons) {
    for (const ModuleDecl& module : neuron.modules) {
      if (module.callee != neuron.name) used.insert(module.callee);  // who contains itself is not used by another
      for (const ArgDecl& arg : module.args) {
        if (const auto* name = std::get_if<NameExpr>(&arg.value.node)) used.insert(name->name);
      }
    }
  }
  std::vector<std::string> roots;
  std::string all;
  for (const NeuronInfo& info : neurons()) {
    if (folded(info.name) == stem) return info.name;
    if (!used.count(info.name)) roots.push_back(info.name);
    all += str(all.empty() ? "" : ", ", info.name);
  }
  if (roots.size() == 1) return roots[0];
  if (neurons().empty()) throw Error(ErrorCode::source, str(name(), ": defines no neuron"));
  throw Error(ErrorCode::source, str(name(), ": which neuron is meant? Name one of: ", all));
}

Model Program::instantiate(std::string_view neuron, const Params& params, const InitOptions& init) const {
  Diagnostics diags = state_->diags;
  if (diags.has_errors()) throw Error(ErrorCode::source, std::move(diags));
  Model model = neuro::instantiate(state_->graph, std::string(neuron), params, init, diags);
  if (!model.defined()) throw Error(ErrorCode::source, std::move(diags));
  return model;
}

}  // namespace neuro
