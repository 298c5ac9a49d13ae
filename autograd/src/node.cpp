#include "node.h"

#include <algorithm>
#include <unordered_set>

namespace neuro {
namespace {
std::atomic<std::uint64_t> next_id{1};
}  // namespace

Node::Node() : id(next_id.fetch_add(1, std::memory_order_relaxed)) {}

// Releases a long chain of nodes without recursion: a graph of a million steps must not overflow the stack.
Node::~Node() {
  std::vector<detail::Edge> doomed = std::move(inputs);
  for (Update& u : updates) doomed.push_back(std::move(u.value));
  while (!doomed.empty()) {
    std::shared_ptr<Node> node = std::move(doomed.back().node);
    doomed.pop_back();
    if (node.use_count() == 1) {
      for (detail::Edge& edge : node->inputs) doomed.push_back(std::move(edge));
      node->inputs.clear();
    }
  }
}

std::atomic<std::uint64_t>& write_clock() {
  static std::atomic<std::uint64_t> clock{0};
  return clock;
}

bool& grad_enabled() {
  thread_local bool enabled = true;
  return enabled;
}

namespace {
const char*& whole() {
  thread_local const char* name = nullptr;
  return name;
}
}  // namespace

PartOf::PartOf(const char* name) : before_(whole()) {
  if (before_ == nullptr) whole() = name;
}
PartOf::~PartOf() { whole() = before_; }
const char* PartOf::what() { return whole(); }

std::vector<std::shared_ptr<Node>> ancestors(std::span<const std::shared_ptr<Node>> roots,
                                             FunctionRef<bool(const Node&)> through) {
  std::vector<std::shared_ptr<Node>> found, stack(roots.begin(), roots.end());
  std::unordered_set<const Node*> seen;
  while (!stack.empty()) {
    std::shared_ptr<Node> node = std::move(stack.back());
    stack.pop_back();
    if (!seen.insert(node.get()).second) continue;
    if (through(*node)) {
      for (const detail::Edge& edge : node->inputs) stack.push_back(edge.node);
    }
    found.push_back(std::move(node));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  return found;
}

}  // namespace neuro
