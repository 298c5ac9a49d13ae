#pragma once
// `=>`: how the elements of a value are arranged anew. Found from the names of its sizes, never from what these are
// worth (spec: neuroscript.md, 4.6); then recorded for a tensor.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dim.h"
#include "neuro/neuron_graph.h"
#include "neuro/ops.h"
#include "solver.h"

namespace neuro {

/// A part of a target axis: `h` and `e` of `h*e`.
struct TargetFactor {
  Dim size;              ///< resolved
  std::string text;      ///< as written
  bool unknown = false;  ///< `size` is a symbol that nothing has given a value yet
};

/// One entry of a target: the product of its factors (outermost first), or `others`.
struct TargetAxis {
  bool others = false;
  std::vector<TargetFactor> factors;
};

/// A size that an earlier step took apart or put together, and the order of its parts.
struct SizeRecord {
  Dim whole;
  std::vector<Dim> factors;
};

struct RearrangeQuery {
  ReshapeMode mode = ReshapeMode::rearrange;
  SymShape source;  ///< resolved
  std::vector<TargetAxis> target;
  std::vector<SizeRecord> records;  ///< resolved, oldest first
  std::function<bool(int)> named;   ///< whether the neuron has a name for this symbol; all have one when empty
  std::function<bool(int)> rigid;   ///< whether a symbol is fixed by whoever instantiates; none is when empty
};

/// The source is cut into atoms; the atoms are put into a new order, reduced or joined by new axes, and form the
/// target.
struct Rearrangement {
  struct Atom {
    std::vector<std::size_t> axes;  ///< of the source: neighbours, taken whole
    std::optional<SymShape> part;   ///< or this factor of the only one
  };
  struct Piece {
    int atom = -1;  ///< or, when -1, a new axis of `size`
    Dim size;
  };
  struct Result {
    SymShape size;             ///< as a product
    std::size_t pieces = 0;    ///< that it is made of
    bool by_position = false;  ///< it is cut from an atom that several axes share
  };
  SymShape source;
  std::vector<Atom> atoms;      ///< in the order of the source
  std::vector<Piece> pieces;    ///< in the order of the target; atoms that no piece names are reduced
  std::vector<Result> results;  ///< the axes of the result

  bool positional = false;                       ///< names were missing: the elements keep their order
  std::vector<std::pair<int, SymShape>> solved;  ///< values found for unknown symbols, as products
  std::vector<std::pair<Dim, Dim>> equations;    ///< source, target: what must hold for the sizes to fit
  std::vector<SizeRecord> records;               ///< what this step says about orders
};

/// A step of a neuron that was checked. Its symbols are known by name, so that every instance and every pass can
/// follow.
struct ReshapeStep {
  Rearrangement how;
  std::vector<Dim> target;  ///< sizes of the result
  std::map<int, std::string> names;
};

/// Why there is no rearrangement.
struct RearrangeFailure {
  enum class Kind {
    unmatched,  ///< sizes of the source or of the target have no partner
    count,      ///< the numbers of elements differ
    unsolved,   ///< more than one name of the target has no value
    ambiguous,  ///< several readings
    nothing,    ///< a reduction of nothing
    overflow,   ///< more elements than 64 bits count
  };
  Kind kind = Kind::unmatched;
  std::vector<std::size_t> axes;     ///< of the source
  std::vector<std::string> factors;  ///< of the target, as written
  std::string why;                   ///< counts, equations
};

/// The shapes' own meeting: no names are bound here and nothing is reported.
std::variant<Rearrangement, RearrangeFailure> rearrange(const RearrangeQuery& query);

/// What a size is under one set of values; nullopt when one is not known.
using SizeOf = std::function<std::optional<std::int64_t>(const Dim&)>;

/// Records what `r` says for x. `reduction` names how atoms without a piece are reduced. Of the parts of an axis one
/// need not be known. Throws Error(shape) when the sizes do not fit, Error(invalid_argument) for an unknown reduction.
Var apply(const Rearrangement& r, const Var& x, const std::string& reduction, const SizeOf& size_of);

/// "mean", "sum", "min", "max", "prod", "logsumexp".
const std::vector<std::string>& reductions();

}  // namespace neuro
