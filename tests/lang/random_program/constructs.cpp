// What a program consists of, and which constructs of the language it uses.
#include "primitives.h"
#include "sketch.h"

namespace neuro::sketch {
namespace {

class Walk {
 public:
  explicit Walk(const Visitor& visitor) : v_(visitor) {}

  void program(Program& p) {
    for (Global& g : p.globals) expr(g.value, 0, false);
    for (Neuron& n : p.neurons) {
      if (v_.neuron) v_.neuron(n);
      for (ContextItem& item : n.context) {
        if (!item.unroll.empty()) expr(item.count, 0, false);
        for (Binding& b : item.members) call(b.call, false);
      }
      for (Pipeline& p2 : n.graph) pipeline(p2, false);
    }
  }

 private:
  void pipeline(Pipeline& p, bool in_arm) {
    if (v_.pipeline) v_.pipeline(p, in_arm);
    for (Step& s : p) step(s, in_arm);
  }

  void step(Step& s, bool in_arm) {
    if (v_.step) v_.step(s, in_arm);
    if (s.kind == Step::call || s.kind == Step::wrap) call(s.module, in_arm);
    for (Arm& a : s.arms) {
      if (a.condition) expr(*a.condition, s.id, true);
      pipeline(a.body, true);
    }
    if (!s.body.empty()) pipeline(s.body, in_arm);
  }

  void call(Call& c, bool in_arm) {
    if (v_.call) v_.call(c, in_arm);
    for (Arg& a : c.args) expr(a.value, c.id, in_arm);
  }

  void expr(Expr& e, int site, bool in_arm) {
    if (v_.expr) v_.expr(e, site, in_arm);
    if (e.op == Op::call) call(*e.call, in_arm);
  }

  const Visitor& v_;
};

bool contains(const Expr& e, Op op) {
  if (e.op == op) return true;
  for (const Expr& s : e.sub) {
    if (contains(s, op)) return true;
  }
  return false;
}

}  // namespace

void visit(Program& program, const Visitor& visitor) { Walk(visitor).program(program); }

Program copy_of(const Program& program) {
  Program copy = program;
  const auto own = [](Expr& e, int, bool) {
    if (e.op == Op::call) e.call = std::make_shared<Call>(*e.call);
  };
  Visitor visitor;
  visitor.expr = own;
  visit(copy, visitor);
  return copy;
}

const std::vector<std::string>& all_constructs() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names{
        "composite",
        "default",
        "keyword argument",
        "arithmetic",
        "tuple",
        "port access",
        "several inputs",
        "several outputs",
        "variadic input",
        "binding",
        "lazy",
        "static",
        "global value",
        "global module",
        "Freeze",
        "unroll",
        "unroll of several",
        "@index",
        "if",
        "elif",
        "else",
        "logic",
        "if without else",
        "match",
        "guard",
        "literal pattern",
        "capture",
        "contract match",
        "recursion",
        "neuron parameter",
        "neuron argument",
        "wrap",
        "wrap of steps",
        "impl",
        "implicit output",
        "run of axes",
    };
    if (kRearrangements) {
      for (const char* name : {"reshape", "split", "product target", "others", "reduce", "repeat"})
        names.push_back(name);
    }
    for (const auto& [name, signature] : signatures()) names.push_back(name);
    return names;
  }();
  return all;
}

std::set<std::string> constructs_of(const Program& program) {
  Program copy = copy_of(program);
  std::set<std::string> found;
  const auto on = [&](bool used, const char* what) {
    if (used) found.insert(what);
  };
  on(program.neurons.size() > 1, "composite");
  std::string enclosing;
  Visitor v;
  v.neuron = [&](Neuron& n) {
    enclosing = n.name;
    on(n.inputs.size() > 1, "several inputs");
    on(n.outputs.size() > 1, "several outputs");
    on(n.outputs.empty(), "implicit output");
    on(!n.impl.empty(), "impl");
    for (const Param& p : n.params) {
      on(p.value.has_value(), "default");
      on(p.neuron, "neuron parameter");
    }
    for (const Port& p : n.inputs) {
      on(p.variadic, "variadic input");
      for (const Dim& d : p.shape) on(d.kind == Dim::rest || d.kind == Dim::lead, "run of axes");
    }
    for (const ContextItem& item : n.context) {
      on(!item.unroll.empty(), "unroll");
      on(item.members.size() > 1, "unroll of several");
      on(item.unroll.empty() && item.members[0].kind.empty(), "binding");
      for (const Binding& b : item.members) {
        on(b.kind == "lazy", "lazy");
        on(b.kind == "static", "static");
      }
    }
  };
  v.call = [&](Call& c, bool) {
    on(c.freeze, "Freeze");
    on(c.global, "global module");
    on(c.callee == enclosing, "recursion");
    if (signatures().count(c.callee) > 0) found.insert(c.callee);
    for (const Arg& a : c.args) on(!a.name.empty(), "keyword argument");
  };
  v.expr = [&](Expr& e, int, bool) {
    on(contains(e, Op::add) || contains(e, Op::sub) || contains(e, Op::mul) || contains(e, Op::div), "arithmetic");
    on(contains(e, Op::global), "global value");
    on(contains(e, Op::index), "@index");
    on(contains(e, Op::both) || contains(e, Op::either), "logic");
    on(e.op == Op::call, "neuron argument");
  };
  v.step = [&](Step& s, bool) {
    on(s.kind == Step::tuple, "tuple");
    for (const Ref& r : s.refs) on(!r.port.empty(), "port access");
    on(s.kind == Step::wrap && s.body.empty(), "wrap");
    on(s.kind == Step::wrap && !s.body.empty(), "wrap of steps");
    on(s.kind == Step::contract, "contract match");
    if (s.kind == Step::branch) {
      found.insert("if");
      const bool otherwise = !s.arms.back().condition;
      on(otherwise, "else");
      on(!otherwise, "if without else");
      on(s.arms.size() > (otherwise ? 2u : 1u), "elif");
    }
    if (s.kind == Step::match) {
      found.insert("match");
      for (const Arm& a : s.arms) {
        on(a.condition.has_value(), "guard");
        for (const Dim& d : a.in) {
          on(d.kind == Dim::size && d.expr.op == Op::number, "literal pattern");
          on(d.kind == Dim::size && d.expr.op == Op::name, "capture");
        }
      }
    }
    if (s.kind == Step::reshape) {
      on(s.annotation.empty(), "reshape");
      on(!s.annotation.empty() && s.annotation[2] == 'd', "reduce");
      on(!s.annotation.empty() && s.annotation[2] == 'p', "repeat");
      for (const Dim& d : s.target) {
        on(d.kind == Dim::bind, "split");
        on(d.kind == Dim::others, "others");
        on(d.kind == Dim::size && d.expr.op == Op::mul, "product target");
      }
    }
  };
  visit(copy, v);
  return found;
}

}  // namespace neuro::sketch
