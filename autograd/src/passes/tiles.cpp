// Elementwise fusion. Every elementwise step becomes a tile program; neighbouring programs over the same shape become
// one, and a program that reads a product's result becomes that product's epilogue.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "graph.h"
#include "neuro/kernels/table.h"

namespace neuro::planning {
namespace {

/// Adds operand `v` of the step (it must be among step.in) as an input of the program, once; returns its slot.
int input_slot(const Graph& graph, Step& step, TileProgram& program, int v) {
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    if (step.in[static_cast<std::size_t>(program.inputs[i].operand)] == v) return static_cast<int>(i);
  }
  const Value& value = graph.value(v);
  TileProgram::Input input;
  input.operand = static_cast<int>(step.in.size());
  input.strides = broadcast_strides(value.shape, value.strides, program.shape);
  input.direct = value.shape == program.shape && value.contiguous();
  input.uniform = std::all_of(input.strides.begin(), input.strides.end(), [](std::int64_t s) { return s == 0; });
  step.in.push_back(v);
  program.inputs.push_back(input);
  return static_cast<int>(program.inputs.size()) - 1;
}

/// One instruction before slots are numbered: arguments and result are values of the graph.
struct Instr {
  const OpDef* op;
  std::array<double, 4> attrs;
  std::vector<int> args;
  int result;
};

/// A program under construction.
struct Group {
  Shape shape;
  DType dtype;
  bool commit;
  std::vector<Instr> instrs;
};

/// Turns a group into a step; `outputs` are the results that somebody outside reads. `head`: a product whose result the
/// group reads first, or null.
Step emit(const Graph& graph, const Group& group, const std::vector<int>& outputs, Step* head) {
  Step step;
  if (head != nullptr) step = std::move(*head);
  step.commit = group.commit;
  auto program = std::make_shared<TileProgram>();
  program->shape = group.shape;
  std::unordered_map<int, int> slot_of;
  std::unordered_set<int> results;
  for (const Instr& instr : group.instrs) results.insert(instr.result);
  const int head_value = head != nullptr ? step.out[0] : -1;
  // Inputs first: their slots come before those of the results.
  for (const Instr& instr : group.instrs) {
    for (const int v : instr.args) {
      if (results.contains(v) || slot_of.contains(v) || v == head_value) continue;
      slot_of[v] = input_slot(graph, step, *program, v);
    }
  }
  if (head_value >= 0) {  // the product's own result, in place
    TileProgram::Input input;
    input.operand = static_cast<int>(step.in.size());  // operands are `in` then `out`: out[0] comes right after
    input.strides = contiguous_strides(group.shape);
    input.direct = true;
    slot_of[head_value] = static_cast<int>(program->inputs.size());
    program->inputs.push_back(input);
  }
  std::vector<std::size_t> bytes;
  std::vector<int> value_of_slot(program->inputs.size());
  for (const auto& [v, slot] : slot_of) value_of_slot[static_cast<std::size_t>(slot)] = v;
  for (const int v : value_of_slot) bytes.push_back(size_of(graph.value(v).dtype));
  for (const Instr& instr : group.instrs) {
    TileProgram::Instr out;
    out.kernel = kernels::table().find(instr.op->elementwise);
    out.run = out.kernel->of(group.dtype);
    out.attrs = instr.attrs;
    for (std::size_t a = 0; a < instr.args.size(); ++a) out.args[a] = slot_of.at(instr.args[a]);
    slot_of[instr.result] = static_cast<int>(program->inputs.size() + program->instrs.size());
    bytes.push_back(size_of(graph.value(instr.result).dtype));
    program->instrs.push_back(out);
  }
  for (const int v : outputs) {
    program->outputs.push_back({slot_of.at(v), static_cast<int>(step.in.size() + step.out.size())});
    step.out.push_back(v);
  }
  program->finish(bytes);
  step.tile = std::move(program);
  return step;
}

Group group_of(const Graph& graph, const Step& step) {
  const kernels::Elementwise* kernel = kernels::table().find(step.op->elementwise);
  const int typed = step.in[kernel->mask_input == 0 ? 1 : 0];
  return {graph.value(step.out[0]).shape,
          graph.value(typed).dtype,
          step.commit,
          {{step.op, step.attrs.f, step.in, step.out[0]}}};
}

/// Which steps read each value's memory; -1 stands for a reader outside the plan (an output, an assignment, the guard).
std::vector<std::vector<int>> readers(const Graph& graph) {
  std::vector<std::vector<int>> out(graph.values.size());
  const auto read = [&](int v, int by) {
    out[static_cast<std::size_t>(v)].push_back(by);
    if (graph.root(v) != v) out[static_cast<std::size_t>(graph.root(v))].push_back(by);
  };
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    for (const int v : graph.steps[s].in) read(v, static_cast<int>(s));
  }
  for (const int v : graph.outputs) read(v, -1);
  if (graph.guard >= 0) read(graph.guard, -1);
  return out;
}

}  // namespace

void make_tiles(Graph& graph) {
  for (Step& step : graph.steps) {
    if (step.op->elementwise != nullptr) step = emit(graph, group_of(graph, step), {step.out[0]}, nullptr);
  }
}

// A step may join the programs that make its operands when nothing between them needs their results: then all of them
// can run where the step stands. Products take the program that follows them in the same way.
void fuse_elementwise(Graph& graph) {
  const auto read_by = readers(graph);
  const int count = static_cast<int>(graph.steps.size());
  struct Building {
    Group group;
    int head = -1;           // step of the product that leads it
    std::vector<int> steps;  // its members, the product included
    bool alive = true;
  };
  std::vector<Building> groups;
  std::vector<int> group_of_step(static_cast<std::size_t>(count), -1);
  std::unordered_map<int, int> maker;  // value -> step
  for (int s = 0; s < count; ++s) {
    for (const int v : graph.steps[static_cast<std::size_t>(s)].out) maker[v] = s;
  }
  const auto is_head = [&](int s) {
    const Step& step = graph.steps[static_cast<std::size_t>(s)];
    return step.op->takes_epilogue && !step.commit && step.out.size() == 1;
  };

  for (int s = 0; s < count; ++s) {
    const Step& step = graph.steps[static_cast<std::size_t>(s)];
    if (step.op->elementwise == nullptr) continue;
    Building next{group_of(graph, step), -1, {s}, true};

    // Whether `members` can run where step s stands: everybody who reads their results before s is a member, too, and
    // not the product, which runs before its epilogue.
    const auto movable = [&](const std::vector<int>& members, int head) {
      for (const int m : members) {
        for (const int v : graph.steps[static_cast<std::size_t>(m)].out) {
          for (const int r : read_by[static_cast<std::size_t>(v)]) {
            if (r < 0 || r >= s) continue;
            if (r == head || std::find(members.begin(), members.end(), r) == members.end()) return false;
          }
        }
      }
      return true;
    };
    // A view of a member's result lies in memory that the program itself writes: such a reader stays outside.
    const auto reads_view_of = [&](const Group& reader, const std::vector<int>& members) {
      for (const Instr& instr : reader.instrs) {
        for (const int v : instr.args) {
          const auto made = maker.find(graph.root(v));
          if (graph.root(v) != v && made != maker.end() &&
              std::find(members.begin(), members.end(), made->second) != members.end())
            return true;
        }
      }
      return false;
    };
    const auto slots = [&](const Group& a, const Group& b) {
      std::unordered_set<int> values;
      for (const Group* g : {&a, &b}) {
        for (const Instr& instr : g->instrs) {
          values.insert(instr.args.begin(), instr.args.end());
          values.insert(instr.result);
        }
      }
      return static_cast<int>(values.size());
    };

    for (const int v : step.in) {
      const auto made = maker.find(v);
      if (made == maker.end()) continue;
      const int g = group_of_step[static_cast<std::size_t>(made->second)];
      if (g >= 0) {
        Building& other = groups[static_cast<std::size_t>(g)];
        if (!other.alive || other.group.shape != next.group.shape || other.group.dtype != next.group.dtype ||
            other.group.commit != next.group.commit || (other.head >= 0 && next.head >= 0) ||
            reads_view_of(next.group, other.steps) || reads_view_of(other.group, next.steps) ||
            slots(other.group, next.group) > TileProgram::kMaxSlots) {
          continue;
        }
        std::vector<int> members = other.steps;
        members.insert(members.end(), next.steps.begin(), next.steps.end());
        if (!movable(members, std::max(other.head, next.head))) continue;  // at most one has a product
        Building joined = std::move(other);
        other.alive = false;
        joined.alive = true;
        joined.group.instrs.insert(joined.group.instrs.end(), next.group.instrs.begin(), next.group.instrs.end());
        if (next.head >= 0) joined.head = next.head;
        joined.steps = std::move(members);
        next = std::move(joined);
      } else if (next.head < 0 && is_head(made->second) && graph.value(v).shape == next.group.shape &&
                 graph.value(v).root == v && graph.value(v).dtype == next.group.dtype) {
        std::vector<int> members = next.steps;
        members.push_back(made->second);
        if (!movable(members, made->second) || reads_view_of(next.group, members)) continue;
        next.head = made->second;
        next.steps = std::move(members);
      }
    }
    // Instructions in the order of recording, which is an order in which they can run.
    std::sort(next.group.instrs.begin(), next.group.instrs.end(),
              [&](const Instr& a, const Instr& b) { return maker.at(a.result) < maker.at(b.result); });
    for (const int m : next.steps) group_of_step[static_cast<std::size_t>(m)] = static_cast<int>(groups.size());
    groups.push_back(std::move(next));
  }

  std::vector<Step> steps;
  for (int s = 0; s < count; ++s) {
    const int g = group_of_step[static_cast<std::size_t>(s)];
    if (g < 0) {
      steps.push_back(std::move(graph.steps[static_cast<std::size_t>(s)]));
      continue;
    }
    const Building& building = groups[static_cast<std::size_t>(g)];
    if (*std::max_element(building.steps.begin(), building.steps.end()) != s)
      continue;  // runs where its last member stands
    std::vector<int> outputs;
    for (const Instr& instr : building.group.instrs) {
      const auto& by = read_by[static_cast<std::size_t>(instr.result)];
      const bool outside = std::any_of(by.begin(), by.end(),
                                       [&](int r) { return r < 0 || group_of_step[static_cast<std::size_t>(r)] != g; });
      if (outside) outputs.push_back(instr.result);
    }
    Step* head = building.head >= 0 ? &graph.steps[static_cast<std::size_t>(building.head)] : nullptr;
    steps.push_back(emit(graph, building.group, outputs, head));
  }
  graph.steps = std::move(steps);
}

}  // namespace neuro::planning
