#include "match_shape.h"

#include "solver.h"

namespace neuro {

bool match_shape(const ShapePattern& pattern, const Shape& shape, const Scope& scope, Captures& captures) {
  Solver solver;
  std::map<std::string, int> sizes, runs;
  Scope inner = scope;  // with what the pattern itself introduces
  inner.find = [&](const std::string& name) -> std::optional<Value> {
    if (auto known = scope.find(name)) return known;
    const auto [size, added] = sizes.try_emplace(name, 0);
    if (added) size->second = solver.fresh(name, SymbolKind::free);
    return Value{Dim::symbol(size->second)};
  };
  inner.symbol_name = [&](int symbol) { return solver.symbol(symbol).name; };

  SymShape expected;
  Diagnostics impossible;  // what has no value fits nothing
  for (const DimPattern& dim : pattern.dims) {
    switch (dim.kind) {
      case DimKind::any: expected.push_back({Dim::symbol(solver.fresh("_", SymbolKind::free))}); break;
      case DimKind::lead: expected.push_back(Axis::run(solver.fresh("*", SymbolKind::variadic, 1))); break;
      case DimKind::rest: {
        const auto known = captures.runs.find(dim.name);
        if (known != captures.runs.end()) {
          for (const std::int64_t size : known->second) expected.push_back({Dim(size)});
        } else {
          runs[dim.name] = solver.fresh("*" + dim.name, SymbolKind::variadic);
          expected.push_back(Axis::run(runs[dim.name]));
        }
        break;
      }
      case DimKind::size: {
        const auto value = evaluate(dim.size, inner, impossible);
        if (!value || (!value->dim() && !value->integer())) return false;
        expected.push_back({value->dim() ? *value->dim() : Dim(*value->integer())});
        break;
      }
    }
  }
  SymShape actual;
  for (const std::int64_t size : shape) actual.push_back({Dim(size)});
  if (solver.unify(expected, actual, 0, {}) || !solver.retry().empty()) return false;
  for (const Axis& axis : solver.resolve(expected)) {
    if (!axis.is_variadic() && !axis.size.constant()) return false;  // more unknowns than equations
  }
  for (const auto& [name, symbol] : sizes) {
    const auto size = solver.resolve(Dim::symbol(symbol)).constant();
    if (!size) return false;
    captures.sizes[name] = *size;
  }
  for (const auto& [name, symbol] : runs) {
    std::vector<std::int64_t>& run = captures.runs[name];
    for (const Axis& axis : solver.resolve(SymShape{Axis::run(symbol)})) run.push_back(*axis.size.constant());
  }
  return true;
}

}  // namespace neuro
