// Recording: the shape rule runs, a node is made, nothing is computed.
#include <algorithm>

#include "neuro/error.h"
#include "neuro/kernels/table.h"
#include "neuro/op.h"
#include "neuro/str.h"
#include "node.h"
#include "ops/rules.h"
#include "recompute.h"

namespace neuro {
namespace {

/// The rule of every elementwise operation: shapes broadcast, types agree and the kernel takes them; a mask operand is
/// boolean.
std::vector<ValueInfo> infer_elementwise(const OpDef& op, std::span<const ValueInfo> in) {
  const kernels::Elementwise* kernel = kernels::table().find(op.elementwise);
  NEURO_ASSERT(kernel != nullptr && kernel->arity == static_cast<int>(in.size()),
               "the kernel of an elementwise operation exists");
  Shape shape = in[0].shape;
  const std::size_t first = kernel->mask_input == 0 ? 1 : 0;
  const DType dtype = in[first].dtype;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (i > 0) shape = broadcast(shape, in[i].shape, op.name);
    const bool mask = static_cast<int>(i) == kernel->mask_input;
    if (mask && in[i].dtype != DType::boolean) {
      throw Error(ErrorCode::dtype, str(op.name, ": operand ", i, " must be bool, got ", name_of(in[i].dtype)));
    }
    if (!mask && kernel->of(in[i].dtype) == nullptr) {
      throw Error(ErrorCode::dtype,
                  str(op.name, ": operand ", i, " must be ", kernel->f32 != nullptr ? "f32 or f64" : "bool", ", got ",
                      name_of(in[i].dtype), "; use convert()"));
    }
    if (!mask && in[i].dtype != dtype) {
      throw Error(ErrorCode::dtype, str(op.name, ": operands are ", name_of(dtype), " and ", name_of(in[i].dtype),
                                        "; convert() one of them"));
    }
  }
  return {{shape, kernel->mask_output ? DType::boolean : dtype}};
}

/// bf16 stores: only what moves elements, converts them or multiplies matrices knows it.
void refuse_bf16(const OpDef& op, std::span<const ValueInfo> in, std::span<const ValueInfo> out) {
  if (op.view != nullptr || op.takes_bf16) return;
  const auto narrow = [](const ValueInfo& v) { return v.dtype == DType::bf16; };
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (narrow(in[i])) {
      throw Error(ErrorCode::dtype, str(op.name, ": operand ", i, " is bf16, which is stored, moved and multiplied by ",
                                        "matmul only; use convert()"));
    }
  }
  if (std::any_of(out.begin(), out.end(), narrow))
    throw Error(ErrorCode::dtype, str(op.name, ": cannot make bf16; use convert()"));
}

}  // namespace

std::vector<Var> record_all(const OpDef& op, std::span<const Var> inputs, Attrs attrs) {
  std::vector<ValueInfo> infos;
  infos.reserve(inputs.size());
  for (const Var& input : inputs) {
    if (!input.defined()) throw Error(ErrorCode::invalid_argument, str(op.name, ": an operand is undefined"));
    infos.push_back({input.shape(), input.dtype()});
  }
  if (op.expand != nullptr) {
    const PartOf part(op.name);
    return under_name(op.name, [&] {
      if (op.infer != nullptr) op.infer(Infer{op.name, infos, attrs});
      return op.expand(inputs, attrs);
    });
  }
  auto node = std::make_shared<Node>();
  node->inputs.reserve(inputs.size());
  bool any = false;
  for (const Var& input : inputs) {
    node->inputs.push_back(input.edge());
    any = any || input.differentiable();
  }
  node->region = current_region();
  if (node->region != nullptr && op.overwrites != nullptr) {
    throw Error(ErrorCode::invalid_argument, str(op.name,
                                                 ": cannot be recorded under Recompute: what is computed again"
                                                 " never assigns"));
  }
  node->outputs = under_name(op.name, [&] {
    refuse_bf16(op, infos, {});
    std::vector<ValueInfo> out =
        op.elementwise != nullptr ? infer_elementwise(op, infos) : op.infer(Infer{op.name, infos, attrs});
    refuse_bf16(op, {}, out);
    return out;
  });
  node->op = &op;
  node->called = PartOf::what() != nullptr ? PartOf::what() : op.name;
  node->attrs = std::move(attrs);
  node->differentiable = any && op.vjp != nullptr && grad_enabled();
  std::vector<Var> out;
  out.reserve(node->outputs.size());
  for (std::size_t i = 0; i < node->outputs.size(); ++i) out.emplace_back(detail::Edge{node, static_cast<int>(i)});
  return out;
}

Var record(const OpDef& op, std::span<const Var> inputs, Attrs attrs) {
  return record_all(op, inputs, std::move(attrs)).front();
}

Var record(const OpDef& op, std::initializer_list<Var> inputs, Attrs attrs) {
  return record_all(op, std::span<const Var>(inputs.begin(), inputs.size()), std::move(attrs)).front();
}

Var placeholder(const Shape& shape, DType dtype) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::placeholder;
  node->outputs = {{shape, dtype}};
  return Var(detail::Edge{std::move(node), 0});
}

Var constant(double value, DType dtype) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::constant;
  node->outputs = {{Shape{}, dtype}};
  node->constant = value;
  node->values = {Tensor::full(Shape{}, value, dtype)};
  return Var(detail::Edge{std::move(node), 0});
}

NoGrad::NoGrad() : before_(grad_enabled()) { grad_enabled() = false; }
NoGrad::~NoGrad() { grad_enabled() = before_; }

}  // namespace neuro
