#include "graph.h"

#include <unordered_map>

#include "neuro/str.h"

namespace neuro::planning {

bool Value::contiguous() const {
  std::int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] != 1 && strides[static_cast<std::size_t>(i)] != step) return false;
    step *= shape[i];
  }
  return true;
}

int Graph::add_value(Shape shape, DType dtype) {
  Value v;
  v.shape = shape;
  v.dtype = dtype;
  v.strides = contiguous_strides(shape);
  v.root = static_cast<int>(values.size());
  values.push_back(v);
  return v.root;
}

int Graph::add_view(int v, const Shape& shape, const Strides& strides, std::int64_t offset) {
  Value view = value(v);
  view.shape = shape;
  view.strides = strides;
  view.offset = offset;
  values.push_back(view);
  return static_cast<int>(values.size()) - 1;
}

std::string Graph::text() const {
  std::unordered_map<int, std::size_t> numbers;  // of computed values, in the order in which they are first named
  const auto name = [&](int v) {
    const Value& val = value(v);
    const Value& memory = value(val.root);
    std::string out;
    switch (memory.kind) {
      case Value::Kind::leaf: out = str("x", memory.leaf); break;
      case Value::Kind::constant: out = str(memory.constant); break;
      case Value::Kind::computed: out = str("t", numbers.try_emplace(val.root, numbers.size()).first->second); break;
    }
    if (val.root != v && !(val.shape == memory.shape && val.strides == memory.strides)) {
      out += str(val.shape, val.contiguous() ? "" : " strided");
    }
    return out;
  };
  const auto names = [&](const std::vector<int>& list) {
    std::string out;
    for (const int v : list) out += str(out.empty() ? "" : ", ", name(v));
    return out;
  };
  std::string out;
  for (const Step& step : steps) {
    const std::string arguments = names(step.in);
    out += str(step.commit ? "commit " : "", names(step.out), " = ", step.op != nullptr ? step.op->name : "tile", "(",
               arguments, ")");
    if (step.tile != nullptr) out += str(" { ", *step.tile, " }");
    out += "\n";
  }
  for (const auto& [leaf, value] : assigns) out += str(name(leaf), " <- ", name(value), "\n");
  if (!outputs.empty()) out += str("return ", names(outputs), "\n");
  if (guard >= 0) out += str("guard ", name(guard), "\n");
  return out;
}

}  // namespace neuro::planning
