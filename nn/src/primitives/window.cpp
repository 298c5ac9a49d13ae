#include "primitives/window.h"

#include "neuro/str.h"

namespace neuro::prim {
namespace {

/// Entry `axis` of a parameter that is one number for all axes or a list.
std::optional<Dim> entry(const Arguments& args, std::string_view name, std::size_t axis, std::int64_t fallback) {
  const Argument* argument = args.find(name);
  if (!argument) return Dim(fallback);
  const Value* v = &argument->value;
  if (const auto* items = std::get_if<std::vector<Value>>(&v->data)) {
    if (items->size() != 2) return std::nullopt;
    v = &(*items)[axis];
  }
  return v->dim() ? std::optional(*v->dim()) : std::nullopt;
}

}  // namespace

std::optional<std::array<Dim, 2>> window_output(ShapeCall& call) {
  call.window = true;
  for (const char* name : {"kernel_size", "stride", "padding", "dilation"}) {
    const Argument* argument = call.args.find(name);
    const auto* items = argument ? std::get_if<std::vector<Value>>(&argument->value.data) : nullptr;
    if (items && items->size() != 2) {
      call.fail(str("`", name, "` takes one number or two (height, width), receives ", text_of(argument->value)));
      return std::nullopt;
    }
  }
  std::array<Dim, 2> out;
  const SymShape& in = call.in[0];
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const char* word = axis == 0 ? "height" : "width";
    const Dim& length = in[in.size() - 2 + axis].size;
    const auto kernel = entry(call.args, "kernel_size", axis, 1), stride = entry(call.args, "stride", axis, 1);
    const auto padding = entry(call.args, "padding", axis, 0), dilation = entry(call.args, "dilation", axis, 1);
    if (!kernel || !stride || !padding || !dilation) {
      out[axis] = call.unknown(word);
      continue;
    }
    const Dim padded = length + Dim(2) * *padding, reach = *dilation * (*kernel - Dim(1)) + Dim(1);
    const auto room = (padded - reach).constant(), step = stride->constant();
    if (room && *room < 0) {
      const auto symbol = [&](int s) { return call.solver.symbol(s).name; };
      call.fail(str("the window covers ", reach.text(symbol), " but the ", word, " is only ", padded.text(symbol),
                    *padding == Dim(0) ? "" : " with its padding"));
      return std::nullopt;
    }
    if (room && step) {
      out[axis] = *room / *step + 1;
    } else if (step == 1) {
      out[axis] = padded - reach + Dim(1);
    } else {
      out[axis] = call.unknown(word);
    }
  }
  return out;
}

std::array<std::int64_t, 2> pair_of(const Arguments& args, std::string_view name, std::int64_t fallback) {
  if (!args.has(name)) return {fallback, fallback};
  const auto values = args.integers(name, 2);
  return {values[0], values[1]};
}

std::array<std::int64_t, 4> padding_of(const Arguments& args) {
  const auto [height, width] = pair_of(args, "padding", 0);
  return {height, height, width, width};
}

}  // namespace neuro::prim
