#include "rearrange.h"

#include <algorithm>
#include <numeric>

#include "neuro/elaborate.h"
#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {
namespace {

using Kind = RearrangeFailure::Kind;

bool literal(const Dim& size) { return size.constant().has_value(); }
bool one(const Dim& size) { return size.constant() == 1; }

/// a * b, or nothing where 64 bits do not hold a number in it.
std::optional<Dim> times(const Dim& a, const Dim& b) {
  try {
    return a * b;
  } catch (const DimError&) {
    return std::nullopt;
  }
}

std::string count_text(__int128 count) {
  constexpr __int128 kMax = INT64_MAX;
  return count > kMax ? str("more than ", INT64_MAX) : str(static_cast<std::int64_t>(count));
}

/// The product of literal sizes; it stops growing beyond what 64 bits count.
__int128 count_of(const std::vector<Dim>& sizes) {
  __int128 count = 1;
  for (const Dim& size : sizes) {
    if (*size.constant() == 0) return 0;
  }
  for (const Dim& size : sizes) {
    if (count <= INT64_MAX) count *= *size.constant();
  }
  return count;
}

class Matcher {
 public:
  explicit Matcher(const RearrangeQuery& query) : q_(query), links_of_axis_(query.source.size(), -1) {}

  std::variant<Rearrangement, RearrangeFailure> run() {
    for (const TargetAxis& axis : q_.target) {
      entries_.emplace_back();
      for (const TargetFactor& factor : axis.factors) {
        if (factor.unknown || !one(factor.size)) entries_.back().push_back(add_slot(factor));
      }
    }
    match_entries();
    match_slots();
    while (split() || merge() || expand()) match_slots();
    if (q_.mode != ReshapeMode::repeat) match_literals();
    rest();
    if (failure_) return *failure_;
    return build();
  }

 private:
  struct Slot {
    TargetFactor factor;
    int link = -1;
    bool fresh = false;  ///< a new axis of a repetition
    SymShape value;      ///< of the slot, as a product
    std::vector<int> atoms;
  };
  /// Axes and slots of equal size: one axis and its parts, one slot and its parts, or a block that keeps its order.
  struct Link {
    std::vector<std::size_t> axes;
    std::vector<int> slots;
    bool block = false;
  };

  // --- The parts -----------------------------------------------------------------------------------------------------

  int add_slot(const TargetFactor& factor) {
    Slot slot;
    slot.factor = factor;
    slot.value = {{factor.size}};
    slots_.push_back(std::move(slot));
    return static_cast<int>(slots_.size()) - 1;
  }
  Slot& slot(int id) { return slots_[static_cast<std::size_t>(id)]; }
  const Dim& size(int id) { return slot(id).factor.size; }
  const Dim& size_of_axis(std::size_t axis) const { return q_.source[axis].size; }

  std::vector<int> slots_in_order() const {
    std::vector<int> out;
    for (const auto& entry : entries_) out.insert(out.end(), entry.begin(), entry.end());
    return out;
  }
  /// Known ones only, or all.
  std::vector<int> open_slots(bool unknown_too = false) {
    std::vector<int> out;
    for (const int id : slots_in_order()) {
      const bool is_new = q_.mode == ReshapeMode::repeat && literal(size(id));  // a literal is always new
      if (slot(id).link < 0 && !is_new && (unknown_too || !slot(id).factor.unknown)) out.push_back(id);
    }
    return out;
  }
  bool open(std::size_t axis) const {
    return links_of_axis_[axis] < 0 && (q_.source[axis].is_variadic() || !one(size_of_axis(axis)));
  }
  std::vector<std::size_t> open_axes(bool runs = false) const {
    std::vector<std::size_t> out;
    for (std::size_t a = 0; a < q_.source.size(); ++a) {
      if (open(a) && (runs || !q_.source[a].is_variadic())) out.push_back(a);
    }
    return out;
  }

  void connect(std::vector<std::size_t> axes, std::vector<int> ids, bool block = false) {
    const int link = static_cast<int>(links_.size());
    for (const std::size_t axis : axes) links_of_axis_[axis] = link;
    for (const int id : ids) slot(id).link = link;
    links_.push_back({std::move(axes), std::move(ids), block});
  }

  void fail(Kind kind, const std::vector<std::size_t>& axes, const std::vector<int>& ids, std::string why = {}) {
    if (failure_) return;
    failure_.emplace();
    failure_->kind = kind;
    failure_->axes = axes;
    for (const int id : ids) failure_->factors.push_back(slot(id).factor.text);
    failure_->why = std::move(why);
  }

  // --- Names ---------------------------------------------------------------------------------------------------------

  /// The first open axis of this size. In a reduction a second one is a second reading.
  std::optional<std::size_t> axis_of(const Dim& size) const {
    for (const std::size_t axis : open_axes()) {
      if (size_of_axis(axis) == size) return axis;
    }
    return std::nullopt;
  }

  /// Whole entries first, so that `4*d` takes the axis that is 4*d, not one that is d.
  void match_entries() {
    for (const auto& entry : entries_) {
      std::optional<Dim> product = Dim(1);
      for (const int id : entry) {
        if (slot(id).factor.unknown || !product) {
          product.reset();
          break;
        }
        product = times(*product, size(id));
      }
      if (!product || literal(*product)) continue;
      if (const auto axis = axis_of(*product)) connect({*axis}, entry);
    }
  }

  void match_slots() {
    for (const int id : open_slots()) {
      if (literal(size(id))) continue;
      if (const auto axis = axis_of(size(id))) connect({*axis}, {id});
    }
  }

  /// The first subset of two or more of `sizes` with this product.
  static std::vector<std::size_t> factors_of(const Dim& goal, const std::vector<Dim>& sizes) {
    constexpr std::size_t kMost = 12;  // 4096 subsets; shapes have at most 8 axes
    std::vector<std::size_t> chosen;
    const std::size_t count = std::min(sizes.size(), kMost);
    const std::function<bool(std::size_t, const Dim&)> search = [&](std::size_t next, const Dim& product) {
      if (chosen.size() > 1 && product == goal) return true;
      for (std::size_t i = next; i < count; ++i) {
        const auto larger = times(product, sizes[i]);
        if (!larger) continue;
        chosen.push_back(i);
        if (search(i + 1, *larger)) return true;
        chosen.pop_back();
      }
      return false;
    };
    search(0, 1);
    return chosen;
  }

  /// An axis whose parts the target names.
  bool split() {
    for (const std::size_t axis : open_axes()) {
      if (literal(size_of_axis(axis))) continue;
      const std::vector<int> candidates = open_slots();
      std::vector<Dim> sizes;
      for (const int id : candidates) sizes.push_back(size(id));
      std::vector<int> parts;
      for (const std::size_t i : factors_of(size_of_axis(axis), sizes)) parts.push_back(candidates[i]);
      if (parts.empty()) continue;
      connect({axis}, parts);
      return true;
    }
    return false;
  }

  /// A size of the target whose parts are axes: in the order that was recorded for it, otherwise in the source's.
  bool merge() {
    for (const int id : open_slots()) {
      if (literal(size(id))) continue;
      const std::vector<std::size_t> candidates = open_axes();
      std::vector<Dim> sizes;
      for (const std::size_t axis : candidates) sizes.push_back(size_of_axis(axis));
      std::vector<std::size_t> parts;
      for (const std::size_t i : factors_of(size(id), sizes)) parts.push_back(candidates[i]);
      if (parts.empty()) continue;
      if (!in_recorded_order(size(id), parts)) {
        fail(Kind::ambiguous, parts, {id});
        return false;
      }
      connect(parts, {id});
      return true;
    }
    return false;
  }

  /// Sorts parts of `whole` as a step before recorded them; false when several orders were recorded and none is the
  /// source's.
  bool in_recorded_order(const Dim& whole, std::vector<std::size_t>& parts) const {
    std::vector<std::size_t> found;
    int orders = 0;
    for (const SizeRecord& record : q_.records) {
      if (!(record.whole == whole) || record.factors.size() != parts.size()) continue;
      std::vector<std::size_t> left = parts, sorted;
      for (const Dim& factor : record.factors) {
        const auto part =
            std::find_if(left.begin(), left.end(), [&](std::size_t a) { return size_of_axis(a) == factor; });
        if (part == left.end()) break;
        sorted.push_back(*part);
        left.erase(part);
      }
      if (sorted.size() != parts.size()) continue;
      if (sorted == parts) return true;
      if (sorted != found) ++orders;
      found = sorted;
    }
    if (orders == 1) parts = found;
    return orders < 2;
  }

  /// A name of the target that stands for recorded parts, some of which are axes, becomes these.
  bool expand() {
    for (auto& entry : entries_) {
      for (std::size_t at = 0; at < entry.size(); ++at) {
        const TargetFactor factor = slot(entry[at]).factor;
        if (slot(entry[at]).link >= 0 || factor.unknown || literal(factor.size)) continue;
        for (auto record = q_.records.rbegin(); record != q_.records.rend(); ++record) {
          const bool present = std::any_of(record->factors.begin(), record->factors.end(),
                                           [&](const Dim& part) { return axis_of(part).has_value(); });
          if (!(record->whole == factor.size) || !present) continue;
          std::vector<int> parts;
          for (const Dim& part : record->factors) parts.push_back(add_slot({part, factor.text}));
          entry.erase(entry.begin() + static_cast<std::ptrdiff_t>(at));
          entry.insert(entry.begin() + static_cast<std::ptrdiff_t>(at), parts.begin(), parts.end());
          return true;
        }
      }
    }
    return false;
  }

  // --- Numbers -------------------------------------------------------------------------------------------------------

  /// Numbers are matched as names are when those of one side are all found on the other; otherwise the order decides.
  void match_literals() {
    std::vector<std::size_t> axes = open_axes();
    axes.erase(std::remove_if(axes.begin(), axes.end(), [&](std::size_t a) { return !literal(size_of_axis(a)); }),
               axes.end());
    std::vector<int> ids = open_slots();
    ids.erase(std::remove_if(ids.begin(), ids.end(), [&](int id) { return !literal(size(id)); }), ids.end());
    std::vector<std::pair<std::size_t, int>> pairs;
    for (const int id : ids) {
      const auto axis = std::find_if(axes.begin(), axes.end(), [&](std::size_t a) {
        const auto taken = [&](const auto& pair) { return pair.first == a; };
        return size_of_axis(a) == size(id) && std::none_of(pairs.begin(), pairs.end(), taken);
      });
      if (axis != axes.end()) pairs.emplace_back(*axis, id);
    }
    if (pairs.size() != std::min(axes.size(), ids.size())) return;
    for (const auto& [axis, id] : pairs) connect({axis}, {id});
  }

  // --- What is left --------------------------------------------------------------------------------------------------

  void rest() {
    if (failure_) return;
    const std::vector<std::size_t> axes = open_axes(true);
    const std::vector<int> ids = open_slots(true);
    std::vector<int> unknown;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(unknown), [&](int id) { return slot(id).factor.unknown; });
    if (q_.mode == ReshapeMode::reduce) {
      rest_of_reduction(axes, ids);
    } else if (q_.mode == ReshapeMode::repeat) {
      if (!axes.empty() || !unknown.empty()) {
        fail(unknown.empty() ? Kind::unmatched : Kind::unsolved, axes, unknown);
        return;
      }
      for (const int id : slots_in_order()) slot(id).fresh = slot(id).link < 0;
    } else if (unknown.size() > 1) {
      fail(Kind::unsolved, axes, unknown);
    } else if (has_others()) {
      rest_with_others(axes, ids);
    } else {
      pair(axes, ids, unknown.empty() ? -1 : unknown.front());
    }
  }

  bool has_others() const {
    return std::any_of(q_.target.begin(), q_.target.end(), [](const TargetAxis& axis) { return axis.others; });
  }

  void rest_of_reduction(const std::vector<std::size_t>& axes, const std::vector<int>& ids) {
    if (!ids.empty()) {
      fail(slot(ids.front()).factor.unknown ? Kind::unsolved : Kind::unmatched, axes, ids);
    } else if (axes.empty() || has_others()) {
      fail(Kind::nothing, axes, {});
    }
    for (const std::size_t left : axes) {  // one of two equal axes goes: which?
      for (const Link& link : links_) {
        for (const std::size_t kept : link.axes) {
          if (q_.source[left].is_variadic() || !(size_of_axis(kept) == size_of_axis(left))) continue;
          fail(Kind::ambiguous, {std::min(kept, left), std::max(kept, left)}, {});
        }
      }
    }
  }

  /// `others` takes the axes that are left, or what remains of the only one when the target names factors of it.
  void rest_with_others(const std::vector<std::size_t>& axes, const std::vector<int>& ids) {
    if (ids.empty()) return;
    if (axes.size() != 1 || q_.source[axes[0]].is_variadic() || slot(ids.front()).factor.unknown ||
        slot(ids.back()).factor.unknown) {
      fail(Kind::unmatched, axes, ids);
      return;
    }
    const auto remainder = divided(axes[0], ids);
    if (!remainder) return;
    std::vector<int> parts;
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      if (q_.target[e].others) entries_[e].push_back(add_slot({*remainder, "others"}));
      for (const int id : entries_[e]) {
        if (slot(id).link < 0) parts.push_back(id);
      }
    }
    connect(axes, parts);
  }

  /// An axis divided by known factors; nothing after reporting that it is not divisible.
  std::optional<Dim> divided(std::size_t axis, const std::vector<int>& ids) {
    Dim size_left = size_of_axis(axis);
    try {
      Dim product = 1;
      for (const int id : ids) {
        if (!slot(id).factor.unknown) product = product * size(id);
      }
      return size_left / product;
    } catch (const DimError& error) {
      fail(error.kind == DimError::Kind::overflow ? Kind::overflow : Kind::count, {axis}, ids, error.what());
      return std::nullopt;
    }
  }

  SymShape sizes_of(const std::vector<std::size_t>& axes) const {
    SymShape out;
    for (const std::size_t axis : axes) out.push_back(q_.source[axis]);
    return out;
  }
  bool any_run(const std::vector<std::size_t>& axes) const {
    return std::any_of(axes.begin(), axes.end(), [&](std::size_t a) { return q_.source[a].is_variadic(); });
  }
  bool all_literal(const std::vector<std::size_t>& axes, const std::vector<int>& ids) {
    return !any_run(axes) &&
           std::all_of(axes.begin(), axes.end(), [&](std::size_t a) { return literal(size_of_axis(a)); }) &&
           std::all_of(ids.begin(), ids.end(), [&](int id) { return slot(id).factor.unknown || literal(size(id)); });
  }
  bool unnamed(const std::vector<std::size_t>& axes) const {
    bool found = false;
    for (const std::size_t axis : axes) {
      found = found || q_.source[axis].is_variadic();
      size_of_axis(axis).each_symbol([&](int s) { found = found || (q_.named && !q_.named(s)); });
    }
    return found;
  }
  bool all_rigid(const std::vector<std::size_t>& axes, const std::vector<int>& ids) {
    bool rigid = true;
    const auto look = [&](int s) { rigid = rigid && q_.rigid && q_.rigid(s); };
    for (const std::size_t axis : axes) size_of_axis(axis).each_symbol(look);
    for (const int id : ids) size(id).each_symbol(look);
    return rigid;
  }

  Dim product(const std::vector<std::size_t>& axes) const {
    Dim out = 1;
    for (const std::size_t axis : axes) out = out * size_of_axis(axis);
    return out;
  }
  Dim product(const std::vector<int>& ids, int without) {
    Dim out = 1;
    for (const int id : ids) out = id == without ? out : out * size(id);
    return out;
  }

  /// Axes and slots that names did not bring together.
  void pair(const std::vector<std::size_t>& axes, const std::vector<int>& ids, int unknown) {
    if (axes.empty() && ids.empty()) return;
    if (all_literal(axes, ids) && !axes.empty() && !ids.empty()) {
      pair_numbers(axes, ids, unknown);
    } else if (ids.size() == 1 && unknown >= 0) {
      solve(unknown, sizes_of(axes));
      connect(axes, ids);
    } else if (axes.empty() || ids.empty()) {
      fail(Kind::unmatched, axes, ids);
    } else if (axes.size() == 1 && unknown >= 0 && !any_run(axes)) {
      if (const auto value = divided(axes[0], ids)) {
        solve(unknown, {{*value}});
        connect(axes, ids);
      }
    } else if ((axes.size() == 1 || ids.size() == 1) && unknown < 0 && !any_run(axes) &&
               (all_rigid(axes, ids) || unnamed(axes))) {
      result_.positional = !all_rigid(axes, ids);
      equal(product(axes), product(ids, -1));
      connect(axes, ids);
    } else if (unnamed(axes)) {
      positional(axes, ids, unknown);
    } else {
      fail(Kind::unmatched, axes, ids);
    }
  }

  void equal(const Dim& source, const Dim& target) {
    if (!(source == target)) result_.equations.emplace_back(source, target);
  }

  void solve(int id, SymShape value) {
    result_.solved.emplace_back(*size(id).as_symbol(), value);
    if (value.size() == 1 && !value[0].is_variadic()) slot(id).factor.size = value[0].size;
    slot(id).value = std::move(value);
  }

  /// Numbers: groups of equal products, from the front and from the back; what stands between keeps its order.
  void pair_numbers(const std::vector<std::size_t>& axes, const std::vector<int>& ids, int unknown) {
    std::vector<Dim> source, target;
    for (const std::size_t axis : axes) source.push_back(size_of_axis(axis));
    for (const int id : ids) {
      if (id != unknown) target.push_back(size(id));
    }
    const __int128 have = count_of(source), want = count_of(target);
    const bool fits = unknown < 0 ? have == want : want != 0 && have % want == 0;
    if (!fits || have > INT64_MAX) {
      fail(have > INT64_MAX || want > INT64_MAX ? Kind::overflow : Kind::count, axes, ids,
           unknown < 0 ? str(count_text(have), " is not ", count_text(want))
                       : str(count_text(have), " / ", count_text(want), " is not an integer"));
      return;
    }
    if (unknown >= 0) solve(unknown, {{Dim(static_cast<std::int64_t>(have / want))}});
    if (have == 0) return block(axes, ids);
    std::vector<std::size_t> group;
    std::vector<int> parts;
    __int128 s = 1, t = 1;
    std::size_t i = 0, j = 0;
    while (i < axes.size() || j < ids.size()) {
      const bool take_axis = i < axes.size() && (j == ids.size() || s <= t);
      if (take_axis) {
        group.push_back(axes[i]);
        s *= *size_of_axis(axes[i++]).constant();
      } else {
        parts.push_back(ids[j]);
        t *= *size(ids[j++]).constant();
      }
      const bool last = i == axes.size() && j == ids.size();
      if ((s != t && !last) || group.empty() || parts.empty()) continue;
      if (group.size() > 1 && parts.size() > 1) {
        block(group, parts);
      } else {
        connect(group, parts);
      }
      group.clear();
      parts.clear();
      s = t = 1;
    }
    if (group.empty() && parts.empty()) return;
    fail(Kind::unmatched, group, parts);
  }

  /// Axes that become slots with their elements in row-major order.
  void block(const std::vector<std::size_t>& axes, const std::vector<int>& ids) {
    result_.positional = true;
    if (contiguous(axes, ids)) {
      connect(axes, ids, true);
    } else {
      fail(Kind::unmatched, axes, ids);
    }
  }

  bool contiguous(const std::vector<std::size_t>& axes, const std::vector<int>& ids) const {
    for (std::size_t a = axes.front(); a <= axes.back(); ++a) {
      const bool inside = std::find(axes.begin(), axes.end(), a) != axes.end();
      if (!inside && (q_.source[a].is_variadic() || !one(size_of_axis(a)))) return false;
    }
    const std::vector<int> order = slots_in_order();
    const auto first = std::find(order.begin(), order.end(), ids.front());
    return static_cast<std::size_t>(order.end() - first) >= ids.size() && std::equal(ids.begin(), ids.end(), first);
  }

  /// Names are missing: where they stand beside each other, and otherwise if nothing else moves, sizes go by position.
  void positional(std::vector<std::size_t> axes, std::vector<int> ids, int unknown) {
    result_.positional = true;
    if (!contiguous(axes, ids)) {
      std::size_t next = 0;
      for (const int id : slots_in_order()) {
        if (slot(id).link < 0) continue;
        const Link& link = links_[static_cast<std::size_t>(slot(id).link)];
        for (const std::size_t axis : link.axes) {
          if (axis < next) {
            fail(Kind::unmatched, axes, ids);
            return;
          }
          next = axis;
        }
      }
      links_.clear();
      std::fill(links_of_axis_.begin(), links_of_axis_.end(), -1);
      for (Slot& s : slots_) s.link = -1;
      axes = open_axes(true);
      ids = slots_in_order();
    }
    if (!any_run(axes)) {
      try {
        const Dim have = product(axes), want = product(ids, unknown);
        if (unknown >= 0) {
          solve(unknown, {{have / want}});
        } else {
          equal(have, want);
        }
      } catch (const DimError& error) {
        fail(error.kind == DimError::Kind::overflow ? Kind::overflow : Kind::count, axes, ids, error.what());
        return;
      }
    }
    connect(axes, ids, true);
  }

  // --- The result ----------------------------------------------------------------------------------------------------

  Rearrangement build() {
    result_.source = q_.source;
    std::vector<int> atom_of_axis(q_.source.size(), -1);
    std::vector<bool> placed(links_.size(), false);
    const auto add_atom = [&](std::vector<std::size_t> axes, std::optional<SymShape> part = std::nullopt) {
      result_.atoms.push_back({std::move(axes), std::move(part)});
      return static_cast<int>(result_.atoms.size()) - 1;
    };
    for (std::size_t a = 0; a < q_.source.size(); ++a) {
      const int link_id = links_of_axis_[a];
      if (link_id < 0) {
        if (open(a)) atom_of_axis[a] = add_atom({a});
        continue;
      }
      const Link& link = links_[static_cast<std::size_t>(link_id)];
      if (link.slots.size() == 1) {
        atom_of_axis[a] = add_atom({a});
      } else if (!placed[static_cast<std::size_t>(link_id)]) {
        placed[static_cast<std::size_t>(link_id)] = true;
        if (link.block) {
          slot(link.slots[0]).atoms = {add_atom(link.axes)};
        } else {
          for (const int id : link.slots) slot(id).atoms = {add_atom({a}, slot(id).value)};
          remember(size_of_axis(a), link.slots);
        }
      }
    }
    for (const Link& link : links_) {
      if (link.slots.size() != 1) continue;
      std::vector<Dim> parts;
      for (const std::size_t axis : link.axes) {
        slot(link.slots[0]).atoms.push_back(atom_of_axis[axis]);
        if (!q_.source[axis].is_variadic()) parts.push_back(size_of_axis(axis));
      }
      const auto whole = value_of(slot(link.slots[0]).value);
      if (whole && parts.size() > 1 && parts.size() == link.axes.size()) result_.records.push_back({*whole, parts});
    }
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      Rearrangement::Result& result = result_.results.emplace_back();
      const std::size_t before = result_.pieces.size();
      for (const int id : entries_[e]) {
        const Slot& s = slot(id);
        result.size.insert(result.size.end(), s.value.begin(), s.value.end());
        result.by_position = result.by_position || (s.link >= 0 && links_[static_cast<std::size_t>(s.link)].block);
        if (s.fresh) result_.pieces.push_back({-1, size(id)});
        for (const int atom : s.atoms) result_.pieces.push_back({atom, 0});
      }
      if (entries_[e].size() > 1) {
        if (const auto whole = value_of(result.size)) remember(*whole, entries_[e]);
      }
      for (std::size_t a = 0; q_.target[e].others && a < q_.source.size(); ++a) {
        if (!open(a)) continue;
        result.size.push_back(q_.source[a]);
        result_.pieces.push_back({atom_of_axis[a], 0});
      }
      result.pieces = result_.pieces.size() - before;
    }
    return std::move(result_);
  }

  static std::optional<Dim> value_of(const SymShape& axes) {
    std::optional<Dim> out = Dim(1);
    for (const Axis& axis : axes) out = out && !axis.is_variadic() ? times(*out, axis.size) : std::nullopt;
    return out;
  }

  void remember(const Dim& whole, const std::vector<int>& ids) {
    SizeRecord record{whole, {}};
    for (const int id : ids) {
      const auto part = value_of(slot(id).value);
      if (!part) return;
      record.factors.push_back(*part);
    }
    result_.records.push_back(std::move(record));
  }

  const RearrangeQuery& q_;
  std::vector<Slot> slots_;
  std::vector<std::vector<int>> entries_;  ///< slots of each entry of the target
  std::vector<int> links_of_axis_;
  std::vector<Link> links_;
  Rearrangement result_;
  std::optional<RearrangeFailure> failure_;
};

Var reduced(const Var& x, const std::string& reduction, std::span<const int> axes) {
  if (reduction == "mean") return mean(x, axes);
  if (reduction == "sum") return sum(x, axes);
  if (reduction == "min") return min(x, axes);
  if (reduction == "max") return max(x, axes);
  if (reduction == "prod") return prod(x, axes);
  if (reduction == "logsumexp") return logsumexp(x, axes);
  throw Error(ErrorCode::invalid_argument, str("there is no reduction `", reduction, "`"));
}

[[noreturn]] void misfit(const std::string& what) { throw Error(ErrorCode::shape, "=>: " + what); }

/// The numbers behind a rearrangement of one tensor.
class Numbers {
 public:
  Numbers(const Rearrangement& r, const Shape& shape, const SizeOf& size_of) : size_of_(size_of) {
    measure_axes(r.source, shape);
    for (const auto& atom : r.atoms) {
      std::int64_t size = 1;
      for (const std::size_t axis : atom.axes) size *= axes_[axis];
      atoms_.push_back(atom.part ? product(*atom.part).value_or(-1) : size);
    }
    for (std::size_t first = 0, last = 0; first < r.atoms.size(); first = last) {
      const auto same_axis = [&](std::size_t a) { return r.atoms[a].part && r.atoms[a].axes == r.atoms[first].axes; };
      for (last = first + 1; r.atoms[first].part && last < r.atoms.size() && same_axis(last);) ++last;
      if (r.atoms[first].part)
        complete(
            {atoms_.begin() + static_cast<std::ptrdiff_t>(first), atoms_.begin() + static_cast<std::ptrdiff_t>(last)},
            axes_[r.atoms[first].axes[0]]);
    }
    std::int64_t block = 1;
    std::vector<std::size_t> open;
    for (std::size_t i = 0, p = 0; i < r.results.size(); p += r.results[i++].pieces) {
      std::int64_t size = 1;
      for (std::size_t k = p; k < p + r.results[i].pieces; ++k) {
        const auto& piece = r.pieces[k];
        size *= piece.atom >= 0 ? atoms_[static_cast<std::size_t>(piece.atom)] : product({{piece.size}}).value_or(-1);
        if (size < 0) misfit("the size of a new axis is not known");
      }
      if (r.results[i].by_position) {
        block *= size;
        open.push_back(i);
        size = product(r.results[i].size).value_or(-1);
      }
      results_.push_back(size);
    }
    std::vector<std::int64_t> shared;
    for (const std::size_t i : open) shared.push_back(results_[i]);
    if (!open.empty()) complete(shared, block);
    for (std::size_t k = 0; k < open.size(); ++k) results_[open[k]] = shared[k];
  }

  std::int64_t atom(std::size_t index) const { return atoms_[index]; }
  const std::vector<std::int64_t>& results() const { return results_; }
  std::int64_t new_axis(const Dim& size) const { return *size_of_(size); }

 private:
  /// The size behind every axis of the source; a run stands for the product of its axes.
  void measure_axes(const SymShape& source, const Shape& shape) {
    const auto run = std::find_if(source.begin(), source.end(), [](const Axis& a) { return a.is_variadic(); });
    const bool variadic = run != source.end();
    const int more = shape.rank() - static_cast<int>(source.size());
    if (variadic ? more < -1 : more != 0) misfit(str("a value of ", source.size(), " axes arrives as ", shape));
    int at = 0;
    for (const Axis& axis : source) {
      std::int64_t size = 1;
      for (int n = axis.is_variadic() ? more + 1 : 1; n > 0; --n) size *= shape[at++];
      axes_.push_back(size);
    }
  }

  std::optional<std::int64_t> product(const SymShape& axes) const {
    std::int64_t out = 1;
    for (const Axis& axis : axes) {
      const auto size = axis.is_variadic() ? std::nullopt : size_of_(axis.size);
      if (!size || __builtin_mul_overflow(out, *size, &out)) return std::nullopt;
    }
    return out;
  }

  /// Parts of `whole`, of which one may be -1: it is what remains.
  static void complete(std::span<std::int64_t> parts, std::int64_t whole) {
    std::int64_t known = 1, unknown = 0;
    std::string text;
    for (const std::int64_t part : parts) {
      text += str(text.empty() ? "" : " * ", part < 0 ? "?" : str(part));
      unknown += part < 0;
      if (part >= 0 && __builtin_mul_overflow(known, part, &known)) misfit(str(text, " is more than 64 bits count"));
    }
    if (unknown > 1) misfit("several sizes are not known");
    if (unknown == 0 ? known != whole : known == 0 || whole % known != 0) misfit(str(whole, " is not ", text));
    for (std::int64_t& part : parts) part = part < 0 ? whole / known : part;
  }

  const SizeOf& size_of_;
  std::vector<std::int64_t> axes_, atoms_, results_;
};

}  // namespace

std::variant<Rearrangement, RearrangeFailure> rearrange(const RearrangeQuery& query) { return Matcher(query).run(); }

Var apply(const Rearrangement& r, const Var& x, const std::string& reduction, const SizeOf& size_of) {
  const Numbers numbers(r, x.shape(), size_of);
  // Atoms that stay neighbours move as one axis: fewer axes to permute, and no limit on the number of atoms.
  constexpr int kReduced = -2, kLast = -1;
  std::vector<int> next(r.atoms.size(), kReduced);
  for (std::size_t p = 0; p < r.pieces.size(); ++p) {
    if (r.pieces[p].atom < 0) continue;
    next[static_cast<std::size_t>(r.pieces[p].atom)] = p + 1 < r.pieces.size() ? r.pieces[p + 1].atom : kLast;
  }
  std::vector<std::int64_t> cut;                 // the source, seen as axes that move whole
  std::vector<int> axis_of(r.atoms.size(), -1);  // -1: within the axis of the atom before it
  std::vector<int> gone;
  for (std::size_t a = 0; a < r.atoms.size(); ++a) {
    const bool joins = a > 0 && (next[a] == kReduced ? next[a - 1] == kReduced : next[a - 1] == static_cast<int>(a));
    if (joins) {
      cut.back() *= numbers.atom(a);
      continue;
    }
    axis_of[a] = static_cast<int>(cut.size());
    if (next[a] == kReduced) gone.push_back(axis_of[a]);
    cut.push_back(numbers.atom(a));
  }
  std::vector<int> order;
  for (const auto& piece : r.pieces) {
    if (piece.atom >= 0 && axis_of[static_cast<std::size_t>(piece.atom)] >= 0)
      order.push_back(axis_of[static_cast<std::size_t>(piece.atom)]);
  }
  const int kept = static_cast<int>(order.size());
  order.insert(order.end(), gone.begin(), gone.end());

  const auto reshaped = [](const Var& v, const std::vector<std::int64_t>& to) {
    return std::equal(to.begin(), to.end(), v.shape().begin(), v.shape().end()) ? v : reshape(v, to);
  };
  Var y = reshaped(x, cut);
  if (!std::is_sorted(order.begin(), order.end())) y = permute(y, order);
  if (!gone.empty()) {
    std::vector<int> axes(gone.size());
    std::iota(axes.begin(), axes.end(), kept);
    y = reduced(y, reduction, axes);
  }
  if (std::any_of(r.pieces.begin(), r.pieces.end(), [](const auto& p) { return p.atom < 0; })) {
    std::vector<std::int64_t> thin, full;
    int axis = 0;
    for (const auto& piece : r.pieces) {
      if (piece.atom < 0) {
        thin.push_back(1);
        full.push_back(numbers.new_axis(piece.size));
      } else if (axis_of[static_cast<std::size_t>(piece.atom)] >= 0) {
        thin.push_back(y.shape()[axis]);
        full.push_back(y.shape()[axis++]);
      }
    }
    y = broadcast_to(reshaped(y, thin), Shape(full));
  }
  return reshaped(y, numbers.results());
}

const std::vector<std::string>& reductions() {
  static const std::vector<std::string> kNames{"mean", "sum", "min", "max", "prod", "logsumexp"};
  return kNames;
}

bool is_reduction(std::string_view name) {
  return std::find(reductions().begin(), reductions().end(), name) != reductions().end();
}

}  // namespace neuro
