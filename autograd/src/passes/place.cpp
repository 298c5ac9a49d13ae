// Placement: every value that owns memory gets a place. Values of disjoint lifetimes share the arena; an elementwise
// result takes over the memory of an operand that dies with it.
#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "neuro/error.h"
#include "neuro/str.h"
#include "plan.h"

namespace neuro::planning {
namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 47;  // of one value: user space ends there
constexpr std::size_t kAlign = 64;                         // a cache line, and the widest vector

std::size_t aligned_bytes(const Value& v) {
  const std::size_t bytes = static_cast<std::size_t>(v.shape.elements()) * size_of(v.dtype);
  return (std::max<std::size_t>(bytes, 1) + kAlign - 1) / kAlign * kAlign;
}

struct Lifetime {
  int first = std::numeric_limits<int>::max();
  int last = -1;
};

/// First and last step that touches each root.
std::vector<Lifetime> lifetimes(const Graph& graph, std::size_t commit_begin) {
  std::vector<Lifetime> out(graph.values.size());
  const auto touch = [&](int v, int step) {
    Lifetime& l = out[static_cast<std::size_t>(graph.root(v))];
    l.first = std::min(l.first, step);
    l.last = std::max(l.last, step);
  };
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    for (const int v : graph.steps[s].in) touch(v, static_cast<int>(s));
    for (const int v : graph.steps[s].out) touch(v, static_cast<int>(s));
  }
  if (graph.guard >= 0) touch(graph.guard, static_cast<int>(commit_begin));
  return out;
}

/// All values whose memory was `from` now live in `to`'s.
void move_root(Graph& graph, int from, int to) {
  for (Value& v : graph.values) {
    if (v.root == from) v.root = to;
  }
}

bool is_output(const Graph& graph, int root) {
  return std::any_of(graph.outputs.begin(), graph.outputs.end(), [&](int v) { return graph.root(v) == root; }) ||
         (graph.guard >= 0 && graph.root(graph.guard) == root);
}

// Inside a tile program the result of instruction k may lie over an input when no later instruction reads that input.
void reuse_in_place(Graph& graph, std::size_t commit_begin) {
  std::vector<Lifetime> life = lifetimes(graph, commit_begin);
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    Step& step = graph.steps[s];
    if (step.tile == nullptr) continue;
    const TileProgram& program = *step.tile;
    const int n_in = static_cast<int>(step.in.size());
    std::vector<int> taken;
    for (const TileProgram::Output& out : program.outputs) {
      const int result = step.out[static_cast<std::size_t>(out.operand - n_in)];
      const int made_by = out.slot - static_cast<int>(program.inputs.size());
      if (graph.root(result) != result) continue;
      for (std::size_t i = 0; i < program.inputs.size(); ++i) {
        const TileProgram::Input& input = program.inputs[i];
        if (!input.direct || program.last_use(static_cast<int>(i)) > made_by) continue;
        const bool raw = input.operand >= n_in;  // the product's own result
        const int v = raw ? step.out[static_cast<std::size_t>(input.operand - n_in)]
                          : step.in[static_cast<std::size_t>(input.operand)];
        const int root = graph.root(v);
        const Lifetime& l = life[static_cast<std::size_t>(root)];
        if (root == result || graph.value(root).kind != Value::Kind::computed || l.last > static_cast<int>(s) ||
            is_output(graph, root) || graph.value(root).dtype != graph.value(result).dtype ||
            graph.value(root).shape.elements() != graph.value(result).shape.elements() ||
            std::find(taken.begin(), taken.end(), root) != taken.end()) {
          continue;
        }
        // Nobody else in this step may look at that memory: not the product, not a gathered (transposed) operand.
        int looks = 0;
        for (const int w : step.in) looks += graph.root(w) == root;
        for (const int w : step.out) looks += graph.root(w) == root;
        if (looks != 1) continue;
        taken.push_back(root);
        if (is_output(graph, result)) {  // the operand moves into the result's memory, which leaves the plan
          move_root(graph, root, result);
          taken.push_back(result);
          life[static_cast<std::size_t>(result)].first =
              std::min(life[static_cast<std::size_t>(result)].first, l.first);
        } else {
          move_root(graph, result, root);
          life[static_cast<std::size_t>(root)].last = std::max(l.last, life[static_cast<std::size_t>(result)].last);
        }
        break;
      }
    }
  }
}

/// A value that wants a place in the arena.
struct Block {
  std::size_t bytes;
  int first, last;
  std::size_t offset = 0;
};

/// The largest sum of the blocks that are alive at one step: no arrangement needs less.
std::size_t most_alive(const std::vector<Block>& blocks, std::size_t steps) {
  std::vector<std::size_t> born(steps + 2), dead(steps + 2);
  for (const Block& b : blocks) {
    born[static_cast<std::size_t>(b.first)] += b.bytes;
    dead[static_cast<std::size_t>(b.last) + 1] += b.bytes;
  }
  std::size_t live = 0, most = 0;
  for (std::size_t s = 0; s < born.size(); ++s) {
    live = live + born[s] - dead[s];
    most = std::max(most, live);
  }
  return most;
}

/// Gives every block, in this order, the lowest gap between those that are alive with it, or with `snug` the smallest.
/// Returns the end of the last.
std::size_t arrange_in_order(std::vector<Block>& blocks, const std::vector<int>& order, bool snug) {
  std::vector<const Block*> placed;  // by offset
  std::size_t end = 0;
  for (const int i : order) {
    Block& b = blocks[static_cast<std::size_t>(i)];
    std::size_t at = 0, best = std::numeric_limits<std::size_t>::max(), best_gap = best;
    for (const Block* other : placed) {
      if (other->last < b.first || b.last < other->first) continue;
      if (other->offset >= at + b.bytes && other->offset - at < best_gap) {
        best = at;
        best_gap = other->offset - at;
        if (!snug) break;
      }
      at = std::max(at, other->offset + other->bytes);
    }
    b.offset = best_gap < std::numeric_limits<std::size_t>::max() ? best : at;
    end = std::max(end, b.offset + b.bytes);
    const auto after = [](const Block* x, const Block* y) { return x->offset < y->offset; };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &b, after), &b);
  }
  return end;
}

/// Chooses all offsets: tries several orders and keeps the best, or the first that is within 1/64 of `bound`. Where
/// none is within 1/16 it goes on: what ended above the bound came too late and goes before the others in the next
/// order.
/// ("Squeaky wheel" optimization: Joslin and Clements 1999)
std::size_t arrange(std::vector<Block>& blocks, std::size_t bound) {
  using Rank = double (*)(const Block&);  // the largest goes first
  static constexpr Rank kRanks[] = {
      [](const Block& b) { return static_cast<double>(b.bytes); },
      [](const Block& b) { return static_cast<double>(b.bytes) * (b.last - b.first + 1); },
      [](const Block& b) { return static_cast<double>(b.last - b.first); },
      [](const Block& b) { return static_cast<double>(-b.first); },
      [](const Block& b) { return static_cast<double>(b.last); },
  };
  std::vector<Block> best;
  std::size_t best_end = std::numeric_limits<std::size_t>::max();
  const auto attempt = [&](const std::vector<int>& order, bool snug) {
    const std::size_t end = arrange_in_order(blocks, order, snug);
    if (end < best_end) {
      best_end = end;
      best = blocks;
    }
    return best_end - bound <= bound / 64;
  };
  const auto search = [&] {
    std::vector<int> order(blocks.size());
    for (const Rank rank : kRanks) {
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        const Block &x = blocks[static_cast<std::size_t>(a)], &y = blocks[static_cast<std::size_t>(b)];
        return rank(x) != rank(y) ? rank(x) > rank(y) : x.bytes > y.bytes;
      });
      for (const bool snug : {false, true}) {
        if (attempt(order, snug)) return;
      }
    }
  };
  search();
  if (best_end - bound > bound / 16) {
    constexpr std::size_t kWork = std::size_t{1} << 22;  // pairs of blocks that are looked at: some milliseconds
    std::vector<int> order(blocks.size()), late(blocks.size());
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t round = 0; round < std::min<std::size_t>(64, kWork / (blocks.size() * blocks.size())); ++round) {
      for (std::size_t i = 0; i < blocks.size(); ++i) late[i] += blocks[i].offset + blocks[i].bytes > bound;
      std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        const auto x = static_cast<std::size_t>(a), y = static_cast<std::size_t>(b);
        return late[x] != late[y] ? late[x] > late[y] : blocks[x].bytes > blocks[y].bytes;
      });
      attempt(order, round % 2 == 1);
      if (best_end - bound <= bound / 16) break;
    }
  }
  blocks = std::move(best);
  return best_end;
}

}  // namespace

void place(Plan& plan, Planning planning) {
  Graph& graph = plan.graph;
  plan.commit_begin = static_cast<std::size_t>(
      std::find_if(graph.steps.begin(), graph.steps.end(), [](const Step& s) { return s.commit; }) -
      graph.steps.begin());
  if (planning == Planning::full) reuse_in_place(graph, plan.commit_begin);

  plan.storages.assign(graph.values.size(), {});
  for (const int v : graph.outputs) {
    auto it = std::find(plan.output_values.begin(), plan.output_values.end(), v);
    if (it == plan.output_values.end()) it = plan.output_values.insert(it, v);
    plan.output_index.push_back(static_cast<int>(it - plan.output_values.begin()));
    Storage& s = plan.storages[static_cast<std::size_t>(graph.root(v))];
    s.kind = Storage::Kind::output;
    s.index = plan.output_index.back();
  }

  const std::vector<Lifetime> life = lifetimes(graph, plan.commit_begin);
  std::vector<int> roots;  // that want a place in the arena
  for (std::size_t v = 0; v < graph.values.size(); ++v) {
    const Value& value = graph.values[v];
    Storage& s = plan.storages[v];
    if (value.root != static_cast<int>(v)) continue;
    s.bytes = aligned_bytes(value);
    if (value.kind == Value::Kind::leaf) {
      s.kind = Storage::Kind::leaf;
      s.index = value.leaf;
    } else if (value.kind == Value::Kind::constant) {
      s.kind = Storage::Kind::constant;
      s.index = static_cast<int>(plan.constants.size());
      const Tensor t = Tensor::full(Shape{}, value.constant, value.dtype);
      std::memcpy(plan.constants.emplace_back().data(), t.raw(), t.bytes());
    } else if (s.kind == Storage::Kind::none && life[v].last >= 0) {
      if (value.shape.elements() > kMaxBytes / static_cast<std::int64_t>(size_of(value.dtype))) {
        throw Error(ErrorCode::resource, str("no memory for a plan: an intermediate value ", name_of(value.dtype), " ",
                                             value.shape, " does not fit the address space"));
      }
      s.kind = Storage::Kind::arena;
      roots.push_back(static_cast<int>(v));
    }
  }

  if (planning == Planning::naive) {
    for (const int v : roots) {
      plan.storages[static_cast<std::size_t>(v)].offset = plan.arena_bytes;
      plan.arena_bytes += plan.storages[static_cast<std::size_t>(v)].bytes;
    }
    plan.live_bytes = plan.arena_bytes;
    return;
  }
  std::vector<Block> blocks;
  for (const int v : roots) {
    const Lifetime& l = life[static_cast<std::size_t>(v)];
    blocks.push_back({plan.storages[static_cast<std::size_t>(v)].bytes, l.first, l.last});
  }
  plan.live_bytes = most_alive(blocks, graph.steps.size());
  plan.arena_bytes = arrange(blocks, plan.live_bytes);
  for (std::size_t i = 0; i < roots.size(); ++i) {
    plan.storages[static_cast<std::size_t>(roots[i])].offset = blocks[i].offset;
  }
}

}  // namespace neuro::planning
