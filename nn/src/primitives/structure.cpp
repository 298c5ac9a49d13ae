// Identity, Fork, Add, Multiply, Concat and Flatten (spec: neuroscript.md, 5.7).
#include <algorithm>

#include "neuro/str.h"
#include "primitives/all.h"
#include "primitives/axes.h"

namespace neuro::prim {
namespace {

SymShape any_rank(ShapeCall& call) { return {Axis::run(call.solver.fresh("*", SymbolKind::variadic, 1))}; }

/// NumPy's rule on symbolic sizes. Sizes of which one may turn out to be 1 are left to the data.
std::vector<SymShape> broadcast_shapes(ShapeCall& call) {
  SymShape out = call.in[0];
  for (const SymShape& next : call.in.subspan(1)) {
    SymShape wide = out, narrow = next;
    if (known_rank(wide) && (!known_rank(narrow) || narrow.size() > wide.size())) wide.swap(narrow);
    for (std::size_t back = 1; back <= std::min(wide.size(), narrow.size()); ++back) {
      Axis &a = wide[wide.size() - back], &b = narrow[narrow.size() - back];
      if (a.is_variadic() || b.is_variadic()) {
        if (a.variadic != b.variadic) return {any_rank(call)};
        continue;
      }
      const auto x = a.size.constant(), y = b.size.constant();
      if (x && y && *x != *y && *x != 1 && *y != 1) {
        return call.fail(str(call.solver.text(out), " and ", call.solver.text(next), " do not broadcast: ", *x,
                             " against ", *y, " at axis -", back));
      }
      if ((y && *y != 1) || x == 1) a = b;
    }
    out = wide;
  }
  return {out};
}

std::vector<SymShape> concat_shapes(ShapeCall& call) {
  const auto axis = call.args.value("dim").integer();
  if (!axis) return {any_rank(call)};
  SymShape out = call.in[0];
  for (const SymShape& next : call.in) {
    const auto at = position(next, *axis), at_out = position(out, *axis);
    if (!at || !at_out) return call.fail(str("there is no axis ", *axis, " in ", call.solver.text(at ? out : next)));
    if (*at == std::string::npos || *at_out == std::string::npos) return {any_rank(call)};
    if (&next == &call.in[0]) continue;
    SymShape like = out;
    like[*at_out] = next[*at];
    if (call.solver.unify(like, next, -1, {})) {
      return call.fail(str("sizes other than axis ", *axis, " must be equal: ", call.solver.text(call.in[0]), " and ",
                           call.solver.text(next)));
    }
    out[*at_out].size = out[*at_out].size + next[*at].size;
  }
  return {out};
}

std::vector<SymShape> flatten_shapes(ShapeCall& call) {
  const SymShape& in = call.in[0];
  const auto start = call.args.value("start_dim").integer(), end = call.args.value("end_dim").integer();
  if (!start || !end) return {any_rank(call)};
  if (known_rank(in)) {
    const auto first = position(in, *start), last = position(in, *end);
    if (!first || !last)
      return call.fail(str("there is no axis ", first ? *end : *start, " in ", call.solver.text(in)));
    if (*first > *last)
      return call.fail(str("start_dim ", *start, " is behind end_dim ", *end, " in ", call.solver.text(in)));
    SymShape out(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(*first));
    Dim merged = 1;
    for (std::size_t i = *first; i <= *last; ++i) merged = merged * in[i].size;
    out.push_back({merged});
    out.insert(out.end(), in.begin() + static_cast<std::ptrdiff_t>(*last) + 1, in.end());
    return {out};
  }
  const auto run = std::find_if(in.begin(), in.end(), [](const Axis& a) { return a.is_variadic(); }) - in.begin();
  if (*end != -1 || *start < 0 || *start > run) return {any_rank(call)};
  SymShape out(in.begin(), in.begin() + *start);
  out.push_back({call.unknown("flat")});
  return {out};
}

template <class Op>
Var fold(std::span<const Var> in, Op op) {
  Var result = in[0];
  for (const Var& next : in.subspan(1)) result = op(result, next);
  return result;
}

}  // namespace

const PrimitiveDef& identity() {
  static const PrimitiveDef def{
      .name = "Identity",
      .path = "core,nn/Identity",
      .brief = "passes its input on",
      .inputs = {{"default", "[*shape]"}},
      .outputs = {{"default", "[*shape]"}},
      .integers = Integers::kept,
      .forward = [](const PrimitiveCall& c) { return std::vector<Var>{c.in[0]}; },
  };
  return def;
}

const PrimitiveDef& fork() {
  static const PrimitiveDef def{
      .name = "Fork",
      .path = "core,nn/Fork",
      .brief = "the same value twice",
      .inputs = {{"default", "[*shape]"}},
      .outputs = {{"main", "[*shape]"}, {"skip", "[*shape]"}},
      .integers = Integers::kept,
      .forward =
          [](const PrimitiveCall& c) {
            return std::vector<Var>{c.in[0], c.in[0]};
          },
      .output_aliases = {{"a", "left"}, {"b", "right"}},
  };
  return def;
}

const PrimitiveDef& add() {
  static const PrimitiveDef def{
      .name = "Add",
      .path = "core,nn/Add",
      .brief = "sum of its inputs, which broadcast",
      .inputs = {{"values", "[*shape]"}},
      .outputs = {{"default", "[*shape]"}},
      .operands_from = 2,
      .shapes = broadcast_shapes,
      .forward = [](const PrimitiveCall& c) { return std::vector<Var>{fold(c.in, neuro::add)}; },
  };
  return def;
}

const PrimitiveDef& multiply() {
  static const PrimitiveDef def{
      .name = "Multiply",
      .path = "core,nn/Multiply",
      .brief = "product of its inputs, which broadcast",
      .inputs = {{"values", "[*shape]"}},
      .outputs = {{"default", "[*shape]"}},
      .operands_from = 2,
      .shapes = broadcast_shapes,
      .forward = [](const PrimitiveCall& c) { return std::vector<Var>{fold(c.in, neuro::mul)}; },
  };
  return def;
}

const PrimitiveDef& concat() {
  static const PrimitiveDef def{
      .name = "Concat",
      .path = "core,nn/Concat",
      .brief = "its inputs one after the other along an axis",
      .params = {{.name = "dim", .default_value = Value{Dim(-1)}, .min = -8, .max = 7}},
      .inputs = {{"values", "[*shape]"}},
      .outputs = {{"default", "[*shape_out]"}},
      .operands_from = 1,
      .shapes = concat_shapes,
      .forward =
          [](const PrimitiveCall& c) {
            if (c.in.size() == 1) return std::vector<Var>{c.in[0]};
            return std::vector<Var>{neuro::concat(c.in, static_cast<int>(c.args.integer("dim")))};
          },
  };
  return def;
}

const PrimitiveDef& flatten() {
  static const PrimitiveDef def{
      .name = "Flatten",
      .path = "core,nn/Flatten",
      .brief = "merges the axes from start_dim to end_dim",
      .params = {{.name = "start_dim", .default_value = Value{Dim(1)}, .min = -8, .max = 7},
                 {.name = "end_dim", .default_value = Value{Dim(-1)}, .min = -8, .max = 7}},
      .inputs = {{"default", "[*shape_in]"}},
      .outputs = {{"default", "[*shape_out]"}},
      .integers = Integers::kept,
      .shapes = flatten_shapes,
      .forward =
          [](const PrimitiveCall& c) {
            return std::vector<Var>{neuro::flatten(c.in[0], static_cast<int>(c.args.integer("start_dim")),
                                                   static_cast<int>(c.args.integer("end_dim")))};
          },
  };
  return def;
}

}  // namespace neuro::prim
