#pragma once
// Unification of symbolic shapes (spec: neuroscript.md, 3.4): what a graph says about its sizes, where each was learnt,
// and what remains to be checked later.
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "dim.h"
#include "neuro/source.h"

namespace neuro {

/// One axis, or a run of axes that a variadic symbol stands for.
struct Axis {
  Dim size;
  int variadic = -1;  ///< a symbol when >= 0; `size` means nothing then
  bool is_variadic() const { return variadic >= 0; }
  static Axis run(int symbol) { return {0, symbol}; }
};
using SymShape = std::vector<Axis>;

enum class SymbolKind {
  rigid,     ///< a parameter: fixed by whoever instantiates
  free,      ///< a size that unification may bind
  variadic,  ///< a run of axes that unification may bind
};

struct Symbol {
  std::string name;
  SymbolKind kind = SymbolKind::free;
  int min_axes = 0;              ///< kind variadic: stands for at least this many
  std::optional<Dim> value;      ///< once bound
  std::optional<SymShape> axes;  ///< kind variadic, once bound
  Span bound_by;                 ///< where its value was learnt
};

/// Two shapes or sizes that cannot be equal.
struct Conflict {
  enum class Kind { size, rank, unsolvable, overflow };
  Kind kind = Kind::size;
  int axis_from_end = 0;  ///< kinds size and unsolvable: counted from the last axis, which is 1; 0 when not known
  bool from_front =
      false;             ///< the axes were paired from the first one: `axis_from_end` counts in the expected shape only
  Dim expected, actual;  ///< as they were before bound symbols were replaced
  std::vector<int> symbols;  ///< bound symbols behind the two sizes, before they were replaced
  std::string equation;      ///< kind unsolvable and overflow: what has no solution
  int edge = -1;             ///< the connection where the sizes met
};

/// expected == actual, not decided yet.
struct Equation {
  Dim expected, actual;
  int axis_from_end = 0;
  int edge = -1;
};

/// Two shapes with a run of axes each: what stands between their ends is open.
struct OpenShapes {
  SymShape expected, actual;
  int edge = -1;
  Span where;
};

class Solver {
 public:
  int fresh(std::string name, SymbolKind kind, int min_axes = 0);
  void bind(int symbol, Dim value, Span where);
  const Symbol& symbol(int id) const { return symbols_[static_cast<std::size_t>(id)]; }
  int symbol_count() const { return static_cast<int>(symbols_.size()); }

  /// Makes the shapes equal by binding free symbols of either side. `edge` and `where` are remembered with what is
  /// bound or deferred. After a conflict the remaining axes are not looked at.
  std::optional<Conflict> unify(const SymShape& expected, const SymShape& actual, int edge, Span where);
  std::optional<Conflict> unify(const Dim& expected, const Dim& actual, int axis_from_end, int edge, Span where);

  /// Retries what was deferred until nothing changes; the conflicts that it finds. Call it after each binding round.
  std::vector<Conflict> retry();

  /// A state to come back to: what holds inside one arm of a choice must not hold outside. Going back costs what was
  /// bound since. Symbols made since are gone then.
  struct Mark {
    std::size_t symbols = 0, bound = 0, rigid = 0;
    std::vector<Equation> deferred, unsure;
    std::vector<OpenShapes> shapes;
    bool changed = false;
  };
  Mark mark() const { return {symbols_.size(), bound_.size(), rigid_.size(), deferred_, unsure_, shapes_, changed_}; }
  void go_back(const Mark& mark);

  /// With all bindings put in.
  Dim resolve(const Dim& dim) const;
  SymShape resolve(const SymShape& shape) const;
  std::string text(const Dim& dim) const;         ///< resolved
  std::string text(const SymShape& shape) const;  ///< resolved: "[*batch, 64]"

  /// Whether something waits for values: of parameters, or of data.
  bool open() const { return !deferred_.empty() || !rigid_.empty() || !unsure_.empty() || !shapes_.empty(); }

  /// Equations over parameters alone: they decide when the parameters are known.
  const std::vector<Equation>& preconditions() const { return rigid_; }

 private:
  enum class Verdict { equal, different, deferred };
  Verdict decide(const Dim& expected, const Dim& actual, Span where, std::string& impossible);
  void defer(Equation equation);
  std::string key_of(const Equation& equation) const;
  std::optional<Conflict> bind_axes(int symbol, SymShape axes, int edge, Span where);
  void doubt(const Dim& size, int axis_from_end, int edge);
  void settle_doubts(std::vector<Conflict>& conflicts);

  std::vector<Symbol> symbols_;
  std::vector<int> bound_;          ///< in the order of binding
  std::vector<Equation> deferred_;  ///< with free sizes: tried again when one of them is bound
  std::vector<Equation> rigid_;     ///< over parameters alone, each once: no binding decides them
  std::unordered_set<std::string> known_rigid_;
  std::vector<Equation> unsure_;    ///< `expected` may come out negative or inexact
  std::vector<OpenShapes> shapes_;  ///< until one of their runs is known
  bool changed_ = false;
};

}  // namespace neuro
