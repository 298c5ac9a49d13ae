// What the cases leave out: every code and every construct of the grammar has a case, every code a recorded text.
// Fails with the name of what is missing.
#include <regex>
#include <set>

#include "case_file.h"
#include "neuro/diagnostic.h"
#include "neuro/explain.h"
#include "neuro/ns/parse.h"

namespace neuro {
namespace {

namespace fs = std::filesystem;

/// Codes of the header, in order.
std::vector<std::string> all_codes() {
  const std::string header = cases::read(fs::path(NEURO_SOURCE_DIR) / "core/include/neuro/codes.h");
  std::vector<std::string> codes;
  const std::regex code("= \"(NS\\d{4})\"");
  for (std::sregex_iterator i(header.begin(), header.end(), code), end; i != end; ++i) codes.push_back((*i)[1]);
  return codes;
}

TEST(Coverage, EveryCodeOfTheLanguageHasACase) {
  std::set<std::string> seen{
      "NS0103",  // tests of bytes: golden/diagnostics/not_text.ns
      "NS0114",  // golden/diagnostics/nested_brackets.ns
      "NS0115",  // 64 MiB: LargeSource.IsRefusedBeforeItIsRead
  };
  for (const std::string& name : cases::files()) {
    const cases::CaseFile file = cases::parse(cases::read(cases::directory() / name));
    for (const cases::Verdict& verdict : file.verdicts) seen.insert(verdict.code);
    for (const cases::Build& build : file.builds) {
      for (const cases::Claim& claim : build.claims) {
        if (claim.kind == "refused") seen.insert(claim.text.substr(0, 6));
      }
    }
  }
  for (const std::string& code : all_codes()) {
    EXPECT_TRUE(code > "NS05" || seen.contains(code)) << "no file of tests/cases expects " << code;
  }
}

TEST(Coverage, EveryCodeHasARecordedText) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(NEURO_TEST_DIR) / "golden")) {
    if (entry.path().extension() == ".txt") all += cases::read(entry.path());
  }
  const std::set<std::string> unrecorded{
      "NS0115",  // its source has 64 MiB
      "NS0511",  // raised by functions of C++ programs: CsvLoader's tests
  };
  for (const std::string& code : all_codes()) {
    const bool recorded = all.find("[" + code + "]") != std::string::npos;
    EXPECT_TRUE(recorded || unrecorded.contains(code)) << "no text of " << code;
  }
}

/// Walks trees and notes what they are made of. Each alternative of the AST's variants has its overload here, so that a
/// new one does not compile without a name.
class Constructs {
 public:
  std::set<std::string> seen;

  void program(const ns::Program& p) {
    for (const auto& use : p.uses) note("use", use.path.package.text != "core" ? "use of a package" : nullptr);
    for (const auto& global : p.globals) {
      note(std::holds_alternative<ns::CallValue>(global.value.node) ? "@global module" : "@global value");
      value(global.value);
    }
    for (const auto& n : p.neurons) neuron(n);
  }

 private:
  void note(const char* what, const char* more = nullptr) {
    seen.insert(what);
    if (more) seen.insert(more);
  }

  void neuron(const ns::Neuron& n) {
    if (n.doc) note("doc block");
    if (n.params.empty()) note("neuron without parameters");
    for (const auto& p : n.params) {
      note(p.default_value ? "parameter with a default" : "parameter");
      if (p.type) note(p.type->text == "Neuron" ? "parameter: Neuron" : "parameter with a type");
      if (p.default_value) value(*p.default_value);
    }
    for (const auto& p : n.inputs) {
      note(p.variadic ? "variadic input" : p.named ? "named input" : "input");
      shape(p.shape);
    }
    for (const auto& p : n.outputs) {
      note(p.named ? "named output" : "output");
      shape(p.shape);
    }
    if (n.impl) note(n.impl->path ? "impl: path" : "impl: external");
    for (const auto& item : n.context) std::visit([this](const auto& i) { context(i); }, item);
    for (const auto& connection : n.graph) pipeline(connection);
  }

  void context(const ns::Binding& b) {
    switch (b.kind) {
      case ns::BindingKind::eager: note("binding"); break;
      case ns::BindingKind::lazy: note("@lazy binding"); break;
      case ns::BindingKind::shared: note("@static binding"); break;
      case ns::BindingKind::global: note("@global in context"); break;
    }
    module(b.module, "binding");
  }
  void context(const ns::Unroll& u) {
    note("unroll", u.members.size() > 1 ? "unroll of several members" : nullptr);
    value(u.count);
    for (const auto& member : u.members) context(member);
  }

  void module(const ns::ModuleExpr& m, const std::string& where) {
    if (m.frozen) note(where == "binding" ? "Freeze in a binding" : "Freeze in a graph");
    if (m.global) note(where == "binding" ? "@global as a binding" : "@global as a step");
    call(m.call);
  }
  void call(const ns::Call& c) {
    note(c.parentheses ? "call" : "bare word as a module");
    for (const auto& a : c.arguments) argument(a);
  }
  void argument(const ns::Argument& a) {
    note(a.name ? "keyword argument" : "positional argument");
    value(*a.value);
  }

  void value(const ns::Value& v) {
    std::visit([this](const auto& node) { of(node); }, v.node);
  }
  void of(const ns::IntValue&) { note("integer"); }
  void of(const ns::FloatValue&) { note("float"); }
  void of(const ns::StringValue&) { note("string"); }
  void of(const ns::BoolValue&) { note("bool"); }
  void of(const ns::ListValue& list) {
    note("list");
    for (const auto& item : list.items) value(item);
  }
  void of(const ns::NameValue&) { note("name as a value"); }
  void of(const ns::GlobalValue&) { note("@global as a value"); }
  void of(const ns::IndexValue&) { note("@index"); }
  void of(const ns::CallValue& c) {
    note("call as a value");
    call(c.call);
  }
  void of(const ns::BinaryValue& b) {
    static const char* const names[] = {"value +", "value -", "value *",  "value /",  "value ==",  "value !=",
                                        "value <", "value >", "value <=", "value >=", "value and", "value or"};
    note(names[static_cast<int>(b.op)]);
    value(*b.left);
    value(*b.right);
  }
  void of(const ns::UnaryValue& u) {
    note(u.op == ns::UnaryOp::negate ? "minus" : "not");
    value(*u.operand);
  }

  void shape(const ns::Shape& s) {
    if (s.dims.empty()) note("shape without sizes");
    for (const auto& d : s.dims) dim(d);
  }
  void dim(const ns::Dim& d) {
    std::visit([this](const auto& node) { of(node); }, d.node);
  }
  void of(const ns::LiteralDim&) { note("size: number"); }
  void of(const ns::NameDim&) { note("size: name"); }
  void of(const ns::WildcardDim&) { note("size: *"); }
  void of(const ns::AnonymousDim&) { note("size: _"); }
  void of(const ns::VariadicDim&) { note("size: *name"); }
  void of(const ns::GlobalDim&) { note("size: @global"); }
  void of(const ns::BinaryDim& b) {
    static const char* const names[] = {"size +", "size -", "size *", "size /"};
    note(names[static_cast<int>(b.op)]);
    dim(*b.left);
    dim(*b.right);
  }

  void pipeline(const ns::Pipeline& p) {
    for (const auto& step : p.steps) std::visit([this](const auto& node) { of(node); }, step.node);
  }
  void of(const ns::Reference& r) { note(r.port ? "reference with a port" : "reference"); }
  void of(const ns::Tuple&) { note("tuple"); }
  void of(const ns::ModuleExpr& m) { module(m, "graph"); }
  void of(const ns::ShapeMatch& m) {
    note("match");
    for (const auto& arm : m.arms) {
      note(arm.guard ? "arm with a guard" : "arm");
      shape(arm.pattern);
      if (arm.guard) value(*arm.guard);
      nested("match", arm.body);
    }
  }
  void of(const ns::ContractMatch& m) {
    note("match(p)");
    for (const auto& arm : m.arms) {
      note(arm.guard ? "arm of a contract with a guard" : "arm of a contract",
           arm.in.name || arm.out.name ? "named port of a contract" : nullptr);
      pipeline(arm.body);
    }
  }
  void of(const ns::Conditional& c) {
    note("if", c.branches.size() > 1 ? "elif" : nullptr);
    note(c.otherwise ? "else" : "if without else");
    for (const auto& branch : c.branches) {
      value(branch.condition);
      nested("if", branch.body);
    }
    if (c.otherwise) nested("if", *c.otherwise);
  }
  /// The body of an arm or a branch, which may hold another choice.
  void nested(const std::string& around, const ns::Pipeline& body) {
    for (const auto& step : body.steps) {
      if (std::holds_alternative<ns::ShapeMatch>(step.node)) seen.insert("match in a " + around);
      if (std::holds_alternative<ns::Conditional>(step.node)) seen.insert("if in a " + around);
    }
    pipeline(body);
  }
  void of(const ns::Wrap& w) {
    const auto* body = std::get_if<ns::Pipeline>(&w.body);
    note(body ? "@wrap around a pipeline" : "@wrap around a binding");
    for (const auto& a : w.arguments) argument(a);
    if (body) pipeline(*body);
  }
  void of(const ns::Reshape& r) {
    if (!r.transform) {
      note("=>");
    } else {
      note(r.transform->kind == ns::TransformKind::reduce ? "=> @reduce" : "=> @repeat",
           r.transform->strategy.parentheses ? "=> with a neuron as strategy" : nullptr);
      call(r.transform->strategy);
    }
    for (const auto& target : r.target) {
      note(target.others ? "others" : target.name ? "name = size in a target" : "size in a target");
      if (target.size) dim(*target.size);
    }
  }
};

TEST(Coverage, EveryConstructHasACaseThatIsAccepted) {
  Constructs constructs;
  for (const std::string& name : cases::files()) {
    const std::string text = cases::read(cases::directory() / name);
    const cases::CaseFile file = cases::parse(text);
    const bool refused = std::any_of(file.verdicts.begin(), file.verdicts.end(),
                                     [](const cases::Verdict& v) { return v.severity == "error"; });
    Diagnostics diagnostics;
    if (!refused) constructs.program(ns::parse(diagnostics.sources().add(name, text), diagnostics));
  }
  for (const char* construct : {
           "use",
           "use of a package",
           "@global value",
           "@global module",
           "doc block",  //
           "neuron without parameters",
           "parameter",
           "parameter with a default",
           "parameter: Neuron",  //
           "parameter with a type",
           "input",
           "named input",
           "variadic input",
           "output",
           "named output",  //
           "impl: path",
           "binding",
           "@lazy binding",
           "@static binding",
           "@global as a binding",  //
           "@global as a step",
           "Freeze in a binding",
           "Freeze in a graph",
           "unroll",  //
           "unroll of several members",
           "call",
           "bare word as a module",
           "keyword argument",  //
           "positional argument",
           "integer",
           "float",
           "string",
           "bool",
           "list",
           "name as a value",  //
           "@global as a value",
           "@index",
           "call as a value",
           "value +",
           "value -",
           "value *",
           "value /",  //
           "value ==",
           "value !=",
           "value <",
           "value >",
           "value <=",
           "value >=",
           "value and",
           "value or",  //
           "minus",
           "not",
           "size: number",
           "size: name",
           "size: *",
           "size: _",
           "size: *name",  //
           "size: @global",
           "size +",
           "size -",
           "size *",
           "size /",
           "reference",
           "reference with a port",  //
           "tuple",
           "match",
           "arm",
           "arm with a guard",
           "match(p)",
           "arm of a contract",  //
           "arm of a contract with a guard",
           "named port of a contract",
           "if",
           "elif",
           "else",  //
           "if without else",
           "match in a match",
           "match in a if",
           "if in a match",
           "if in a if",  //
           "@wrap around a binding",
           "@wrap around a pipeline",  //
       }) {
    EXPECT_TRUE(constructs.seen.contains(construct)) << "no accepted file of tests/cases has: " << construct;
  }
}

}  // namespace
}  // namespace neuro
