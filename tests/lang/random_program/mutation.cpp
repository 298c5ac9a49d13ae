// Changes of one token: most of them break a program.
#include <algorithm>
#include <random>

#include "sketch.h"

namespace neuro::sketch {
namespace {

struct Change {
  Mutation mutation;
  std::function<void()> make;
};

/// The numbers and names that a value is made of.
void leaves(Expr& e, std::vector<Expr*>& found) {
  if (e.op == Op::number || e.op == Op::name || e.op == Op::global) found.push_back(&e);
  for (Expr& s : e.sub) leaves(s, found);
}

Expr one_more(const Expr& e) {
  if (e.op == Op::number) {
    Expr next = e;
    ++next.number;
    return next;
  }
  Expr one, sum;
  one.number = 1;
  sum.op = Op::add;
  sum.sub = {e, one};
  return sum;
}

class Changes {
 public:
  explicit Changes(Program& program, std::uint64_t seed) : random_(seed * 77'777 + 5) {
    Visitor v;
    v.neuron = [&](Neuron& n) { neuron(n, &n == &program.neurons.back()); };
    v.call = [&](Call& c, bool in_arm) { call(c, in_arm); };
    v.step = [&](Step& s, bool in_arm) { step(s, in_arm); };
    v.pipeline = [&](Pipeline& p, bool in_arm) { pipeline(p, in_arm); };
    v.expr = [&](Expr& e, int site, bool in_arm) { value(e, site, in_arm); };
    visit(program, v);
  }

  Mutation make() {
    // First the kind, then the place: otherwise numbers would be nearly all.
    std::set<std::string> kinds;
    for (const Change& c : all_) kinds.insert(c.mutation.what);
    auto kind = kinds.begin();
    std::advance(kind, static_cast<std::ptrdiff_t>(random_() % kinds.size()));
    std::vector<Change*> some;
    for (Change& c : all_) {
      if (c.mutation.what == *kind) some.push_back(&c);
    }
    Change& chosen = *some[random_() % some.size()];
    chosen.make();
    return chosen.mutation;
  }

 private:
  void add(const char* what, int site, bool loose, std::function<void()> make) {
    all_.push_back({{what, site, loose}, std::move(make)});
  }

  void neuron(Neuron& n, bool main) {
    for (std::vector<Port>* ports : {&n.inputs, &n.outputs}) {
      const bool input = ports == &n.inputs;
      for (Port& p : *ports) {
        if (p.shape.empty()) continue;
        Dim& last = p.shape.back();
        const bool param = std::any_of(n.params.begin(), n.params.end(), [&](const Param& q) {
          return last.kind == Dim::size && q.name == last.expr.name;
        });
        if (param && !main && n.impl.empty()) {
          add(input ? "a width of an input" : "a width of an output", 0, true,
              [&last] { last.expr = one_more(last.expr); });
        }
        if (!main || !input) {
          add(input ? "the rank of an input" : "the rank of an output", 0, true,
              [&p] { p.shape.erase(p.shape.begin()); });
        }
      }
    }
    if (!main && n.inputs.size() > 1) add("an input fewer", 0, false, [&n] { n.inputs.pop_back(); });
    if (!main && n.outputs.size() > 1) add("an output fewer", 0, false, [&n] { n.outputs.pop_back(); });
    if (!main && !n.params.empty()) add("a parameter fewer", 0, false, [&n] { n.params.pop_back(); });
    for (std::size_t i = 0; i < n.context.size(); ++i) {
      const int site = n.context[i].members[0].call.id;
      add("a binding fewer", site, false,
          [&n, i] { n.context.erase(n.context.begin() + static_cast<std::ptrdiff_t>(i)); });
      for (Binding& b : n.context[i].members) {
        if (n.context[i].unroll.empty()) add("the name of a binding", site, false, [&b] { b.name += "x"; });
      }
      if (!n.context[i].unroll.empty()) {
        ContextItem& item = n.context[i];
        if (item.members.size() > 1)
          add("a member fewer", site, false, [&item] { item.members.erase(item.members.begin()); });
        add("an unroll below zero", 0, false, [&item] { item.count.number = -1; });
        add("one iteration more", 0, false, [&item] { ++item.count.number; });
      }
    }
  }

  void call(Call& c, bool in_arm) {
    if (c.global) return add("the name of a global", c.id, in_arm, [&c] { c.callee += "x"; });
    add("the name of a callee", c.id, in_arm, [&c] { c.callee += "x"; });
    add("another callee", c.id, in_arm, [&c] { c.callee = c.callee == "Conv2d" ? "Linear" : "Conv2d"; });
    if (c.args.empty()) {
      add("an argument more", c.id, in_arm, [&c] {
        Arg more;
        more.value.number = 1'000'000;
        c.args.insert(c.args.end(), 4, more);
      });
    } else {
      add("an argument fewer", c.id, in_arm, [&c] { c.args.pop_back(); });
      if (c.args.size() > 1)
        add("arguments swapped", c.id, in_arm, [&c] { std::swap(c.args[0].value, c.args[1].value); });
      for (Arg& a : c.args) {
        if (!a.name.empty()) add("the name of an argument", c.id, in_arm, [&a] { a.name += "x"; });
      }
    }
    for (Arg& a : c.args) {
      if (a.value.op != Op::number && a.value.op != Op::name && a.value.op != Op::add && a.value.op != Op::mul)
        continue;
      add("an argument", c.id, in_arm, [&a] { a.value = one_more(a.value); });
    }
  }

  void value(Expr& e, int site, bool in_arm) {
    std::vector<Expr*> parts;
    leaves(e, parts);
    for (Expr* part : parts) {
      if (part->op == Op::number) {
        add("a number", site, in_arm, [part] { ++part->number; });
        add("zero", site, in_arm, [part] { part->number = 0; });
      } else {
        add("a name in a value", site, in_arm, [part] { part->name += "x"; });
      }
    }
  }

  void step(Step& s, bool in_arm) {
    for (std::size_t i = 0; i < s.refs.size(); ++i) {
      Ref& r = s.refs[i];
      if (r.name != "in" && r.name != "out") add("a name", s.id, in_arm, [&r] { r.name += "x"; });
      if (!r.port.empty()) {
        add("a port's name", s.id, in_arm, [&r] { r.port += "x"; });
        add("no port", s.id, in_arm, [&r] { r.port.clear(); });
      } else {
        add("a port", s.id, in_arm, [&r] { r.port = "nothing"; });
      }
    }
    if (s.kind == Step::tuple && s.refs.size() > 1) {
      add("a value fewer", s.id, in_arm, [&s] { s.refs.pop_back(); });
      add("a value more", s.id, in_arm, [&s] { s.refs.push_back(s.refs[0]); });
    }
    if (s.kind == Step::match) {
      add("patterns swapped", s.id, true, [&s] { std::swap(s.arms[0].in, s.arms[1].in); });
      add("the last pattern", s.id, true, [&s] { s.arms.pop_back(); });
    }
    if (s.kind == Step::contract) {
      add("contracts swapped", s.id, true, [&s] { std::swap(s.arms[0].in, s.arms[1].in); });
      add("the parameter of a contract", s.id, true, [&s] { s.module.callee += "x"; });
    }
    if (s.kind == Step::reshape) {
      add("an axis fewer", s.id, true, [&s] { s.target.erase(s.target.begin()); });
      add("an axis twice", s.id, true, [&s] { s.target.push_back(s.target.front()); });
      add("axes swapped", s.id, true, [&s] { std::swap(s.target.front(), s.target.back()); });
      for (Dim& d : s.target) {
        if (d.kind == Dim::size) add("a target", s.id, true, [&d] { d.expr = one_more(d.expr); });
      }
    }
  }

  void pipeline(Pipeline& p, bool in_arm) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (p[i].kind != Step::call || p.size() < 3) continue;
      // The step before it shows that the place was reached.
      add("a step fewer", i > 0 ? p[i - 1].id : p[i + 1].id, in_arm,
          [&p, i] { p.erase(p.begin() + static_cast<std::ptrdiff_t>(i)); });
    }
  }

  std::mt19937_64 random_;
  std::vector<Change> all_;
};

}  // namespace

Mutation mutate(Program& program, std::uint64_t seed) { return Changes(program, seed).make(); }

}  // namespace neuro::sketch
