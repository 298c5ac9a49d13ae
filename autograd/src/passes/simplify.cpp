// Prune: what depends on constants only is computed now, equal expressions are computed once, what changes no bit of
// its operand (a multiplication by one, a reshape to the same shape) disappears, and what nobody needs is dropped.
#include <bit>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "graph.h"
#include "neuro/error.h"
#include "neuro/kernels/table.h"
#include "ops/ops_internal.h"

namespace neuro::planning {
namespace {

/// One elementwise operation on single numbers, by the kernel that a plan would run.
double apply(const OpDef& op, const Attrs& attrs, DType dtype, std::span<const double> args) {
  const kernels::Elementwise* kernel = kernels::table().find(op.elementwise);
  std::array<float, 3> in32{};
  std::array<double, 3> in64{};
  std::array<const void*, 3> in{};
  for (std::size_t i = 0; i < args.size(); ++i) {
    in32[i] = static_cast<float>(args[i]);
    in64[i] = args[i];
    in[i] = dtype == DType::f64 ? static_cast<const void*>(&in64[i]) : &in32[i];
  }
  float out32 = 0;
  double out64 = 0;
  if (dtype == DType::f64) {
    kernel->f64(in.data(), &out64, 1, attrs.f.data());
    return out64;
  }
  kernel->f32(in.data(), &out32, 1, attrs.f.data());
  return static_cast<double>(out32);
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// Operations that return their first operand bit for bit, also -0, infinities and NaN, when the second is `value`.
/// x + 0 is not among them: it turns -0 into 0.
struct Neutral {
  const OpDef* op;
  double value;
  bool commutes;  // or the second operand when the first is `value`
};
constexpr Neutral kNeutral[] = {
    {&mul_def, 1, true}, {&div_def, 1, false}, {&add_def, -0.0, true}, {&sub_def, 0, false}};

class Simplifier {
 public:
  explicit Simplifier(Graph& graph) : graph_(graph), same_(graph.values.size()), gaps_(graph.values.size()) {
    for (std::size_t v = 0; v < same_.size(); ++v) same_[v] = static_cast<int>(v);
    for (std::size_t v = 0; v < graph.values.size(); ++v) {
      const Value& value = graph.values[v];
      gaps_[v] = value.kind == Value::Kind::leaf && !value.contiguous();
      if (value.kind == Value::Kind::constant) same_[v] = constant(value.constant, value.dtype, static_cast<int>(v));
    }
  }

  void run() {
    for (Step& step : graph_.steps) {
      for (int& v : step.in) v = same_[static_cast<std::size_t>(v)];
      if (step.op->view != nullptr) gaps_[at(step.out[0])] = step.op != &reshape_def || gaps_[at(step.in[0])];
      if (!drop_identity(step) && !fold(step) && !share(step)) steps_.push_back(std::move(step));
    }
    const auto replace = [&](int& v) { v = same_[static_cast<std::size_t>(v)]; };
    for (int& v : graph_.outputs) replace(v);
    for (auto& [leaf, value] : graph_.assigns) replace(value);
    if (graph_.guard >= 0) replace(graph_.guard);
    drop_unused();
  }

 private:
  static std::size_t at(int v) { return static_cast<std::size_t>(v); }

  /// The value that stands for a constant; `v` becomes it when it is new (-1: a value is made).
  int constant(double c, DType dtype, int v = -1) {
    const auto [it, fresh] = constants_.try_emplace({std::bit_cast<std::uint64_t>(c), dtype}, v);
    if (fresh && v < 0) {
      it->second = graph_.add_value(Shape{}, dtype);
      graph_.values.back().kind = Value::Kind::constant;
      graph_.values.back().constant = c;
      same_.push_back(it->second);
      gaps_.push_back(false);
    }
    uniform_[it->second] = c;
    return it->second;
  }

  std::optional<double> uniform(int v) const {
    const auto it = uniform_.find(v);
    return it == uniform_.end() ? std::nullopt : std::optional(it->second);
  }

  void stands_for(int v, int other) { same_[static_cast<std::size_t>(v)] = other; }

  bool drop_identity(const Step& step) {
    const Shape& shape = graph_.value(step.out[0]).shape;
    const auto stands_for_operand = [&](std::size_t i) {
      // The order of a product's sums depends on how its operand lies, so what made that contiguous stays.
      if (graph_.value(step.in[i]).shape != shape || gaps_[at(step.in[i])]) return false;
      stands_for(step.out[0], step.in[i]);
      return true;
    };
    for (const Neutral& n : kNeutral) {
      if (step.op != n.op) continue;
      for (std::size_t i = 0; i < (n.commutes ? 2u : 1u); ++i) {
        const auto other = uniform(step.in[1 - i]);
        if (other && same_bits(*other, n.value) && stands_for_operand(i)) return true;
      }
    }
    const bool one_x = step.op == &affine_def && step.attrs.f[0] == 1 && same_bits(step.attrs.f[1], -0.0);
    if (one_x) return stands_for_operand(0);
    if ((step.op == &broadcast_to_def || step.op == &reshape_def) && graph_.value(step.in[0]).shape == shape) {
      return stands_for(step.out[0], step.in[0]), true;
    }
    return false;
  }

  /// Elementwise operations on constants, and views of them.
  bool fold(Step& step) {
    if (step.op->view != nullptr) {
      if (const auto c = uniform(step.in[0])) uniform_[step.out[0]] = *c;
      return false;
    }
    if (step.op->elementwise == nullptr || !is_floating(graph_.value(step.out[0]).dtype)) return false;
    std::vector<double> args;
    for (const int v : step.in) {
      const auto c = uniform(v);
      if (!c || !is_floating(graph_.value(v).dtype)) return false;
      args.push_back(*c);
    }
    const DType dtype = graph_.value(step.out[0]).dtype;
    const double result = apply(*step.op, step.attrs, dtype, args);
    const int c = constant(result, dtype);
    const int out = step.out[0];
    if (graph_.value(out).shape.rank() == 0) return stands_for(out, c), true;
    uniform_[out] = result;
    step = Step{};
    step.op = &broadcast_to_def;
    step.attrs.i.assign(graph_.value(out).shape.begin(), graph_.value(out).shape.end());
    step.in = {c};
    step.out = {out};
    step.op_inputs = step.op_outputs = 1;
    return false;
  }

  bool share(const Step& step) {
    if (step.op->overwrites != nullptr) return false;
    std::string text;
    const auto put = [&](const auto& x) { text.append(reinterpret_cast<const char*>(&x), sizeof x); };
    put(step.op);
    put(step.attrs.f);
    put(step.attrs.i.size());
    for (const std::int64_t i : step.attrs.i) put(i);
    for (const int v : step.in) put(v);
    const auto [it, fresh] = seen_.try_emplace(std::move(text), step.out);
    if (fresh) return false;
    for (std::size_t k = 0; k < step.out.size(); ++k) stands_for(step.out[k], it->second[k]);
    return true;
  }

  void drop_unused() {
    std::vector<bool> needed(graph_.values.size());
    const auto need = [&](int v) { needed[static_cast<std::size_t>(v)] = true; };
    for (const int v : graph_.outputs) need(v);
    for (const auto& [leaf, value] : graph_.assigns) need(value);
    if (graph_.guard >= 0) need(graph_.guard);
    std::vector<Step> kept;
    for (auto it = steps_.rbegin(); it != steps_.rend(); ++it) {
      bool used = false;
      for (const int v : it->out) used = used || needed[static_cast<std::size_t>(v)];
      if (!used) continue;
      for (const int v : it->in) need(v);
      kept.push_back(std::move(*it));
    }
    graph_.steps.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
  }

  Graph& graph_;
  std::vector<int> same_;   // value -> the value that stands for it
  std::vector<bool> gaps_;  // value -> whether it may be a view whose elements do not lie one after the other
  std::vector<Step> steps_;
  std::map<std::pair<std::uint64_t, DType>, int> constants_;  // by bit pattern: NaN and -0 are values, too
  std::unordered_map<int, double> uniform_;                   // values all of whose elements are one known number
  std::map<std::string, std::vector<int>> seen_;              // an expression's text -> its outputs
};

}  // namespace

void simplify(Graph& graph) { Simplifier(graph).run(); }

}  // namespace neuro::planning
