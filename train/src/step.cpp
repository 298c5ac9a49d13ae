#include "step.h"

#include "neuro/ops.h"

namespace neuro {

ParameterBlock::ParameterBlock(std::vector<Parameter> members, std::unique_ptr<Optimizer> rule, std::int64_t at)
    : parameters(std::move(members)), optimizer(std::move(rule)), born(at), step(Tensor::zeros(Shape{}, DType::i64)) {
  Tensor memory = step.data();
  step_at = memory.data<std::int64_t>();
}

StepParts::StepParts(std::uint64_t seed)
    : lr(Tensor::zeros(Shape{}, DType::f64)), rng(Tensor::zeros(Shape{3}, DType::i64)) {
  Tensor lr_memory = lr.data(), rng_memory = rng.data();
  lr_at = lr_memory.data<double>();
  rng_at = rng_memory.data<std::int64_t>();
  rng_at[0] = static_cast<std::int64_t>(seed);
}

void StepParts::set(double rate, std::int64_t number) {
  *lr_at = rate;
  for (ParameterBlock& block : blocks) *block.step_at = number - block.born;
  rng_at[1] = number;
}

Step::Recorded Step::record(Kind kind, StepParts& parts, const std::vector<Column>& columns, std::int64_t rows) {
  Recorded out;
  for (const Column& column : columns) out.inputs.push_back(placeholder(column.row.inserted(0, rows), column.dtype));
  const Var target = out.inputs.back();
  const std::span<const Var> ports(out.inputs.data(), out.inputs.size() - 1);

  std::vector<Assign> assigns;
  ForwardContext context;
  context.training = kind == Kind::train;
  context.rng = parts.rng;
  context.assigns = &assigns;
  const Var output = parts.model.record(ports, context).front();
  if (parts.adopt) parts.adopt();
  const Var loss = parts.loss->compute(output, target);
  out.request.outputs.push_back(loss);

  if (kind == Kind::train) {
    std::vector<Var> leaves;
    for (const ParameterBlock& block : parts.blocks) {
      for (const Parameter& p : block.parameters) leaves.push_back(p.var);
    }
    const std::vector<Var> gradients = grad(loss, leaves);
    const Var norm = global_norm(gradients);
    out.request.outputs.push_back(norm);
    const Var scale = clip_scale(norm, parts.max_grad_norm);
    std::span<const Var> left = gradients;
    for (const ParameterBlock& block : parts.blocks) {
      const std::span<const Var> own = left.first(block.parameters.size());
      left = left.subspan(own.size());
      for (Assign& assign : block.optimizer->record(own, StepLeaves{parts.lr, block.step, scale})) {
        assigns.push_back(std::move(assign));
      }
    }
    out.request.assigns = std::move(assigns);
    out.request.guard = norm + loss;
  }
  for (auto& [name, value] : parts.loss->metrics(output, target)) {
    out.request.outputs.push_back(value);
    out.names.push_back(name);
  }
  return out;
}

Step::Step(Kind kind, StepParts& parts, const std::vector<Column>& columns, std::int64_t rows)
    : Step(kind, record(kind, parts, columns, rows), parts) {}

Step::Step(Kind kind, Recorded recorded, const StepParts& parts)
    : replay_(recorded.request, parts.arena), names_(std::move(recorded.names)) {
  for (const Var& input : recorded.inputs) {
    // A port that nothing reads still takes its rows from the loader.
    Tensor buffer = replay_.reads(input) ? replay_.input(input) : Tensor::empty(input.shape(), input.dtype());
    into_.push_back(buffer.raw());
    kept_.push_back(std::move(buffer));
  }
  for (std::size_t i = 0; i < recorded.request.outputs.size(); ++i) {
    kept_.push_back(replay_.output(i));
    const float* at = std::as_const(kept_.back()).data<float>();
    if (i == 0) {
      loss_ = at;
    } else if (i == 1 && kind == Kind::train) {
      norm_ = at;
    } else {
      metrics_.push_back(at);
    }
  }
}

}  // namespace neuro
