// Binding a plan to memory, and running it.
#include "replay.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "neuro/error.h"
#include "neuro/str.h"
#include "profile.h"

namespace neuro {

std::byte* Arena::Block::reserve(std::size_t wanted) {
  if (wanted > bytes) {
    memory.reset(static_cast<std::byte*>(std::aligned_alloc(64, (wanted + 63) / 64 * 64)));
    if (memory == nullptr) {
      bytes = 0;
      throw Error(ErrorCode::resource, str("no memory for a plan: ", wanted, " bytes were refused"));
    }
    bytes = wanted;
  }
  return memory.get();
}

std::shared_ptr<Arena> make_arena() { return std::make_shared<Arena>(); }

namespace {

void run_tile(const Entry& entry) noexcept { entry.tile->run_all(entry.operands, entry.call.exec); }

// A program of one piece: every address is known beforehand.
void run_tiny_tile(const Entry& entry) noexcept {
  for (const Entry::Gather& g : entry.gathers) {
    kernels::gather_range(g.bytes, entry.tile->shape, g.from, *g.strides, 0, entry.tile->elements, g.to);
  }
  for (const Entry::Tiny& t : entry.tiny) t.run(t.args, t.out, entry.tile->elements, t.attrs);
}

void run_op(const Entry& entry) noexcept { entry.op->forward(entry.call); }

void run_epilogue(const void* context, std::int64_t batch, std::int64_t begin, std::int64_t end, int worker) noexcept {
  const Entry& entry = *static_cast<const Entry*>(context);
  const std::int64_t first = batch * entry.epilogue_stride;
  entry.tile->run(entry.operands, first + begin, first + end, entry.call.exec.of(worker) + entry.epilogue_scratch);
}

}  // namespace

Bound::Bound(Planned planned, std::shared_ptr<Arena> shared)
    : plan_(std::move(planned.plan)),
      leaves_(std::move(planned.leaves)),
      arena_(shared ? std::move(shared) : make_arena()) {
  for (std::size_t k = 0; k < leaves_.size(); ++k) {
    const detail::Edge& leaf = leaves_[k];
    const ValueInfo& info = plan_->leaf_infos[k];
    leaf_memory_.push_back(leaf.node->kind == Node::Kind::placeholder
                               ? Tensor::zeros(info.shape, info.dtype)
                               : leaf.node->values[static_cast<std::size_t>(leaf.output)]);
  }
  for (const int v : plan_->output_values) {
    const planning::Value& value = plan_->graph.value(v);
    outputs_.push_back(Tensor::empty(value.shape, value.dtype));
  }
  bind();
}

void Bound::bind() {
  const planning::Graph& graph = plan_->graph;
  workers_ = thread_count();
  std::byte* values = arena_->values.reserve(plan_->arena_bytes);
  std::byte* scratch = arena_->scratch.reserve(plan_->scratch_bytes * static_cast<std::size_t>(workers_));
  bound_values_ = values;
  bound_scratch_ = scratch;

  const auto operand = [&](int v) {
    const planning::Value& value = graph.value(v);
    const Storage& s = plan_->storage(v);
    std::byte* base = nullptr;
    switch (s.kind) {
      case Storage::Kind::none: break;
      case Storage::Kind::leaf:
        base = static_cast<std::byte*>(leaf_memory_[static_cast<std::size_t>(s.index)].raw());
        break;
      case Storage::Kind::constant:
        base = const_cast<std::byte*>(plan_->constants[static_cast<std::size_t>(s.index)].data());
        break;
      case Storage::Kind::output:
        base = static_cast<std::byte*>(outputs_[static_cast<std::size_t>(s.index)].raw());
        break;
      case Storage::Kind::arena: base = values + s.offset; break;
    }
    return Operand{base + value.offset * static_cast<std::int64_t>(size_of(value.dtype)), value.shape, value.strides,
                   value.dtype};
  };

  std::size_t count = 0;
  for (const planning::Step& step : graph.steps) count += step.in.size() + step.out.size();
  operands_.clear();
  operands_.reserve(count);  // entries keep pointers into it
  entries_.clear();
  entries_.reserve(graph.steps.size());
  faults_.assign(graph.steps.size(), {});
  tiny_memory_.clear();
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    const planning::Step& step = graph.steps[s];
    Entry& entry = entries_.emplace_back();
    const std::size_t first = operands_.size();
    for (const int v : step.in) operands_.push_back(operand(v));
    for (const int v : step.out) operands_.push_back(operand(v));
    entry.operands = operands_.data() + first;
    entry.op = step.op;
    entry.tile = step.tile.get();
    entry.call.exec = {plan_->table, scratch, plan_->scratch_bytes};
    entry.call.in = {entry.operands, static_cast<std::size_t>(step.op_inputs)};
    entry.call.out = {entry.operands + step.in.size(), static_cast<std::size_t>(step.op_outputs)};
    entry.call.attrs = &step.attrs;
    entry.call.fault = &faults_[s];
    if (step.tile == nullptr) {
      entry.run = run_op;
    } else if (step.op_outputs > 0) {
      entry.run = run_op;
      const Shape& shape = step.tile->shape;
      const int rank = shape.rank();
      entry.epilogue_stride = rank >= 2 ? shape[rank - 1] * shape[rank - 2] : shape.elements();
      entry.epilogue_scratch = plan_->scratch_bytes - (step.tile->scratch_bytes() + 63) / 64 * 64;
      entry.call.epilogue = {run_epilogue, &entry};
    } else if (step.tile->elements > step.tile->tile) {
      entry.run = run_tile;
    } else {
      entry.run = run_tiny_tile;
      bind_tiny(entry);
    }
  }
}

// Temporaries of a one-piece program live in memory of their own, so that constants are gathered once, here.
void Bound::bind_tiny(Entry& entry) {
  const TileProgram& program = *entry.tile;
  const auto temp_bytes = (static_cast<std::size_t>(program.elements) * 8 + 63) / 64 * 64;
  std::byte* temps = nullptr;
  if (program.temps > 0) {
    tiny_memory_.push_back(Tensor::zeros(Shape{static_cast<std::int64_t>(temp_bytes / 8) * program.temps}, DType::f64));
    temps = static_cast<std::byte*>(tiny_memory_.back().raw());
  }
  const auto address = [&](int slot) {
    const TileProgram::Slot& s = program.slots[static_cast<std::size_t>(slot)];
    return s.operand >= 0 ? static_cast<std::byte*>(entry.operands[s.operand].data)
                          : temps + static_cast<std::size_t>(s.temp) * temp_bytes;
  };
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    const TileProgram::Input& input = program.inputs[i];
    if (input.direct) continue;
    const Operand& from = entry.operands[input.operand];
    Entry::Gather gather{program.slots[i].bytes, from.data, &input.strides, address(static_cast<int>(i))};
    bool constant = false;
    for (const auto& c : plan_->constants) constant = constant || c.data() == from.data;
    if (constant) {
      kernels::gather_range(gather.bytes, program.shape, gather.from, *gather.strides, 0, program.elements, gather.to);
    } else {
      entry.gathers.push_back(gather);
    }
  }
  for (std::size_t k = 0; k < program.instrs.size(); ++k) {
    const TileProgram::Instr& instr = program.instrs[k];
    Entry::Tiny tiny{instr.run, {}, address(static_cast<int>(program.inputs.size() + k)), instr.attrs.data()};
    for (int a = 0; a < instr.kernel->arity; ++a) tiny.args[a] = address(instr.args[static_cast<std::size_t>(a)]);
    entry.tiny.push_back(tiny);
  }
}

bool Bound::run() {
  // Another plan of the same caller may have moved the arena, or the number of workers may have grown.
  if (arena_->values.memory.get() != bound_values_ || arena_->scratch.memory.get() != bound_scratch_ ||
      thread_count() > workers_)
    bind();
  const std::size_t commit = plan_->commit_begin;
  run_entries(0, commit);
  for (std::size_t i = 0; i < commit; ++i) {
    if (faults_[i].raised) report(i);
  }
  if (plan_->graph.guard >= 0 && !guard_holds()) return false;
  run_entries(commit, entries_.size());
  return true;
}

void Bound::run_entries(std::size_t begin, std::size_t end) {
  if (profiler_ == nullptr) {
    for (std::size_t i = begin; i < end; ++i) entries_[i].run(entries_[i]);
    return;
  }
  Profiler::State& profile = *profiler_->state_;
  for (std::size_t i = begin; i < end; ++i) {
    const auto start = Profiler::State::Clock::now();
    entries_[i].run(entries_[i]);
    profile.record(profiled_as_, i, start, Profiler::State::Clock::now());
  }
}

void Bound::profile(std::shared_ptr<Profiler> profiler, std::string name) {
  profiler_ = std::move(profiler);
  if (profiler_ == nullptr) return;
  auto& plans = profiler_->state_->plans;
  profiled_as_ = static_cast<std::uint32_t>(plans.size());
  plans.push_back({plan_, std::move(name), std::vector<Profiler::State::Total>(entries_.size())});
}

bool Bound::guard_holds() const {
  const Storage& s = plan_->storage(plan_->graph.guard);
  const void* at =
      s.kind == Storage::Kind::output ? outputs_[static_cast<std::size_t>(s.index)].raw() : bound_values_ + s.offset;
  return plan_->graph.value(plan_->graph.guard).dtype == DType::f64 ? std::isfinite(*static_cast<const double*>(at))
                                                                    : std::isfinite(*static_cast<const float*>(at));
}

void Bound::report(std::size_t entry) {
  const Fault fault = faults_[entry];
  std::fill(faults_.begin(), faults_.end(), Fault{});  // one bad index may have been noticed by several operations
  const char* name = plan_->graph.steps[entry].called;
  if (fault.problem != nullptr)
    throw Error(ErrorCode::index, str(name, ": the value at position ", fault.position, " ", fault.problem));
  throw Error(ErrorCode::index, str(name, ": index ", fault.value, " at position ", fault.position, " is outside [0, ",
                                    fault.limit, ")"));
}

Tensor Bound::output(std::size_t i) const {
  const std::size_t count = plan_->output_index.size();
  if (i >= count) throw Error(ErrorCode::invalid_argument, str("output ", i, " of a plan with ", count, " outputs"));
  return outputs_[static_cast<std::size_t>(plan_->output_index[i])];
}

struct Replay::State {
  Bound bound;
};

namespace {
Planned plan_request(const PlanRequest& request, Planning planning) {
  planning::Request r;
  const auto edge = [](const Var& v) {
    if (!v.defined()) throw Error(ErrorCode::invalid_argument, "a plan was asked for an undefined value");
    return v.edge();
  };
  for (const Var& v : request.outputs) r.outputs.push_back(edge(v));
  for (const Assign& a : request.assigns) r.assigns.emplace_back(edge(a.leaf), edge(a.value));
  if (request.guard.defined()) r.guard = request.guard.edge();
  return plan(
      r, [](const Node&) { return false; }, planning);
}
}  // namespace

Replay::Replay(const PlanRequest& request, std::shared_ptr<Arena> arena, Planning planning)
    : state_(std::make_unique<State>(State{Bound(plan_request(request, planning), std::move(arena))})) {}
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;
Replay::~Replay() = default;

bool Replay::reads(const Var& placeholder) const { return state_->bound.leaf(placeholder.edge()) >= 0; }

Tensor Replay::input(const Var& placeholder) const {
  const int k = state_->bound.leaf(placeholder.edge());
  if (k < 0) throw Error(ErrorCode::invalid_argument, "the plan does not read that placeholder");
  return state_->bound.leaf_memory(static_cast<std::size_t>(k));
}

bool Replay::run() { return state_->bound.run(); }
Tensor Replay::output(std::size_t i) const { return state_->bound.output(i); }
std::size_t Replay::arena_bytes() const { return state_->bound.plan().arena_bytes; }
std::size_t Replay::live_bytes() const { return state_->bound.plan().live_bytes; }
std::size_t Replay::entries() const { return state_->bound.plan().graph.steps.size(); }
void Replay::profile(std::shared_ptr<Profiler> profiler, std::string name) {
  state_->bound.profile(std::move(profiler), std::move(name));
}
std::string Replay::describe() const { return state_->bound.plan().describe(); }

}  // namespace neuro
