// Draws programs whose every value has a shape that is known from how it was made.
#include <algorithm>
#include <functional>
#include <random>

#include "sketch.h"

namespace neuro::sketch {
namespace {

/// One axis as the neuron that holds the value sees it.
struct Axis {
  Expr size;          ///< in names of this neuron
  bool known = true;  ///< whether it can be written down at all
  bool rigid = true;  ///< made of parameters and literals
  std::int64_t most = 1;
  std::string run;  ///< not empty: any number of axes, "lead"
};
using Axes = std::vector<Axis>;

Expr number(std::int64_t n) {
  Expr e;
  e.number = n;
  return e;
}
Expr flag(bool on) {
  Expr e = number(on ? 1 : 0);
  e.op = Op::flag;
  return e;
}
Expr real(double v) {
  Expr e;
  e.op = Op::real;
  e.real = v;
  return e;
}
Expr name(const std::string& n, Op op = Op::name) {
  Expr e;
  e.op = op;
  e.name = n;
  return e;
}
Expr binary(Op op, Expr a, Expr b) {
  Expr e;
  e.op = op;
  e.sub = {std::move(a), std::move(b)};
  return e;
}
Expr built(Call call) {
  Expr e;
  e.op = Op::call;
  e.call = std::make_shared<Call>(std::move(call));
  return e;
}

Axis literal(std::int64_t n) { return {number(n), true, true, n, ""}; }
Axis free_axis(const std::string& n, std::int64_t most) { return {name(n), true, false, most, ""}; }
Axis param_axis(const std::string& n, std::int64_t most) { return {name(n), true, true, most, ""}; }
Axis run_axis(const std::string& n) {
  Axis a;
  a.known = a.rigid = false;
  a.most = 6;
  a.run = n;
  return a;
}
Axis combined(Op op, const Axis& a, const Axis& b) {
  Axis out;
  out.known = a.known && b.known;
  out.rigid = a.rigid && b.rigid;
  out.most = op == Op::add ? a.most + b.most : op == Op::mul ? a.most * b.most : a.most;
  if (out.known) out.size = binary(op, a.size, b.size);
  return out;
}
bool plain(const Axis& a) { return a.run.empty() && a.known && a.size.op == Op::name; }

Dim size_dim(const Expr& e) {
  Dim d;
  d.expr = e;
  return d;
}
Dim kind_dim(Dim::Kind kind, const std::string& n = {}) {
  Dim d;
  d.kind = kind;
  d.name = n;
  return d;
}
Dim dim_of(const Axis& a) {
  if (!a.run.empty()) return a.run == "*" ? kind_dim(Dim::lead) : kind_dim(Dim::rest, a.run);
  return a.known ? size_dim(a.size) : kind_dim(Dim::any);
}
Shape shape_of(const Axes& axes) {
  Shape shape;
  for (const Axis& a : axes) shape.push_back(dim_of(a));
  return shape;
}

/// The neuron that is being written, and the value that its last pipeline holds.
struct Body {
  Neuron neuron;
  std::vector<Axis> widths;           ///< parameters that may size layers
  std::vector<std::string> switches;  ///< parameters that are true or false
  std::vector<Axis> sizes;            ///< free names of the ports
  Axes here;
  bool main = false;
};

class Drawer {
 public:
  explicit Drawer(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15u + 1), wish_(seed) {}

  Program draw() {
    Body body = main_body();
    const std::size_t steps = 5 + pick(6);
    // One step of every program walks through all kinds, so that none is left to luck.
    any_step(body, wish_);
    for (std::size_t i = 0; i < steps; ++i) any_step(body, random_());
    finish(body);
    program_.neurons.push_back(std::move(body.neuron));
    return std::move(program_);
  }

 private:
  using Kind = bool (Drawer::*)(Body&);

  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  bool chance(std::uint64_t n) { return pick(n) == 0; }
  std::int64_t small() { return static_cast<std::int64_t>(2 + pick(6)); }
  std::string fresh(const char* stem) { return stem + std::to_string(++names_); }
  int id() { return ++ids_; }

  // --- Pieces ---

  Arg arg(Expr e, std::string n = {}) { return {std::move(n), std::move(e)}; }
  Call call(const std::string& callee, std::vector<Arg> args = {}) {
    Call c;
    c.callee = callee;
    c.args = std::move(args);
    c.id = id();
    return c;
  }
  Step step(Step::Kind kind) {
    Step s;
    s.kind = kind;
    s.id = id();
    return s;
  }
  Step run(Call c) {
    Step s = step(Step::call);
    s.module = std::move(c);
    return s;
  }
  Step ref(const std::string& n, const std::string& port = {}) {
    Step s = step(Step::ref);
    s.refs = {{n, port}};
    return s;
  }
  Step tuple(std::vector<Ref> refs) {
    Step s = step(Step::tuple);
    s.refs = std::move(refs);
    return s;
  }

  void add(Body& b, Step s) { b.neuron.graph.back().push_back(std::move(s)); }
  void start(Body& b, Step s) { b.neuron.graph.push_back({std::move(s)}); }

  /// Ends the pipeline in names that all stand for its value.
  std::vector<std::string> spread(Body& b, std::size_t n) {
    std::vector<std::string> all;
    std::vector<Ref> refs;
    for (std::size_t i = 0; i < n; ++i) {
      all.push_back(fresh("v"));
      refs.push_back({all.back(), ""});
    }
    add(b, n == 1 ? ref(all[0]) : tuple(refs));
    return all;
  }

  static bool has_run(const Axes& axes) {
    return std::any_of(axes.begin(), axes.end(), [](const Axis& a) { return !a.run.empty(); });
  }
  /// The last axis can size a layer.
  static bool sized(const Body& b) { return b.here.back().known && b.here.back().run.empty(); }
  static bool rigid(const Body& b) { return sized(b) && b.here.back().rigid; }
  static bool all_plain(const Axes& axes) {
    std::set<std::string> seen;
    return std::all_of(axes.begin(), axes.end(),
                       [&](const Axis& a) { return plain(a) && seen.insert(a.size.name).second; });
  }
  static bool is_image(const Body& b) { return b.main && b.here.size() == 4 && !has_run(b.here) && b.here[1].rigid; }

  Axis width(Body& b) {
    if (!b.widths.empty() && !chance(3)) {
      const Axis& w = b.widths[pick(b.widths.size())];
      switch (pick(4)) {
        case 0: return combined(Op::add, w, literal(1));
        case 1: return combined(Op::mul, w, literal(2));
        default: return w;
      }
    }
    if (chance(6)) return {name(global_width(), chance(2) ? Op::name : Op::global), true, true, 6, ""};
    return literal(small());
  }

  Call linear(const Axis& from, const Axis& to) {
    Call c = call("Linear");
    switch (pick(5)) {
      case 0: c.args = {arg(from.size, "in_dim"), arg(to.size, "out_dim")}; break;
      case 1: c.args = {arg(to.size, "out_features"), arg(from.size)}; break;
      case 2: c.args = {arg(from.size), arg(to.size), arg(flag(chance(2)), "bias")}; break;
      default: c.args = {arg(from.size), arg(to.size)}; break;
    }
    return c;
  }
  Call act() {
    static const char* const kNames[] = {"ReLU", "GELU", "SiLU", "Sigmoid", "Tanh", "Mish", "Identity"};
    switch (pick(9)) {
      case 0: return call("ELU", chance(2) ? std::vector<Arg>{} : std::vector<Arg>{arg(real(0.5))});
      case 1: return call("PReLU", chance(2) ? std::vector<Arg>{} : std::vector<Arg>{arg(real(0.1), "init")});
      default: return call(kNames[pick(std::size(kNames))]);
    }
  }

  Call scaled(const Axes& here) {
    switch (pick(3)) {
      case 0: return call("Dropout", {arg(real(0.25), chance(2) ? "p" : chance(2) ? "rate" : "")});
      case 1: return call("Softmax", chance(2) ? std::vector<Arg>{} : std::vector<Arg>{arg(number(-1))});
      default:
        if (!here.back().known || !here.back().run.empty()) return act();
        return call("LayerNorm", {arg(here.back().size, chance(3) ? "dim" : "")});
    }
  }

  /// A few steps that end with the shape they started from.
  Pipeline kept(const Axes& here) {
    Pipeline p;
    const std::size_t n = 1 + pick(2);
    for (std::size_t i = 0; i < n; ++i) {
      const bool sized = here.back().known && here.back().run.empty();
      if (sized && chance(2)) {
        if (chance(3)) {
          const Axis middle = literal(small());
          p.push_back(run(linear(here.back(), middle)));
          p.push_back(run(linear(middle, here.back())));
        } else {
          p.push_back(run(linear(here.back(), here.back())));
        }
      } else {
        p.push_back(run(chance(3) ? scaled(here) : act()));
      }
    }
    return p;
  }

  // --- Where programs begin and end ---

  Body main_body() {
    Body b;
    b.main = true;
    b.neuron.name = "Main";
    const auto param = [&](const std::string& n, std::int64_t value, std::int64_t most) {
      Param p;
      p.name = n;
      if (chance(2)) {
        p.value = number(value);
      } else {
        program_.args[n] = value;
      }
      b.neuron.params.push_back(p);
      b.widths.push_back(param_axis(n, most));
    };
    param("dim", 4 + 2 * static_cast<std::int64_t>(pick(3)), 8);
    if (chance(2)) param("wide", small(), 8);
    if (chance(2)) {
      Param p;
      p.name = "deep";
      if (chance(2)) {
        p.value = flag(chance(2));
      } else {
        program_.args["deep"] = static_cast<std::int64_t>(pick(2));
        program_.flags.insert("deep");
      }
      b.neuron.params.push_back(p);
      b.switches.push_back("deep");
    }
    const Axis dim = b.widths[0], batch = free_axis("batch", 4), seq = free_axis("seq", 5);
    Port in;
    switch (pick(17)) {
      case 0:
      case 1:
      case 2:
      case 9:
      case 13:
      case 14: b.here = {batch, seq, dim}; break;
      case 3: b.here = {batch, chance(2) ? dim : literal(small())}; break;
      case 4: b.here = {run_axis(chance(2) ? "lead" : "*"), dim}; break;
      case 5:
      case 6:
      case 10:
      case 11:
      case 12: {
        const bool known = chance(2);
        b.here = {batch, chance(2) ? literal(3) : dim, known ? literal(7) : free_axis("height", 9),
                  known ? literal(6) : free_axis("width", 9)};
        break;
      }
      case 7:
      case 15:
      case 16:
        b.here = {batch, seq};
        program_.vocabulary = 5;
        break;
      default: b.here = {chance(2) ? batch : run_axis("lead"), free_axis("feat", 6)}; break;
    }
    in.shape = shape_of(b.here);
    for (const Axis& a : b.here) {
      if (plain(a) && !a.rigid) b.sizes.push_back(a);
    }
    if (chance(4)) in.name = "x";
    b.neuron.inputs.push_back(in);
    if (program_.vocabulary == 0 && chance(6) && !has_run(b.here)) {  // a second input of the same shape
      b.neuron.inputs[0].name = "x";
      Port other = in;
      other.name = "y";
      b.neuron.inputs.push_back(other);
      start(b, chance(2) ? ref("in") : tuple({{"x", ""}, {"y", ""}}));
      add(b, run(call(chance(2) ? "Add" : "Multiply")));
    } else {
      start(b, ref(in.name.empty() || chance(2) ? "in" : in.name));
    }
    if (program_.vocabulary > 0) {
      const Axis w = width(b);
      add(b, run(call("Embedding",
                      chance(2) ? std::vector<Arg>{arg(number(5)), arg(w.size)}
                                : std::vector<Arg>{arg(w.size, "embedding_dim"), arg(number(5), "vocab_size")})));
      b.here.push_back(w);
    }
    if (is_image(b)) {
      for (std::size_t i = 0; i < 2 + pick(4); ++i) image(b);
      if (!chance(4)) image_end(b);
    }
    // Rearrangements need names for all axes: most programs have them at their beginning only.
    while (rearrangeable(b) && !chance(4)) {
      static const Kind kinds[] = {&Drawer::permute, &Drawer::split,  &Drawer::split,  &Drawer::others,
                                   &Drawer::others,  &Drawer::reduce, &Drawer::reduce, &Drawer::repeat};
      (this->*kinds[pick(std::size(kinds))])(b);
    }
    return b;
  }

  /// Ends the graph in the output port, or in several.
  void finish(Body& b) {
    const auto declared = [&](const std::string& n, const Axes& axes) {
      Port p;
      p.name = n;
      p.shape = shape_of(axes);
      b.neuron.outputs.push_back(p);
    };
    if (b.main && chance(4)) {
      const auto all = spread(b, 2);
      declared("first", b.here);
      declared("second", b.here);
      start(b, ref(all[0]));
      for (Step& s : kept(b.here)) add(b, std::move(s));
      add(b, ref("first"));
      start(b, ref(all[1]));
      add(b, run(act()));
      add(b, ref("second"));
      return;
    }
    if (!b.main || chance(2)) declared(chance(4) ? "y_out" : "", b.here);
    if (b.neuron.graph.back().size() < 2 || !chance(5)) add(b, ref("out"));
  }

  void any_step(Body& b, std::uint64_t which) {
    static const Kind kinds[] = {
        &Drawer::dense,     &Drawer::activation, &Drawer::norm,   &Drawer::fork,        &Drawer::fork_call,
        &Drawer::bound,     &Drawer::lazy,       &Drawer::freeze, &Drawer::shared,      &Drawer::global_module,
        &Drawer::unrolled,  &Drawer::indexed,    &Drawer::branch, &Drawer::data_branch, &Drawer::match,
        &Drawer::block,     &Drawer::widen,      &Drawer::two,    &Drawer::join,        &Drawer::mix,
        &Drawer::mix,       &Drawer::recursive,  &Drawer::choose, &Drawer::adapt,       &Drawer::apply,
        &Drawer::construct, &Drawer::contract,   &Drawer::wrap,   &Drawer::wrap_steps,  &Drawer::dense_impl,
        &Drawer::permute,   &Drawer::split,      &Drawer::others, &Drawer::reduce,      &Drawer::repeat,
        &Drawer::concat,
    };
    for (std::size_t i = 0; i < std::size(kinds); ++i) {
      if ((this->*kinds[(which + i) % std::size(kinds)])(b)) return;
    }
  }

  // --- Steps on any value ---

  bool dense(Body& b) {
    if (!sized(b)) return false;
    const Axis w = width(b);
    add(b, run(linear(b.here.back(), w)));
    b.here.back() = w;
    return true;
  }
  bool activation(Body& b) {
    add(b, run(act()));
    return true;
  }
  bool norm(Body& b) {
    add(b, run(scaled(b.here)));
    return true;
  }

  /// One name a branch, steps on each, and a sum.
  bool fork(Body& b) {
    const auto all = spread(b, 2 + pick(2));
    return gather(b, all);
  }
  bool fork_call(Body& b) {
    add(b, run(call("Fork")));
    if (chance(2)) return gather(b, spread(b, 2));
    const std::string both = spread(b, 1)[0];
    static const char* const kLeft[] = {"main", "a", "left"};
    static const char* const kRight[] = {"skip", "b", "right"};
    const char *left = kLeft[pick(3)], *right = kRight[pick(3)];
    if (chance(2)) {
      start(b, tuple({{both, left}, {both, right}}));
    } else {
      const std::string own = fresh("v");
      start(b, ref(both, left));
      for (Step& s : kept(b.here)) add(b, std::move(s));
      add(b, ref(own));
      start(b, tuple({{own, ""}, {both, right}}));
    }
    add(b, run(call(chance(2) ? "Add" : "Multiply")));
    return true;
  }
  bool gather(Body& b, std::vector<std::string> all) {
    std::vector<Ref> refs;
    for (const std::string& n : all) {
      if (chance(2)) {
        refs.push_back({n, ""});
        continue;
      }
      start(b, ref(n));
      for (Step& s : kept(b.here)) add(b, std::move(s));
      refs.push_back({fresh("v"), ""});
      add(b, ref(refs.back().name));
    }
    start(b, tuple(refs));
    add(b, run(call(chance(2) ? "Add" : "Multiply")));
    return true;
  }
  bool concat(Body& b) {
    if (!sized(b) || b.here.back().most > 20) return false;
    const auto all = spread(b, 2);
    const Axis w = width(b);
    start(b, ref(all[0]));
    add(b, run(linear(b.here.back(), w)));
    const std::string other = spread(b, 1)[0];
    start(b, tuple({{other, ""}, {all[1], ""}}));
    add(b, run(call("Concat",
                    chance(2) ? std::vector<Arg>{} : std::vector<Arg>{arg(number(-1), chance(2) ? "dim" : "")})));
    b.here.back() = combined(Op::add, w, b.here.back());
    return true;
  }

  // --- Contexts ---

  std::string bind(Body& b, const std::string& kind, Call c, const char* stem = "part") {
    ContextItem item;
    Binding binding;
    binding.kind = kind;
    binding.name = fresh(stem);
    binding.call = std::move(c);
    item.members.push_back(binding);
    b.neuron.context.push_back(item);
    return binding.name;
  }
  bool bound(Body& b) {
    if (!sized(b)) return false;
    const std::string n = bind(b, "", linear(b.here.back(), b.here.back()));
    add(b, ref(n));
    if (chance(2)) {
      add(b, run(act()));
      add(b, ref(n));
    }
    return true;
  }
  bool lazy(Body& b) {
    if (!sized(b)) return false;
    const Axis w = width(b);
    add(b, ref(bind(b, "lazy", linear(b.here.back(), w))));
    b.here.back() = w;
    return true;
  }
  bool freeze(Body& b) {
    if (!sized(b)) return false;
    const Axis w = width(b);
    Call c = linear(b.here.back(), w);
    c.freeze = true;
    if (chance(2)) {
      add(b, run(c));
    } else {
      add(b, ref(bind(b, "", c)));
    }
    b.here.back() = w;
    return true;
  }
  bool unrolled(Body& b) {
    if (!rigid(b)) return false;
    ContextItem item;
    item.unroll = fresh("stack");
    item.count = number(static_cast<std::int64_t>(pick(4)));
    const Axis w = width(b);
    const auto member = [&](const char* stem, Call c) {
      Binding m;
      m.name = fresh(stem);
      m.call = std::move(c);
      item.members.push_back(m);
    };
    if (chance(3)) {
      member("fc", linear(b.here.back(), b.here.back()));
      if (chance(3)) item.members[0].kind = "static";
    } else {
      member("up", linear(b.here.back(), w));
      member("act", act());
      member("down", linear(w, b.here.back()));
    }
    b.neuron.context.push_back(item);
    add(b, ref(item.unroll));
    if (chance(3)) add(b, ref(item.unroll));
    return true;
  }
  bool indexed(Body& b) {
    if (!rigid(b)) return false;
    ContextItem item;
    item.unroll = fresh("grow");
    const std::int64_t n = static_cast<std::int64_t>(1 + pick(3));
    item.count = number(n);
    Binding m;
    m.name = fresh("fc");
    const Expr index = name("", Op::index), from = binary(Op::add, b.here.back().size, index);
    m.call = call("Linear", {arg(from), arg(binary(Op::add, from, number(1)))});
    item.members.push_back(m);
    b.neuron.context.push_back(item);
    add(b, ref(item.unroll));
    b.here.back() = combined(Op::add, b.here.back(), literal(n));
    return true;
  }
  std::string global_width() {
    if (width_.empty()) {
      width_ = "g_width";
      program_.globals.push_back({"g_half", number(3)});
      program_.globals.push_back({width_, chance(2) ? binary(Op::mul, name("g_half"), number(2)) : number(6)});
    }
    return width_;
  }
  bool global_module(Body& b) {
    if (!sized(b)) return false;
    const std::string width = global_width();
    if (module_.empty()) {
      module_ = "g_module";
      program_.globals.push_back({module_, built(call("Linear", {arg(name(width, Op::global)), arg(number(6))}))});
    }
    const Axis six = {name(width, Op::global), true, true, 6, ""};
    add(b, run(linear(b.here.back(), six)));
    Call c = call(module_);
    c.global = true;
    add(b, run(c));
    if (chance(2)) add(b, run(c));
    b.here.back() = six;
    return true;
  }

  // --- Choices ---

  Expr condition(Body& b) {
    if (!b.switches.empty() && chance(2)) return name(b.switches[pick(b.switches.size())]);
    static const Op kOps[] = {Op::lt, Op::gt, Op::le, Op::ge, Op::eq, Op::ne};
    const Expr left = b.widths.empty() ? number(small()) : b.widths[pick(b.widths.size())].size;
    Expr e = binary(kOps[pick(6)], left, number(small()));
    if (chance(3)) e = binary(chance(2) ? Op::both : Op::either, e, binary(Op::gt, left, number(1)));
    return e;
  }
  Step choice(Body& b, const std::function<Expr()>& when) {
    Step s = step(Step::branch);
    const std::size_t n = 1 + pick(2);
    for (std::size_t i = 0; i < n; ++i) {
      Arm a;
      a.condition = when();
      a.body = kept(b.here);
      s.arms.push_back(a);
    }
    if (chance(2)) {
      Arm otherwise;
      otherwise.body = kept(b.here);
      s.arms.push_back(otherwise);
    }
    return s;
  }
  bool branch(Body& b) {
    add(b, choice(b, [&] { return condition(b); }));
    return true;
  }
  bool data_branch(Body& b) {
    if (b.sizes.empty()) return false;
    add(b, choice(b, [&] {
          return binary(chance(2) ? Op::gt : Op::le, b.sizes[pick(b.sizes.size())].size,
                        number(static_cast<std::int64_t>(1 + pick(4))));
        }));
    return true;
  }
  bool match(Body& b) {
    Step s = step(Step::match);
    const std::size_t n = 1 + pick(2);
    for (std::size_t i = 0; i < n; ++i) {
      Arm a;
      Axes here = b.here;
      const std::string capture = fresh("n");
      a.in = {kind_dim(Dim::lead)};
      if (chance(3))
        a.in.push_back(chance(2) ? kind_dim(Dim::any) : size_dim(number(static_cast<std::int64_t>(1 + pick(3)))));
      switch (pick(3)) {
        case 0: a.in.push_back(size_dim(number(small()))); break;
        case 1: a.in.push_back(kind_dim(Dim::any)); break;
        default:
          a.in.push_back(size_dim(name(capture)));
          here.back() = free_axis(capture, b.here.back().most);
          if (chance(2)) a.condition = binary(chance(2) ? Op::gt : Op::lt, name(capture), number(small()));
          break;
      }
      a.body = kept(here);
      s.arms.push_back(a);
    }
    Arm last;
    if (chance(2)) {
      last.in = {kind_dim(Dim::rest, fresh("all"))};
    } else {
      last.in = {kind_dim(Dim::rest, fresh("r")), kind_dim(Dim::any)};
    }
    last.body = kept(b.here);
    s.arms.push_back(last);
    add(b, s);
    return true;
  }

  // --- Neurons of the program's own ---

  /// A neuron that was written for this kind already, or a new one.
  std::string helper(const std::string& kind, const std::function<Neuron()>& write) {
    auto& known = helpers_[kind];
    if (known.empty() || (known.size() < 2 && chance(3))) {
      Neuron n = write();
      n.name = kind + std::to_string(known.size() + 1);
      known.push_back(n.name);
      program_.neurons.push_back(std::move(n));
    }
    return known[pick(known.size())];
  }
  static Param param(const std::string& n, std::optional<Expr> value = {}, bool neuron = false) {
    Param p;
    p.name = n;
    p.value = std::move(value);
    p.neuron = neuron;
    return p;
  }
  Body helper_body(const std::string& width_name) {
    Body b;
    b.neuron.params.push_back(param(width_name));
    b.widths.push_back(param_axis(width_name, 24));
    b.here = {run_axis(chance(4) ? "*" : "shape"), b.widths[0]};
    Port in;
    in.shape = shape_of(b.here);
    b.neuron.inputs.push_back(in);
    start(b, ref("in"));
    return b;
  }
  /// Ends with the width it began with, and says so.
  Neuron closed(Body b, const Axis& width) {
    if (text_of(b.here.back().size) != text_of(width.size)) add(b, run(linear(b.here.back(), width)));
    b.here.back() = width;
    Port out;
    out.shape = shape_of(b.here);
    const bool variadic = b.neuron.inputs[0].variadic;  // what it gives is known from the declaration only
    if (variadic || !chance(4)) b.neuron.outputs.push_back(out);
    add(b, ref("out"));
    return std::move(b.neuron);
  }
  std::vector<Arg> shuffled_args(std::vector<Arg> named) {
    if (chance(2)) {
      for (Arg& a : named) a.name.clear();
    } else {
      std::shuffle(named.begin(), named.end(), random_);
    }
    return named;
  }

  bool block(Body& b) {
    if (!sized(b) || b.here.back().most > 24 || nested_ > 2) return false;
    ++nested_;
    const std::string n = helper("Block", [&] {
      Body inner = helper_body("dim");
      inner.neuron.params.push_back(param("times", number(2)));
      const Axis dim = inner.widths[0];
      for (std::size_t i = 0; i < 1 + pick(3); ++i) any_step(inner, random_());
      return closed(std::move(inner), dim);
    });
    --nested_;
    std::vector<Arg> args = {arg(b.here.back().size, "dim")};
    if (chance(2)) args.push_back(arg(number(small()), "times"));
    add(b, run(call(n, shuffled_args(args))));
    return true;
  }
  bool widen(Body& b) {
    if (!sized(b) || b.here.back().most > 16) return false;
    const std::string n = helper("Widen", [&] {
      Body inner = helper_body("from");
      inner.neuron.params.push_back(param("factor"));
      const Axis from = inner.widths[0], factor = param_axis("factor", 3);
      const Axis to = combined(Op::add, combined(Op::mul, from, factor), literal(1));
      if (chance(2)) {
        add(inner, run(linear(from, to)));
      } else {
        const std::string part = bind(inner, "", linear(from, to));
        add(inner, ref(part));
      }
      inner.here.back() = to;
      return closed(std::move(inner), to);
    });
    const Axis factor = literal(static_cast<std::int64_t>(1 + pick(2)));
    add(b, run(call(n, shuffled_args({arg(b.here.back().size, "from"), arg(factor.size, "factor")}))));
    b.here.back() = combined(Op::add, combined(Op::mul, b.here.back(), factor), literal(1));
    return true;
  }
  bool two(Body& b) {
    if (!sized(b) || b.here.back().most > 12) return false;
    const std::string n = helper("Two", [&] {
      Body inner = helper_body("dim");
      const Axis dim = inner.widths[0], twice = combined(Op::mul, dim, literal(2));
      Axes wide = inner.here;
      wide.back() = twice;
      inner.neuron.outputs = {{"left", shape_of(inner.here), false}, {"right", shape_of(wide), false}};
      const auto all = spread(inner, 2);
      start(inner, ref(all[0]));
      for (Step& s : kept(inner.here)) add(inner, std::move(s));
      add(inner, ref("left"));
      start(inner, ref(all[1]));
      add(inner, run(linear(dim, twice)));
      add(inner, ref("right"));
      return std::move(inner.neuron);
    });
    const Axis dim = b.here.back(), twice = combined(Op::mul, dim, literal(2));
    add(b, run(call(n, {arg(dim.size)})));
    switch (pick(3)) {
      case 0: {
        const auto all = spread(b, 2);
        start(b, tuple({{all[0], ""}, {all[1], ""}}));
        add(b, run(call("Concat")));
        b.here.back() = combined(Op::add, dim, twice);
        break;
      }
      case 1: {
        const std::string both = spread(b, 1)[0];
        start(b, ref(both, "right"));
        add(b, run(linear(twice, dim)));
        const std::string right = spread(b, 1)[0];
        start(b, tuple({{both, "left"}, {right, ""}}));
        add(b, run(call("Add")));
        break;
      }
      default:
        add(b, run(call("Concat", {arg(number(-1))})));
        b.here.back() = combined(Op::add, dim, twice);
        break;
    }
    return true;
  }
  bool join(Body& b) {
    if (!sized(b) || b.here.back().most > 24) return false;
    const std::string n = helper("Join", [&] {
      Body inner = helper_body("dim");
      inner.neuron.inputs[0].name = "a";
      inner.neuron.inputs[0].shape[0] = kind_dim(Dim::rest, "s");
      inner.here[0] = run_axis("s");
      Port other = inner.neuron.inputs[0];
      other.name = "b";
      inner.neuron.inputs.push_back(other);
      inner.neuron.graph.clear();
      start(inner, ref("b"));
      for (Step& s : kept(inner.here)) add(inner, std::move(s));
      const std::string right = spread(inner, 1)[0];
      start(inner, tuple({{"a", ""}, {right, ""}}));
      add(inner, run(call("Add")));
      return closed(std::move(inner), inner.widths[0]);
    });
    const auto all = spread(b, 2);
    start(b, tuple({{all[0], ""}, {all[1], ""}}));
    add(b, run(call(n, {arg(b.here.back().size, chance(2) ? "dim" : "")})));
    return true;
  }
  bool mix(Body& b) {
    if (!sized(b) || b.here.back().most > 12) return false;
    const std::string n = helper("Mix", [&] {
      Body inner = helper_body("dim");
      inner.neuron.inputs[0].name = "parts";
      inner.neuron.inputs[0].variadic = true;
      add(inner, run(call(chance(2) ? "Add" : "Multiply")));
      add(inner, run(act()));
      return closed(std::move(inner), inner.widths[0]);
    });
    const std::size_t k = 2 + pick(2);
    const auto all = spread(b, k);
    std::vector<Ref> refs;
    for (const std::string& v : all) refs.push_back({v, ""});
    start(b, tuple(refs));
    add(b, run(call(n, {arg(b.here.back().size)})));
    return true;
  }
  bool recursive(Body& b) {
    if (!sized(b) || b.here.back().most > 24) return false;
    const std::string n = helper("Rec", [&] {
      Body inner = helper_body("dim");
      inner.neuron.params.push_back(param("depth"));
      const std::string self = "Rec" + std::to_string(helpers_["Rec"].size() + 1);
      const Call again = call(self, {arg(name("dim")), arg(binary(Op::sub, name("depth"), number(1)))});
      Step s = step(Step::branch);
      Arm more;
      more.condition = binary(Op::gt, name("depth"), number(0));
      more.body = kept(inner.here);
      if (chance(2)) {
        more.body.push_back(ref(bind(inner, "lazy", again, "again")));
      } else {
        more.body.push_back(run(again));
      }
      s.arms.push_back(more);
      if (chance(2)) {
        Arm less;
        less.body = {run(call("Identity"))};
        s.arms.push_back(less);
      }
      add(inner, s);
      inner.neuron.outputs.push_back({"", shape_of(inner.here), false});
      add(inner, ref("out"));
      return std::move(inner.neuron);
    });
    add(b, run(call(n, shuffled_args({arg(b.here.back().size, "dim"),
                                      arg(number(static_cast<std::int64_t>(pick(4))), "depth")}))));
    return true;
  }
  /// Branches of which each gives another width.
  bool choose(Body& b) {
    if (!sized(b) || b.here.back().most > 12) return false;
    const std::string n = helper("Choose", [&] {
      Body inner = helper_body("dim");
      inner.neuron.params.push_back(param("mode", number(0)));
      const Axis dim = inner.widths[0];
      Step s = step(Step::branch);
      const auto arm = [&](std::optional<std::int64_t> mode, const Axis& to) {
        Arm a;
        if (mode) a.condition = binary(Op::eq, name("mode"), number(*mode));
        a.body = {run(linear(dim, to)), run(act())};
        s.arms.push_back(a);
      };
      arm(0, dim);
      arm(1, combined(Op::mul, dim, literal(2)));
      arm(std::nullopt, literal(3));
      add(inner, s);
      add(inner, ref("out"));
      return std::move(inner.neuron);
    });
    const auto mode = static_cast<std::int64_t>(pick(3));
    std::vector<Arg> args{arg(b.here.back().size)};
    if (mode > 0 || chance(2)) args.push_back(arg(number(mode), chance(2) ? "mode" : ""));
    add(b, run(call(n, args)));
    if (mode == 1) b.here.back() = combined(Op::mul, b.here.back(), literal(2));
    if (mode == 2) b.here.back() = literal(3);
    return true;
  }
  /// A layer of whatever width arrives.
  bool adapt(Body& b) {
    const std::string n = helper("Adapt", [&] {
      Body inner;
      inner.neuron.params.push_back(param("to"));
      inner.widths.push_back(param_axis("to", 8));
      inner.neuron.inputs.push_back({"", {kind_dim(Dim::rest, "lead"), size_dim(name("feat"))}, false});
      inner.neuron.outputs.push_back({"", {kind_dim(Dim::rest, "lead"), size_dim(name("to"))}, false});
      start(inner, ref("in"));
      Step s = step(Step::match);
      const Axis to = inner.widths[0];
      const auto arm = [&](Dim last, const Axis& from, std::optional<Expr> guard) {
        Arm a;
        a.in = {kind_dim(Dim::rest, fresh("r")), std::move(last)};
        a.condition = std::move(guard);
        const Axis middle = literal(small());
        a.body =
            chance(2) ? Pipeline{run(linear(from, to))} : Pipeline{run(linear(from, middle)), run(linear(middle, to))};
        s.arms.push_back(a);
      };
      const std::int64_t one = small();
      arm(size_dim(number(one)), literal(one), {});
      arm(size_dim(name("n")), free_axis("n", 24), binary(Op::gt, name("n"), number(small())));
      arm(size_dim(name("m")), free_axis("m", 24), {});
      add(inner, s);
      add(inner, ref("out"));
      return std::move(inner.neuron);
    });
    if (b.here.back().most > 64) return false;
    const Axis to = width(b);
    if (to.most > 16) return false;
    add(b, run(call(n, {arg(to.size)})));
    b.here.back() = to;
    return true;
  }
  bool shared(Body& b) {
    if (!rigid(b) || b.here.back().most > 24) return false;
    const std::string n = helper("Shared", [&] {
      Body inner = helper_body("dim");
      add(inner, ref(bind(inner, "static", linear(inner.widths[0], inner.widths[0]))));
      if (chance(2)) add(inner, run(act()));
      return closed(std::move(inner), inner.widths[0]);
    });
    add(b, run(call(n, {arg(b.here.back().size)})));
    if (chance(2)) add(b, run(call(n, {arg(b.here.back().size)})));
    return true;
  }

  // --- Neurons that take neurons ---

  bool apply(Body& b) {
    if (!rigid(b) || b.here.back().most > 24) return false;
    const std::string n = helper("Apply", [&] {
      Body inner = helper_body("dim");
      inner.neuron.params.push_back(param("block", chance(2) ? std::optional(name("GELU")) : std::nullopt, true));
      add(inner, ref("block"));
      if (chance(2)) {
        add(inner, run(act()));
        add(inner, ref("block"));
      }
      return closed(std::move(inner), inner.widths[0]);
    });
    Expr block;
    switch (pick(3)) {
      case 0: block = name(bind(b, "", linear(b.here.back(), b.here.back()))); break;
      case 1: block = built(linear(b.here.back(), b.here.back())); break;
      default: block = name(chance(2) ? "ReLU" : "Tanh"); break;
    }
    std::vector<Arg> args{arg(b.here.back().size, "dim")};
    if (!program_.find(n)->params[1].value || chance(2)) args.push_back(arg(block, "block"));
    add(b, run(call(n, shuffled_args(args))));
    return true;
  }
  bool construct(Body& b) {
    if (!rigid(b) || b.here.back().most > 16) return false;
    const std::string n = helper("Build", [&] {
      Body inner = helper_body("dim");
      inner.neuron.params.insert(inner.neuron.params.begin(), param("make", {}, true));
      const Axis twice = combined(Op::mul, inner.widths[0], literal(2));
      add(inner, run(call("make", {arg(name("dim")), arg(twice.size)})));
      inner.here.back() = twice;
      if (chance(2)) {
        add(inner, run(call("make", {arg(twice.size), arg(name("dim"))})));
        inner.here.back() = inner.widths[0];
      }
      return closed(std::move(inner), inner.widths[0]);
    });
    add(b, run(call(n, {arg(name("Linear")), arg(b.here.back().size)})));
    return true;
  }
  bool contract(Body& b) {
    if (!rigid(b) || b.here.back().most > 24) return false;
    const std::string n = helper("Contract", [&] {
      Body inner = helper_body("dim");
      inner.neuron.params.insert(inner.neuron.params.begin(), param("block", {}, true));
      Step s = step(Step::contract);
      s.module.callee = "block";
      const auto arm = [&](Expr in, Expr out, std::optional<Expr> guard, Pipeline body) {
        Arm a;
        a.in = {kind_dim(Dim::lead), size_dim(std::move(in))};
        a.out = {kind_dim(Dim::lead), size_dim(std::move(out))};
        a.condition = std::move(guard);
        a.body = std::move(body);
        s.arms.push_back(a);
      };
      arm(name("dim"), name("dim"), {}, {ref("block")});
      arm(name("n"), name("m"), binary(Op::gt, name("m"), name("n")),
          {ref("block"), run(call("Linear", {arg(name("m")), arg(name("dim"))}))});
      arm(name("n"), name("m"), {},
          {ref("block"), run(act()), run(call("Linear", {arg(name("m")), arg(name("dim"))}))});
      add(inner, s);
      return closed(std::move(inner), inner.widths[0]);
    });
    const Axis to = chance(3) ? b.here.back() : width(b);
    Expr block = chance(2) ? built(linear(b.here.back(), to)) : name(bind(b, "", linear(b.here.back(), to)));
    add(b, run(call(n, {arg(block), arg(b.here.back().size)})));
    return true;
  }
  std::string wrapper() {
    return helper("Residual", [&] {
      Body inner;
      inner.neuron.params = {param("inner", {}, true), param("times", number(1))};
      inner.neuron.inputs.push_back({"", {kind_dim(Dim::rest, "s"), size_dim(name("d"))}, false});
      inner.neuron.outputs = inner.neuron.inputs;
      start(inner, ref("in"));
      const auto all = spread(inner, 2);
      start(inner, ref(all[0]));
      add(inner, ref("inner"));
      const std::string changed = spread(inner, 1)[0];
      start(inner, tuple({{changed, ""}, {all[1], ""}}));
      add(inner, run(call("Add")));
      add(inner, ref("out"));
      return std::move(inner.neuron);
    });
  }
  bool wrap(Body& b) {
    if (!rigid(b)) return false;
    Step s = step(Step::wrap);
    s.module = call(wrapper());
    if (chance(2)) s.module.args.push_back(arg(number(2)));
    s.refs = {{bind(b, "", linear(b.here.back(), b.here.back())), ""}};
    add(b, s);
    return true;
  }
  bool wrap_steps(Body& b) {
    if (!rigid(b)) return false;
    Step s = step(Step::wrap);
    s.module = call(wrapper());
    s.body = kept(b.here);
    add(b, s);
    return true;
  }
  bool dense_impl(Body& b) {
    if (!sized(b) || b.here.back().most > 64) return false;
    const std::string n = helper("Dense", [&] {
      Neuron own;
      own.params = {param("inputs"), param("outputs")};
      own.inputs.push_back({"", {kind_dim(Dim::rest, "batch"), size_dim(name("inputs"))}, false});
      own.outputs.push_back({"", {kind_dim(Dim::rest, "batch"), size_dim(name("outputs"))}, false});
      own.impl = "core,nn/Linear";
      return own;
    });
    const Axis to = width(b);
    add(b, run(call(n, shuffled_args({arg(b.here.back().size, "inputs"), arg(to.size, "outputs")}))));
    b.here.back() = to;
    return true;
  }

  // --- Rearrangements ---

  Step reshape(const Axes& to, const std::string& annotation = {}) {
    Step s = step(Step::reshape);
    s.annotation = annotation;
    s.target = shape_of(to);
    return s;
  }
  bool rearrangeable(const Body& b) { return kRearrangements && b.main && b.here.size() >= 2 && all_plain(b.here); }
  bool permute(Body& b) {
    if (!rearrangeable(b)) return false;
    std::shuffle(b.here.begin() + static_cast<std::ptrdiff_t>(pick(2)), b.here.end(), random_);
    add(b, reshape(b.here));
    return true;
  }
  /// [.., dim] => [.., h = dim / 2, e] and back; between them perhaps another order.
  bool split(Body& b) {
    if (!rearrangeable(b) || b.here.size() > 3 || b.here.back().size.name != "dim") return false;
    const std::string h = fresh("h"), e = fresh("e");
    const Axes before = b.here;
    Axes parts(b.here.begin(), b.here.end() - 1);
    Step cut = step(Step::reshape);
    const Axis two = {name(h), true, false, 8, ""}, rest = {name(e), true, false, 8, ""};
    cut.target = shape_of(parts);
    Dim bind = size_dim(binary(Op::div, name("dim"), number(2)));
    bind.kind = Dim::bind;
    bind.name = h;
    cut.target.push_back(bind);
    if (chance(2)) {
      Dim other = size_dim(binary(Op::div, name("dim"), name(h)));
      other.kind = Dim::bind;
      other.name = e;
      cut.target.push_back(other);
    } else {
      cut.target.push_back(size_dim(name(e)));
    }
    add(b, cut);
    parts.push_back(two);
    parts.push_back(rest);
    if (chance(2)) {
      Axes swapped = parts;
      std::swap(swapped[swapped.size() - 2], swapped[swapped.size() - 3 + (swapped.size() < 3 ? 1 : 0)]);
      add(b, reshape(swapped));
      if (chance(2)) add(b, run(act()));
      add(b, reshape(parts));
    }
    Step merge = reshape(before);
    if (!chance(3)) {
      merge.target.back() = size_dim(binary(Op::mul, name(h), name(e)));
    }
    add(b, merge);
    return true;
  }
  bool others(Body& b) {
    if (!rearrangeable(b) || b.here.size() < 3) return false;
    Step s = step(Step::reshape);
    Axes to;
    if (chance(2)) {
      Axis all = b.here[1];
      for (std::size_t i = 2; i < b.here.size(); ++i) all = combined(Op::mul, all, b.here[i]);
      s.target = {dim_of(b.here[0]), kind_dim(Dim::others)};
      to = {b.here[0], all};
    } else {
      Axis all = b.here[0];
      for (std::size_t i = 1; i + 1 < b.here.size(); ++i) all = combined(Op::mul, all, b.here[i]);
      s.target = {kind_dim(Dim::others), dim_of(b.here.back())};
      to = {all, b.here.back()};
    }
    if (to.back().most > 200) return false;
    add(b, s);
    b.here = to;
    return true;
  }
  bool reduce(Body& b) {
    if (!rearrangeable(b) || b.here.size() < 3) return false;
    static const char* const kOps[] = {"mean", "sum", "min", "max", "prod", "logsumexp"};
    b.here.erase(b.here.begin() + static_cast<std::ptrdiff_t>(pick(b.here.size())));
    add(b, reshape(b.here, std::string("reduce ") + kOps[pick(6)]));
    return true;
  }
  bool repeat(Body& b) {
    if (!rearrangeable(b) || b.here.size() > 3) return false;
    b.here.insert(b.here.begin() + static_cast<std::ptrdiff_t>(pick(b.here.size())),
                  literal(static_cast<std::int64_t>(1 + pick(3))));
    add(b, reshape(b.here, "repeat copy"));
    return true;
  }

  // --- Images ---

  bool image(Body& b) {
    const Axis height = b.here[2], width = b.here[3];
    const auto shrink = [&](std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
      for (std::size_t i = 2; i < 4; ++i) {
        Axis& a = b.here[i];
        const std::int64_t less = kernel - 1 - 2 * padding;
        if (a.known && a.size.op == Op::number) {
          a = literal((a.size.number - less - 1) / stride + 1);
        } else if (stride == 1) {
          if (a.known && less > 0) a.size = binary(Op::sub, a.size, number(less));
          if (a.known && less < 0) a.size = binary(Op::add, a.size, number(-less));
        } else {
          a.known = false;
        }
      }
      room_ = (room_ - (kernel - 1 - 2 * padding) - 1) / stride + 1;
    };
    switch (pick(5)) {
      case 0: {
        const Axis to = literal(2 * static_cast<std::int64_t>(1 + pick(3)));
        const std::int64_t kernel = room_ >= 3 && chance(2) ? 3 : room_ >= 2 ? 2 : 1, stride = chance(3) ? 2 : 1;
        const std::int64_t padding = chance(3) ? 1 : 0;
        Call c = call("Conv2d", {arg(b.here[1].size), arg(to.size), arg(number(kernel))});
        if (stride != 1) c.args.push_back(arg(number(stride), "stride"));
        if (padding != 0) c.args.push_back(arg(number(padding), "padding"));
        add(b, run(c));
        b.here[1] = to;
        shrink(kernel, stride, padding);
        return true;
      }
      case 1:
      case 4: {
        if (room_ < 2) return false;
        const std::int64_t stride = chance(2) ? 2 : 1;
        add(b, run(call(chance(2) ? "MaxPool" : "AvgPool",
                        {arg(number(2)), arg(number(stride), chance(2) ? "stride" : "")})));
        shrink(2, stride, 0);
        return true;
      }
      case 2: add(b, run(call("BatchNorm", {arg(b.here[1].size)}))); return true;
      default:
        if (chance(2))
          add(b, run(call("PReLU", {arg(b.here[1].size)})));
        else
          add(b, run(act()));
        return true;
    }
  }
  void image_end(Body& b) {
    if (!chance(3)) {
      add(b, run(call("GlobalAvgPool")));
      b.here[2] = b.here[3] = literal(1);
    }
    add(b, run(call("Flatten",
                    chance(2) ? std::vector<Arg>{} : std::vector<Arg>{arg(number(1)), arg(number(-1), "end_dim")})));
    const bool ones = b.here[2].known && b.here[2].size.op == Op::number && b.here[2].size.number == 1;
    const Axis flat = ones ? b.here[1] : combined(Op::mul, combined(Op::mul, b.here[1], b.here[2]), b.here[3]);
    b.here = {b.here[0], flat};
  }

  std::mt19937_64 random_;
  Program program_;
  std::map<std::string, std::vector<std::string>> helpers_;
  std::string width_, module_;
  std::uint64_t wish_ = 0;
  std::int64_t room_ = 6;  ///< at least this many rows and columns are left of an image
  int names_ = 0, ids_ = 0, nested_ = 0;
};

}  // namespace

Program random_program(std::uint64_t seed) { return Drawer(seed).draw(); }

std::vector<std::string> free_names(const Program& program) {
  std::set<std::string> params, found;
  for (const Param& p : program.main().params) params.insert(p.name);
  for (const Port& port : program.main().inputs) {
    for (const Dim& d : port.shape) {
      if (d.kind == Dim::rest) found.insert("*" + d.name);
      if (d.kind == Dim::lead) found.insert("*");
      if (d.kind == Dim::size && d.expr.op == Op::name && params.count(d.expr.name) == 0) found.insert(d.expr.name);
    }
  }
  return {found.begin(), found.end()};
}

std::vector<Sizes> input_sizes(const Program& program, std::uint64_t seed,
                               const std::map<std::string, std::int64_t>& given) {
  std::mt19937_64 random(seed);
  std::map<std::string, std::int64_t> values = given;
  for (const std::string& n : free_names(program)) {
    const bool pixels = n == "height" || n == "width";
    values.emplace(n, static_cast<std::int64_t>(pixels ? 6 + random() % 4 : 1 + random() % 4));
  }
  for (const Param& p : program.main().params) {
    if (p.value) values[p.name] = p.value->number;
  }
  for (const auto& [n, v] : program.args) values[n] = v;
  std::vector<Sizes> all;
  for (const Port& port : program.main().inputs) {
    Sizes sizes;
    for (const Dim& d : port.shape) {
      if (d.kind == Dim::rest || d.kind == Dim::lead) {
        const std::int64_t n = values.at(d.kind == Dim::lead ? "*" : "*" + d.name);
        for (std::int64_t i = 0; i < (n == 0 ? 0 : 1 + n % 2); ++i) sizes.push_back(1 + (n + i) % 3);
      } else {
        sizes.push_back(d.expr.op == Op::number ? d.expr.number : values.at(d.expr.name));
      }
    }
    all.push_back(sizes);
  }
  return all;
}

}  // namespace neuro::sketch
