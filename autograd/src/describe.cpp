// A plan as text that a person reads, and what its entries cost.
#include <algorithm>

#include "neuro/str.h"
#include "plan.h"

namespace neuro {
namespace {

using planning::Step;
using planning::Value;

/// Bytes that a kernel reads or writes of an operand: an element that is repeated counts once.
double bytes_of(const Value& value) {
  double elements = 1;
  for (int i = 0; i < value.shape.rank(); ++i) {
    const bool repeated = value.strides[static_cast<std::size_t>(i)] == 0 && value.shape[i] > 0;
    if (!repeated) elements *= static_cast<double>(value.shape[i]);
  }
  return elements * static_cast<double>(size_of(value.dtype));
}

/// Results without those that lie in the memory of one before: a product's raw result under its epilogue's.
std::vector<int> distinct(const planning::Graph& graph, const std::vector<int>& results) {
  std::vector<int> out;
  for (const int v : results) {
    const auto same = [&](int w) { return graph.root(w) == graph.root(v); };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back(v);
  }
  return out;
}

/// " [0, 1]", without what is zero at the end; nothing when all is.
template <class Numbers>
std::string attributes(const Numbers& numbers, const char* open, const char* close) {
  auto end = numbers.end();
  while (end != numbers.begin() && *(end - 1) == 0) --end;
  std::string out;
  for (auto it = numbers.begin(); it != end; ++it) out += str(it == numbers.begin() ? open : ", ", *it);
  return out.empty() ? out : str(out, close);
}

/// "1,234,567".
std::string grouped(double n) {
  const std::string digits = str(static_cast<std::int64_t>(n));
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

}  // namespace

Cost Plan::cost(std::size_t s) const {
  const Step& step = graph.steps[s];
  Cost cost;
  for (const int v : step.in) cost.bytes += bytes_of(graph.value(v));
  for (const int v : distinct(graph, step.out)) cost.bytes += bytes_of(graph.value(v));
  if (step.tile != nullptr) {
    cost.flops += static_cast<double>(step.tile->elements) * static_cast<double>(step.tile->instrs.size());
  }
  if (step.op_outputs == 0) return cost;
  std::vector<Operand> in, out;
  double largest = 0;
  const auto operand = [&](int v) {
    const Value& value = graph.value(v);
    largest = std::max(largest, static_cast<double>(value.shape.elements()));
    return Operand{nullptr, value.shape, value.strides, value.dtype};
  };
  for (int i = 0; i < step.op_inputs; ++i) in.push_back(operand(step.in[static_cast<std::size_t>(i)]));
  for (int i = 0; i < step.op_outputs; ++i) out.push_back(operand(step.out[static_cast<std::size_t>(i)]));
  const Call call{{table}, in, out, &step.attrs, {}, nullptr};
  cost.flops += step.op->flops != nullptr ? step.op->flops(call) : largest;
  return cost;
}

std::string Plan::entry_name(std::size_t s) const {
  const Step& step = graph.steps[s];
  std::string out = step.op_outputs > 0 ? step.op->name : "";
  if (step.tile == nullptr) return out;
  constexpr std::size_t kNamed = 6;
  const auto& instrs = step.tile->instrs;
  for (std::size_t i = 0; i < std::min(instrs.size(), kNamed); ++i)
    out += str(out.empty() ? "" : "+", instrs[i].kernel->name);
  if (instrs.size() > kNamed) out += str("+", instrs.size() - kNamed, " more");
  return out;
}

std::string Plan::describe() const {
  // Computed values are numbered in the order in which they are named; what shares its memory shares the number.
  std::vector<int> numbers(graph.values.size(), -1);
  int next = 0;
  const auto name = [&](int v) {
    const Value& memory = graph.value(graph.root(v));
    const Storage& s = storage(v);
    if (s.kind == Storage::Kind::leaf) return str("x", s.index);
    if (s.kind == Storage::Kind::output) return str("out", s.index);
    if (s.kind == Storage::Kind::constant) return str(memory.constant);
    int& number = numbers[static_cast<std::size_t>(graph.root(v))];
    if (number < 0) number = next++;
    return str("t", number);
  };
  const auto operand = [&](const char* arrow, int v) {
    const Value& value = graph.value(v);
    const Storage& s = storage(v);
    std::string out = str("     ", arrow, " ", name(v), " ", name_of(value.dtype), value.shape);
    if (!value.contiguous()) {
      out += " strides [";
      for (int i = 0; i < value.shape.rank(); ++i)
        out += str(i ? ", " : "", value.strides[static_cast<std::size_t>(i)]);
      out += "]";
    }
    out += str(", ", grouped(bytes_of(value)), " bytes");
    const auto offset =
        static_cast<std::int64_t>(s.offset) + value.offset * static_cast<std::int64_t>(size_of(value.dtype));
    if (s.kind == Storage::Kind::arena) out += str(" at arena+", offset);
    if (s.kind != Storage::Kind::arena && value.offset != 0) out += str(" from element ", value.offset);
    return str(out, "\n");
  };

  std::string out;
  Cost total;
  for (std::size_t i = 0; i < graph.steps.size(); ++i) {
    const Step& step = graph.steps[i];
    if (i == commit_begin) out += "-- committed when the guard holds --\n";
    const Cost c = cost(i);
    total.flops += c.flops;
    total.bytes += c.bytes;
    out += str(i, ": ", step.op_outputs > 0 ? step.op->name : "tile");
    if (step.op_outputs > 0) out += str(attributes(step.attrs.i, " [", "]"), attributes(step.attrs.f, " (", ")"));
    out += str(", ", grouped(c.flops), " flops, ", grouped(c.bytes), " bytes\n");
    if (step.tile != nullptr) {
      const TileProgram& program = *step.tile;
      const auto slot = [&](int k) {
        const auto n_in = static_cast<int>(step.in.size()), inputs = static_cast<int>(program.inputs.size());
        int at = k < inputs ? program.inputs[static_cast<std::size_t>(k)].operand : -1;
        for (const TileProgram::Output& o : program.outputs) at = o.slot == k ? o.operand : at;
        if (at < 0) return str("v", k - inputs);
        return name(at < n_in ? step.in[static_cast<std::size_t>(at)] : step.out[static_cast<std::size_t>(at - n_in)]);
      };
      for (std::size_t k = 0; k < program.instrs.size(); ++k) {
        const TileProgram::Instr& instr = program.instrs[k];
        out += str("     ", slot(static_cast<int>(program.inputs.size() + k)), " = ", instr.kernel->name, "(");
        for (int a = 0; a < instr.kernel->arity; ++a) {
          out += str(a ? ", " : "", slot(instr.args[static_cast<std::size_t>(a)]));
        }
        out += str(attributes(instr.attrs, "; ", ""), ")\n");
      }
    }
    for (const int v : step.in) out += operand("<-", v);
    for (const int v : distinct(graph, step.out)) out += operand("->", v);
  }
  out += str(graph.steps.size(), " entries, ", grouped(total.flops), " flops, ", grouped(total.bytes),
             " bytes moved; arena ", grouped(static_cast<double>(arena_bytes)), " bytes (",
             grouped(static_cast<double>(live_bytes)), " live at most), scratch ",
             grouped(static_cast<double>(scratch_bytes)), " bytes a worker\n");
  return out;
}

}  // namespace neuro
