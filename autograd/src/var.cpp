#include "neuro/var.h"

#include <algorithm>
#include <ostream>
#include <unordered_map>
#include <unordered_set>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/str.h"
#include "ops/ops_internal.h"
#include "replay.h"

namespace neuro {
namespace {

void hold(const detail::Edge& e) {
  if (e.node) e.node->handles.fetch_add(1, std::memory_order_relaxed);
}
void release(const detail::Edge& e) {
  if (e.node) e.node->handles.fetch_sub(1, std::memory_order_relaxed);
}

Node& node_of(const Var& v) {
  if (!v.defined()) throw Error(ErrorCode::invalid_argument, "an undefined Var was used");
  return *v.edge().node;
}

bool has_values(const Node& n) { return n.computed() && n.has_values(); }

/// One arena for all that this thread evaluates with forward() and backward().
std::shared_ptr<Arena> thread_arena() {
  thread_local const std::shared_ptr<Arena> arena = make_arena();
  return arena;
}

using Assigns = std::vector<std::pair<detail::Edge, detail::Edge>>;

/// Computes the values, and assigns; nodes that have values already are taken as they are.
std::vector<Tensor> evaluate(std::vector<detail::Edge> wanted, Assigns assigns = {}) {
  planning::Request request;
  request.outputs = std::move(wanted);
  request.assigns = std::move(assigns);
  Bound bound(plan(
                  request, [](const Node& n) { return has_values(n); }, default_planning()),
              thread_arena());
  bound.run();
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < request.outputs.size(); ++i) out.push_back(bound.output(i));
  return out;
}

/// acc += x.
void accumulate(Tensor& acc, const Tensor& x) {
  const auto add = [&]<class T>(T) {
    T* a = acc.data<T>();
    const T* b = x.data<T>();
    for (std::int64_t i = 0; i < x.size(); ++i) a[i] += b[i];
  };
  acc.dtype() == DType::f64 ? add(double{}) : add(float{});
}

std::vector<std::shared_ptr<Node>> all_ancestors(const detail::Edge& e) {
  const std::shared_ptr<Node> root[] = {e.node};
  return ancestors(root, [](const Node&) { return true; });
}

/// Whether a leaf was written after a value that depends on it was computed. `nodes` are in the order of recording.
bool out_of_date(const std::vector<std::shared_ptr<Node>>& nodes) {
  std::unordered_map<const Node*, std::uint64_t> last_write;
  for (const auto& n : nodes) {
    std::uint64_t last = n->written_at;
    for (const detail::Edge& e : n->inputs) last = std::max(last, last_write.at(e.node.get()));
    if (n->computed() && n->has_values() && last > n->computed_at) return true;
    last_write[n.get()] = last;
  }
  return false;
}

/// Intermediate values that gradients flow through.
std::vector<std::shared_ptr<Node>> differentiable_operations(const Var& root, const char* method) {
  if (!root.differentiable()) {
    throw Error(ErrorCode::invalid_argument,
                str(method, ": nothing here is differentiable; mark leaves with requires_grad()"));
  }
  auto nodes = all_ancestors(root.edge());
  std::erase_if(nodes, [](const auto& n) { return !n->computed() || !n->differentiable; });
  return nodes;
}

/// The updates of nodes that are about to be computed, in rounds: no round assigns one leaf twice.
std::vector<Assigns> due_updates(const std::vector<std::shared_ptr<Node>>& nodes) {
  std::vector<Assigns> rounds;
  for (const auto& n : nodes) {
    if (n->updates.empty() || n->updated || n->has_values()) continue;
    n->updated = true;
    for (const Node::Update& u : n->updates) {
      if (!*u.when.node->values.front().data<bool>()) continue;
      const auto free = [&](const Assigns& round) {
        return std::none_of(round.begin(), round.end(), [&](const auto& a) { return a.first.node == u.leaf.node; });
      };
      auto round = std::find_if(rounds.begin(), rounds.end(), free);
      if (round == rounds.end()) round = rounds.insert(rounds.end(), Assigns{});
      round->emplace_back(u.leaf, u.value);
    }
  }
  return rounds;
}

}  // namespace

Var::Var(Tensor value)
    : Var([&] {
        if (!value.defined()) throw Error(ErrorCode::invalid_argument, "a Var needs a defined tensor");
        auto node = std::make_shared<Node>();
        node->kind = Node::Kind::leaf;
        node->outputs = {{value.shape(), value.dtype()}};
        node->values = {std::move(value)};
        return detail::Edge{std::move(node), 0};
      }()) {}
Var::Var(detail::Edge edge) : edge_(std::move(edge)) { hold(edge_); }
Var::Var(const Var& other) : edge_(other.edge_) { hold(edge_); }
Var::Var(Var&& other) noexcept : edge_(std::move(other.edge_)) { other.edge_ = {}; }
Var& Var::operator=(const Var& other) {
  hold(other.edge_);
  release(edge_);
  edge_ = other.edge_;
  return *this;
}
Var& Var::operator=(Var&& other) noexcept {
  if (this == &other) return *this;
  release(edge_);
  edge_ = std::move(other.edge_);
  other.edge_ = {};
  return *this;
}
Var::~Var() { release(edge_); }

const Shape& Var::shape() const { return node_of(*this).outputs[static_cast<std::size_t>(edge_.output)].shape; }
DType Var::dtype() const { return node_of(*this).outputs[static_cast<std::size_t>(edge_.output)].dtype; }
bool Var::is_leaf() const { return !node_of(*this).computed(); }
// A bf16 value passes gradients on, which are f32.
bool Var::differentiable() const {
  return node_of(*this).differentiable && (is_floating(dtype()) || dtype() == DType::bf16);
}
const OpDef* Var::op() const { return node_of(*this).op; }
const Attrs& Var::attrs() const { return node_of(*this).attrs; }

std::vector<Var> Var::inputs() const {
  std::vector<Var> out;
  for (const detail::Edge& e : node_of(*this).inputs) out.emplace_back(e);
  return out;
}

Var Var::requires_grad() const {
  Node& node = node_of(*this);
  if (node.kind != Node::Kind::leaf) {
    throw Error(ErrorCode::invalid_argument,
                "requires_grad(): only a leaf with a tensor can be marked; write x.detach().requires_grad()");
  }
  if (!is_floating(dtype())) {
    throw Error(ErrorCode::dtype,
                str("requires_grad(): a tensor of ", name_of(dtype()), " has no gradient; convert() it to f32"));
  }
  node.differentiable = true;
  if (node.grads.empty()) node.grads.push_back({0, Tensor::zeros(shape(), dtype())});
  return *this;
}

void Var::forward() const {
  Node& root = node_of(*this);
  if (!root.computed()) return;
  auto nodes = all_ancestors(edge_);
  for (const auto& n : nodes) {
    if (n->kind == Node::Kind::placeholder) {
      throw Error(ErrorCode::not_forwarded, "forward(): the value depends on a placeholder, which only a Replay fills");
    }
    if (!root.ran) continue;
    if (n->computed()) n->values.clear();
    n->updated = false;
    if (n->role == Node::Role::random_state) {
      ++n->values.front().data<std::int64_t>()[1];
      n->written_at = ++write_clock();
    }
  }

  // What is kept: values that somebody holds, and those that the gradient reads.
  std::vector<std::shared_ptr<Node>> kept;
  std::unordered_set<const Node*> chosen;
  const auto keep = [&](const std::shared_ptr<Node>& n) {
    if (n->computed() && !n->has_values() && chosen.insert(n.get()).second) kept.push_back(n);
  };
  keep(edge_.node);
  for (const auto& n : nodes) {
    if (n->handles.load(std::memory_order_relaxed) > 0) keep(n);
  }
  if (differentiable() && grad_enabled() && !root.grads_off) {
    const std::vector<Var> gradients = neuro::grad(*this, parameters());
    std::vector<std::shared_ptr<Node>> roots;
    for (const Var& g : gradients) roots.push_back(g.edge().node);
    std::unordered_set<const Node*> own;
    for (const auto& n : nodes) own.insert(n.get());
    for (const auto& n : ancestors(roots, [&](const Node& n) { return !own.contains(&n); })) {
      if (own.contains(n.get())) keep(n);
    }
  }
  std::vector<detail::Edge> wanted;
  for (const auto& n : kept) {
    for (int i = 0; i < static_cast<int>(n->outputs.size()); ++i) wanted.push_back({n, i});
  }
  std::vector<Assigns> updates = due_updates(nodes);
  const std::vector<Tensor> values = evaluate(std::move(wanted), updates.empty() ? Assigns{} : updates.front());
  const std::uint64_t now = write_clock();
  std::size_t next = 0;
  for (const auto& n : kept) {
    n->values.assign(values.begin() + static_cast<std::ptrdiff_t>(next),
                     values.begin() + static_cast<std::ptrdiff_t>(next + n->outputs.size()));
    next += n->outputs.size();
    n->computed_at = now;
  }
  for (std::size_t i = 1; i < updates.size(); ++i) evaluate({}, std::move(updates[i]));
  root.ran = true;
}

void Var::train(bool on) const {
  if (!defined()) throw Error(ErrorCode::invalid_argument, "an undefined Var was used");
  const auto set = [on](Node& n) {
    if (n.role != Node::Role::training_flag || *n.values.front().data<bool>() == on) return;
    *n.values.front().data<bool>() = on;
    n.written_at = ++write_clock();
  };
  for (const auto& n : all_ancestors(edge_)) {
    set(*n);
    for (const Node::Update& u : n->updates) set(*u.when.node);
  }
}

void Var::on_forward(const Var& leaf, const Var& value, const Var& when) const {
  Node& node = node_of(*this);
  const bool fits =
      node_of(leaf).kind == Node::Kind::leaf && leaf.shape() == value.shape() && leaf.dtype() == value.dtype();
  if (!node.computed() || !fits || node_of(when).role != Node::Role::training_flag) {
    throw Error(
        ErrorCode::invalid_argument,
        "on_forward(): takes a leaf, a value of its shape and type, and a training_flag(), on a recorded value");
  }
  node.updates.push_back({leaf.edge(), value.edge(), when.edge()});
}

Var training_flag(bool on) {
  Tensor t = Tensor::empty(Shape{}, DType::boolean);
  *t.data<bool>() = on;
  const Var flag(std::move(t));
  flag.edge().node->role = Node::Role::training_flag;
  return flag;
}

Var random_state(std::uint64_t seed) {
  const Var state(Tensor::from<std::int64_t>({static_cast<std::int64_t>(seed), 0, 0}, {3}));
  state.edge().node->role = Node::Role::random_state;
  return state;
}

Tensor Var::data() const {
  const Node& node = node_of(*this);
  if (!node.has_values()) {
    throw Error(ErrorCode::not_forwarded,
                node.kind == Node::Kind::placeholder
                    ? "data(): a placeholder has no value outside a Replay"
                    : str("data(): the result of ", node.op->name, " is not computed; call forward() first"));
  }
  return node.values[static_cast<std::size_t>(edge_.output)];
}

Tensor Var::data_mut() const {
  touch();
  return data();
}

double Var::item() const { return data().item(); }

std::vector<Var> Var::parameters() const {
  node_of(*this);  // throws where there is none
  // First use: the order of a depth-first walk that visits operands left to right.
  std::vector<Var> out;
  std::unordered_set<const Node*> seen;
  std::vector<detail::Edge> stack{edge_};
  while (!stack.empty()) {
    const detail::Edge e = std::move(stack.back());
    stack.pop_back();
    if (!e.node->differentiable || !seen.insert(e.node.get()).second) continue;
    if (!e.node->computed()) out.emplace_back(e);
    for (auto it = e.node->inputs.rbegin(); it != e.node->inputs.rend(); ++it) stack.push_back(*it);
  }
  return out;
}

void Var::backward(double seed) const { backward(Tensor::full(shape(), seed, dtype())); }

void Var::backward(const Tensor& seed) const {
  Node& root = node_of(*this);
  const auto operations = differentiable_operations(*this, "backward()");
  if (!root.has_values()) throw Error(ErrorCode::not_forwarded, "backward(): call forward() first");
  if (seed.dtype() != dtype()) {
    throw Error(ErrorCode::dtype,
                str("backward(): the seed is ", name_of(seed.dtype()), ", the value ", name_of(dtype())));
  }
  if (out_of_date(all_ancestors(edge_))) {
    throw Error(ErrorCode::invalid_argument, "backward(): a leaf was written after forward(); call forward() again");
  }
  std::vector<Var> targets = parameters();
  for (const auto& n : operations) {
    if (n->grads_off) {
      throw Error(ErrorCode::invalid_argument,
                  "backward(): the gradients of this graph are switched off; call with_grad() first");
    }
    for (const Node::Gradient& g : n->grads) targets.emplace_back(detail::Edge{n, g.output});
  }
  const std::vector<Var> gradients = neuro::grad(*this, targets, Var(seed));
  std::vector<detail::Edge> wanted;
  for (const Var& g : gradients) wanted.push_back(g.edge());
  const std::vector<Tensor> values = evaluate(std::move(wanted));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    Node& target = *targets[i].edge().node;
    Tensor& kept = target.gradient(targets[i].edge().output)->value;
    if (target.computed()) {
      kept =
          values[i].clone();  // of this backward() alone; memory of its own, as two values may have the same gradient
    } else {
      accumulate(kept, values[i]);
    }
  }
}

Tensor Var::grad() const {
  Node& node = node_of(*this);
  const Node::Gradient* gradient = node.gradient(edge_.output);
  if (gradient == nullptr) {
    throw Error(
        ErrorCode::invalid_argument,
        node.computed()
            ? "grad(): an intermediate value keeps its gradient only if retain_grad() marked it before backward()"
            : "grad(): this leaf is not differentiable; mark it with requires_grad()");
  }
  if (!gradient->value.defined()) {
    throw Error(ErrorCode::invalid_argument,
                node.grads_off ? "grad(): the gradients of this graph are switched off; call with_grad()"
                               : "grad(): no gradient has reached this value yet; call backward() first");
  }
  return gradient->value;
}

void Var::zero_grad() const {
  Tensor g = grad();
  std::fill_n(static_cast<std::byte*>(g.raw()), g.bytes(), std::byte{0});
}

Var Var::retain_grad() const {
  if (!differentiable()) throw Error(ErrorCode::invalid_argument, "retain_grad(): the value is not differentiable");
  Node& node = node_of(*this);
  if (node.gradient(edge_.output) == nullptr) node.grads.push_back({edge_.output, Tensor()});
  return *this;
}

void Var::no_grad() const {
  for (const auto& n : differentiable_operations(*this, "no_grad()")) {
    n->grads_off = true;
    for (Node::Gradient& g : n->grads) g.value = Tensor();
  }
}

void Var::with_grad() const {
  for (const auto& n : differentiable_operations(*this, "with_grad()")) {
    n->grads_off = false;
    for (Node::Gradient& g : n->grads) {
      const ValueInfo& info = n->outputs[static_cast<std::size_t>(g.output)];
      if (!g.value.defined()) g.value = Tensor::zeros(info.shape, info.dtype);
    }
  }
}

void Var::touch() const {
  Node& node = node_of(*this);
  if (node.kind != Node::Kind::leaf) {
    throw Error(ErrorCode::invalid_argument, "only a leaf's memory can be written from outside (touch(), data_mut())");
  }
  node.written_at = ++write_clock();
}

Var Var::detach() const {
  const Node& node = node_of(*this);
  if (node.kind == Node::Kind::leaf) return Var(data());
  if (!node.computed()) return *this;  // a placeholder or a constant
  const NoGrad off;
  Attrs attrs;
  attrs.i.assign(shape().begin(), shape().end());
  return record(reshape_def, {*this}, std::move(attrs));
}

std::ostream& operator<<(std::ostream& out, const Var& x) {
  if (!x.defined()) return out << "<undefined>";
  const Node& node = *x.edge().node;
  if (node.has_values()) return out << x.data();
  return out << str('<', node.computed() ? node.op->name : "placeholder", ' ', name_of(x.dtype()), ' ', x.shape(),
                    node.computed() ? ", not computed>" : ">");
}

}  // namespace neuro
