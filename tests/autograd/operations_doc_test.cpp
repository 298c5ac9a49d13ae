// docs/operations.md, the reference of all operations, comes from the descriptors: NEURO_UPDATE_GOLDEN=1 writes it.
#include <fstream>
#include <sstream>

#include "op_sweep.h"

namespace neuro {
namespace {

constexpr const char* kPath = NEURO_SOURCE_DIR "/docs/operations.md";

constexpr const char* kHead =
    R"(# Operations

Made from the descriptors in `autograd/src/ops` (`NEURO_UPDATE_GOLDEN=1 build/release/bin/autograd_test
--gtest_filter='Reference.*'` writes this file; the same test fails when it is out of date). How each is called stands in
`autograd/include/neuro/ops`.

**Shapes**: `*s` is any number of axes; operands of elementwise operations broadcast. An example stands where an operation
has none of its own. **Gradient**: `twice` differentiable, `once`, or none (`-`); checked against difference quotients in
f64 to 1e-6. **Error**: the largest difference between f32 and f64 over the operation's samples, gradients included, in units
of 2^-23 of the sample's largest value, on every instruction set (`ops_plan_test.cpp`); bounds in units in the last place
of each elementwise kernel stand in `core/include/neuro/kernels/elementwise.h`. Against PyTorch: `tests/golden/torch`.
)";

bool differentiable(const OpDef& op) {
  const Sample sample = op.samples().front();
  for (const Var& y : sweep::apply(op, sample, sweep::draw(sample, DType::f64))) {
    if (y.differentiable()) return true;
  }
  return false;
}

std::string shapes_of(const OpDef& op) {
  if (*op.shapes != '\0') return op.shapes;
  if (op.elementwise != nullptr) {
    const int arity = kernels::table().find(op.elementwise)->arity;
    return arity == 1 ? "[*s] -> [*s]" : arity == 2 ? "[*a], [*b] -> [*s]" : "[*a], [*b], [*c] -> [*s]";
  }
  // the sample with the most axes that has no axis of 0
  Sample example = op.samples().front();
  int most = -1;
  for (const Sample& sample : op.samples()) {
    int axes = 0;
    for (const SampleInput& in : sample.in) axes = in.shape.elements() == 0 ? -100 : axes + in.shape.rank();
    if (axes > most && sample.in.size() <= 6) {
      most = axes;
      example = sample;
    }
  }
  std::string out;
  for (const SampleInput& in : example.in) out += str(out.empty() ? "" : ", ", in.shape);
  out += " ->";
  for (const Var& y : sweep::apply(op, example, sweep::draw(example, DType::f64))) out += str(" ", y.shape());
  return "as " + out;
}

std::string row(const OpDef& op) {
  const char* gradient = !differentiable(op) ? "-" : op.second_order == SecondOrder::none ? "once" : "twice";
  return str("| `", op.name, "` | ", shapes_of(op), " | ", gradient, " | ", sweep::bound_of(op.name), " | ", op.source,
             " |\n");
}

std::string reference() {
  constexpr const char* kColumns = "\n| operation | shapes | gradient | error | source |\n|---|---|---|---|---|\n";
  std::string users = kColumns, internal = kColumns;
  for (const OpDef* op : op_defs()) (sweep::is_internal(op->name) ? internal : users) += row(*op);
  return str(kHead, users, "\n## What derivatives record\n", internal);
}

TEST(Reference, IsWhatTheDescriptorsSay) {
  const std::string wanted = reference();
  if (std::getenv("NEURO_UPDATE_GOLDEN") != nullptr) std::ofstream(kPath) << wanted;
  std::stringstream text;
  text << std::ifstream(kPath).rdbuf();
  EXPECT_TRUE(text.str() == wanted)
      << kPath << " is out of date: run this test once with NEURO_UPDATE_GOLDEN=1 and read the change";
}

TEST(Reference, EveryOperationThatUsersCallSaysItsShapes) {
  for (const OpDef* op : op_defs()) {
    const bool needs = !sweep::is_internal(op->name) && op->elementwise == nullptr;
    EXPECT_TRUE(!needs || *op->shapes != '\0') << op->name;
  }
}

}  // namespace
}  // namespace neuro
