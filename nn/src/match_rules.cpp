// What the patterns of a match tell by themselves (spec: neuroscript.md, 3.6).
#include <algorithm>

#include "check.h"
#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro {
namespace {

class MatchRules {
 public:
  MatchRules(const ChooseNode& match, const Neuron& neuron) : arms_(match.arms), neuron_(neuron) {
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      const auto takes_all = [&](const Arm* earlier) { return !earlier->condition && subsumes(*earlier, arms_[i]); };
      const auto shadow = std::find_if(live_.begin(), live_.end(), takes_all);
      shadows_.push_back(shadow == live_.end() ? nullptr : *shadow);
      if (shadow == live_.end()) live_.push_back(&arms_[i]);
    }
  }

  std::vector<bool> dead() const {
    std::vector<bool> out;
    for (const Arm* shadow : shadows_) out.push_back(shadow != nullptr);
    return out;
  }

  void check(Span keyword, Diagnostics& diags) const {
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      if (!shadows_[i]) continue;
      diags
          .warning(codes::kUnreachableArm,
                   str("this arm never runs: an earlier one takes all that ", text_of(*arms_[i].pattern), " would"))
          .primary(arms_[i].span, "never reached")
          .secondary(shadows_[i]->span, "this arm is tried before it")
          .help("put the more specific arm first");
    }
    exhaustive(keyword, diags);
  }

 private:
  bool is_param(const std::string& name) const {
    return std::any_of(neuron_.params.begin(), neuron_.params.end(),
                       [&](const ParamDecl& p) { return p.name == name; });
  }
  /// A word that stands for whatever size arrives.
  bool captures(const DimPattern& dim) const {
    if (dim.kind == DimKind::any) return true;
    const auto* name = dim.kind == DimKind::size ? std::get_if<NameExpr>(&dim.size.node) : nullptr;
    return name && !name->global && !is_param(name->name);
  }
  static bool literal(const DimPattern& dim) {
    if (dim.kind != DimKind::size) return false;
    const auto* name = std::get_if<NameExpr>(&dim.size.node);
    return std::holds_alternative<std::int64_t>(dim.size.node) || (name && name->global);
  }
  static std::size_t run_at(const ShapePattern& shape) {
    return static_cast<std::size_t>(
        std::find_if(shape.dims.begin(), shape.dims.end(),
                     [](const DimPattern& d) { return d.kind == DimKind::lead || d.kind == DimKind::rest; }) -
        shape.dims.begin());
  }

  /// Whether `a` fits whatever `b` fits, dim against dim.
  bool covers(const DimPattern& a, const DimPattern& b) const {
    return captures(a) || (b.kind == DimKind::size && a.kind == DimKind::size && text_of(a.size) == text_of(b.size));
  }

  bool subsumes(const Arm& earlier, const Arm& later) const {
    const auto &a = earlier.pattern->dims, &b = later.pattern->dims;
    if (repeats(*earlier.pattern) || displaces(*earlier.pattern)) return false;
    const std::size_t ar = run_at(*earlier.pattern), br = run_at(*later.pattern);
    if (ar == a.size()) {
      if (br != b.size() || a.size() != b.size()) return false;
      for (std::size_t i = 0; i < a.size(); ++i) {
        if (!covers(a[i], b[i])) return false;
      }
      return true;
    }
    // A run before and after which fewer axes stand takes all that more of them take.
    const std::size_t prefix = ar, suffix = a.size() - ar - 1;
    const std::size_t b_prefix = br, b_suffix = br == b.size() ? b.size() : b.size() - br - 1;
    if (prefix > b_prefix || suffix > b_suffix) return false;
    const std::size_t least_a = a[ar].kind == DimKind::lead ? 1 : 0;
    std::size_t left = b.size() - prefix - suffix;  // axes of b that the run must take
    if (br < b.size() && b[br].kind == DimKind::rest) left -= 1;
    if (left < least_a || b.size() < prefix + suffix) return false;
    for (std::size_t i = 0; i < prefix; ++i) {
      if (!covers(a[i], b[i])) return false;
    }
    for (std::size_t back = 1; back <= suffix; ++back) {
      if (!covers(a[a.size() - back], b[b.size() - back])) return false;
    }
    return true;
  }

  /// `[d, d]` is not satisfied by all pairs.
  static bool repeats(const ShapePattern& shape) {
    std::vector<std::string> names;
    for (const DimPattern& dim : shape.dims) {
      const auto* name = dim.kind == DimKind::size ? std::get_if<NameExpr>(&dim.size.node) : nullptr;
      if (!name) continue;
      if (std::find(names.begin(), names.end(), name->name) != names.end()) return true;
      names.push_back(name->name);
    }
    return false;
  }

  /// Whether a size of an input port stands at another axis, where it is compared with what arrives.
  bool displaces(const ShapePattern& shape) const {
    return std::any_of(shape.dims.begin(), shape.dims.end(), [&](const DimPattern& dim) {
      const auto* word = dim.kind == DimKind::size ? std::get_if<NameExpr>(&dim.size.node) : nullptr;
      return word && std::any_of(neuron_.inputs.begin(), neuron_.inputs.end(), [&](const PortDecl& port) {
               const std::size_t there = place(port.shape, word->name), here = place(shape, word->name);
               return there != 0 && here != 0 && there != here;
             });
    });
  }

  bool catch_all(const Arm& arm) const {
    return std::none_of(arm.pattern->dims.begin(), arm.pattern->dims.end(), literal);
  }

  void exhaustive(Span keyword, Diagnostics& diags) const {
    const auto takes_all = [this](const Arm* arm) { return catch_all(*arm) && !arm->condition; };
    if (std::any_of(live_.begin(), live_.end(), takes_all)) return;
    const auto guarded = [this](const Arm* arm) { return catch_all(*arm) && arm->condition; };
    if (std::none_of(live_.begin(), live_.end(), guarded)) {
      diags.error(codes::kNonExhaustiveMatch, "this match does not take every shape")
          .primary(keyword, "no arm for the others")
          .secondary(live_.back()->span, "the last arm takes certain sizes only")
          .help(str("end with an arm for the rest: ", catch_all_text(*live_.back()->pattern), ": ..."));
    } else if (!complete(live_)) {
      diags.warning(codes::kMaybeNonExhaustive, "the guards of this match may all be false")
          .primary(keyword, "then no arm runs, and the pass fails")
          .help("leave the guard of the last arm out");
    }
  }

  /// The last pattern with its numbers made wildcards.
  static std::string catch_all_text(ShapePattern shape) {
    for (DimPattern& dim : shape.dims) {
      if (literal(dim)) dim.kind = DimKind::any;
    }
    return text_of(shape);
  }

  /// Whole numbers from `first` to `last`.
  struct Interval {
    std::int64_t first = 0, last = INT64_MAX;
  };

  /// What a guard such as `d > 8` lets through, when it compares one captured size with a number.
  static std::optional<std::pair<std::string, std::vector<Interval>>> intervals(const Expr& guard) {
    const auto* o = std::get_if<OperationExpr>(&guard.node);
    if (!o || o->operands.size() != 2) return std::nullopt;
    const auto *left = std::get_if<NameExpr>(&o->operands[0].node),
               *right = std::get_if<NameExpr>(&o->operands[1].node);
    const auto* n = std::get_if<std::int64_t>(&o->operands[left ? 1 : 0].node);
    if (!n || (!left && !right) || *n < 0 || *n == INT64_MAX) return std::nullopt;
    ExprOp op = o->op;
    if (!left) {  // 8 < d
      if (op == ExprOp::lt || op == ExprOp::gt)
        op = op == ExprOp::lt ? ExprOp::gt : ExprOp::lt;
      else if (op == ExprOp::le || op == ExprOp::ge)
        op = op == ExprOp::le ? ExprOp::ge : ExprOp::le;
    }
    const std::string name = left ? left->name : right->name;
    using List = std::vector<Interval>;
    switch (op) {
      case ExprOp::eq: return std::pair(name, List{{*n, *n}});
      case ExprOp::ne: return std::pair(name, List{{0, *n - 1}, {*n + 1, INT64_MAX}});
      case ExprOp::lt: return std::pair(name, List{{0, *n - 1}});
      case ExprOp::le: return std::pair(name, List{{0, *n}});
      case ExprOp::gt: return std::pair(name, List{{*n + 1, INT64_MAX}});
      case ExprOp::ge: return std::pair(name, List{{*n, INT64_MAX}});
      default: return std::nullopt;
    }
  }

  /// Where in its pattern a name stands, counted from the last axis; 0 for nowhere.
  static std::size_t place(const ShapePattern& shape, const std::string& name) {
    for (std::size_t back = 1; back <= shape.dims.size(); ++back) {
      const DimPattern& dim = shape.dims[shape.dims.size() - back];
      const auto* word = dim.kind == DimKind::size ? std::get_if<NameExpr>(&dim.size.node) : nullptr;
      if (word && word->name == name) return back;
      if (dim.kind == DimKind::lead || dim.kind == DimKind::rest) return 0;
    }
    return 0;
  }

  /// Whether the guards of arms alike in all else leave out no size: `d > 8`, `d <= 8`.
  bool complete(const std::vector<const Arm*>& live) const {
    std::vector<Interval> all;
    const Arm* like = nullptr;
    std::size_t axis = 0;
    for (const Arm* arm : live) {
      const auto some = arm->condition && catch_all(*arm) ? intervals(*arm->condition) : std::nullopt;
      const std::size_t at = some ? place(*arm->pattern, some->first) : 0;
      if (at == 0 || (like && (at != axis || !subsumes(*arm, *like) || !subsumes(*like, *arm)))) continue;
      like = arm;
      axis = at;
      all.insert(all.end(), some->second.begin(), some->second.end());
    }
    std::sort(all.begin(), all.end(), [](const Interval& a, const Interval& b) { return a.first < b.first; });
    std::int64_t next = 0;
    for (const Interval& i : all) {
      if (i.first > next) return false;
      if (i.last == INT64_MAX) return true;
      next = std::max(next, i.last + 1);
    }
    return false;
  }

  const std::vector<Arm>& arms_;
  const Neuron& neuron_;
  std::vector<const Arm*> live_, shadows_;  ///< shadows_: of each arm, the one that takes all of its
};

}  // namespace

std::vector<bool> dead_arms(const ChooseNode& match, const Neuron& neuron) { return MatchRules(match, neuron).dead(); }

void check_arms(const ChooseNode& match, Span keyword, const Neuron& neuron, Diagnostics& diags) {
  MatchRules(match, neuron).check(keyword, diags);
}

}  // namespace neuro
