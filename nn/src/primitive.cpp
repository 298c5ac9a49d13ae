#include "primitive.h"

#include <algorithm>
#include <cmath>

#include "neuro/str.h"
#include "primitives/all.h"

namespace neuro {
namespace {

/// "[*batch, in_dim]" as "*batch" and "in_dim".
std::vector<std::string_view> items_of(std::string_view pattern) {
  std::vector<std::string_view> items;
  std::size_t at = 1;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::size_t end = pattern.find_first_of(",]", at);
    std::string_view item = pattern.substr(at, end - at);
    item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
    items.push_back(item);
    at = pattern[end] == ',' ? end + 1 : end;
  }
  return items;
}

int symbol_of(PatternNames& names, std::string_view name, SymbolKind kind, Solver& solver) {
  for (const auto& [known, symbol] : names.symbols) {
    if (known == name) return symbol;
  }
  const int symbol = solver.fresh(std::string(name), kind);
  names.symbols.emplace_back(name, symbol);
  return symbol;
}

}  // namespace

SymShape pattern_shape(std::string_view pattern, const Arguments& args, Solver& solver, PatternNames& names) {
  SymShape shape;
  for (const std::string_view item : items_of(pattern)) {
    if (item[0] == '*') {
      shape.push_back(Axis::run(symbol_of(names, item, SymbolKind::variadic, solver)));
    } else if (item[0] >= '0' && item[0] <= '9') {
      shape.push_back({Dim(std::stoll(std::string(item)))});
    } else if (const Argument* argument = args.find(item)) {
      const Dim* size = argument->value.dim();
      shape.push_back({size ? *size : Dim::symbol(symbol_of(names, item, SymbolKind::free, solver))});
    } else {
      shape.push_back({Dim::symbol(symbol_of(names, item, SymbolKind::free, solver))});
    }
  }
  return shape;
}

std::string pattern_param(std::string_view pattern, const Arguments& args, int axis_from_end) {
  const auto items = items_of(pattern);
  const auto back = static_cast<std::size_t>(axis_from_end);
  if (back == 0 || back > items.size()) return {};
  const std::string name(items[items.size() - back]);
  return args.find(name) ? name : std::string();
}

double fan_in_bound(std::int64_t fan_in) { return fan_in > 0 ? 1 / std::sqrt(static_cast<double>(fan_in)) : 0; }

Var PrimitiveCall::current(const Var& buffer) const {
  if (context.assigns) {
    for (const Assign& a : *context.assigns) {
      if (a.leaf.same(buffer)) return a.value;
    }
  }
  return buffer;
}

void PrimitiveCall::update(const Var& buffer, const Var& value) const {
  if (!context.assigns) return;
  for (Assign& a : *context.assigns) {
    if (a.leaf.same(buffer)) {
      a.value = value;
      return;
    }
  }
  context.assigns->push_back({buffer, value});
}

const std::vector<const PrimitiveDef*>& primitives() {
  static const std::vector<const PrimitiveDef*> all = prim::all();
  return all;
}

const PrimitiveDef* find_primitive(std::string_view name) {
  for (const PrimitiveDef* def : primitives()) {
    if (def->name == name) return def;
  }
  return nullptr;
}

}  // namespace neuro
