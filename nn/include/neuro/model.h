#pragma once
// A model: one instantiated neuron with its weights. Every front end ends here.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "neuro/plan.h"
#include "neuro/state.h"
#include "neuro/tensor.h"
#include "neuro/var.h"

namespace neuro {

/// A value of a neuron's parameter as a person gives it: `params: {hidden: 4}` in a config, `--param hidden=4`.
using ParamValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::int64_t>>;
using Params = std::map<std::string, ParamValue>;

/// One size of a port's shape after instantiation.
struct PortDim {
  std::optional<std::int64_t> size;  ///< known once the parameters are
  std::string name;  ///< "batch" when free, "*" for any number of axes, "*lead" for a named one, else ""
  bool variadic() const { return !size && !name.empty() && name[0] == '*'; }
};
struct Port {
  std::string name;  ///< "default" when unnamed
  std::vector<PortDim> shape;
  std::string text() const;  ///< "[batch, 2]"
};

/// A tensor that belongs to a model, under its path ("encoder.linear_0.weight", names and layouts as PyTorch's).
struct Parameter {
  std::string name;
  Var var;                ///< the leaf that holds it
  bool trainable = true;  ///< false: a buffer (running statistics) or frozen
  bool buffer = false;
};

/// One call of a neuron in a forward pass.
struct LayerInfo {
  std::string path;    ///< "encoder.linear_0"; "" for the model itself
  std::string neuron;  ///< "Linear"
  int depth = 0;       ///< 0 for the model itself
  bool primitive = false;
  std::vector<Shape> outputs;
  std::int64_t parameters = 0;  ///< elements of a primitive's own weights, 0 where they were counted before
};

/// How one forward pass is recorded.
struct ForwardContext {
  bool training = false;
  /// i64 leaf [3] (seed, step, first row): what dropout and its kind read. Required when training.
  Var rng;
  /// Where updates of buffers (running statistics) are collected when training.
  std::vector<Assign>* assigns = nullptr;
  /// Where every call is noted when somebody wants to know, callers before callees.
  std::vector<LayerInfo>* layers = nullptr;
};

class ModuleInstance;  // nn/src: the instantiated tree

/// Handle to an instantiated neuron: copies are the same model. `forward` on one model from many threads is allowed
/// while nobody trains it.
class Model {
 public:
  Model() = default;
  explicit Model(std::shared_ptr<ModuleInstance> root);

  bool defined() const { return root_ != nullptr; }
  const std::string& neuron() const;
  const std::vector<Port>& inputs() const;
  const std::vector<Port>& outputs() const;
  /// All parameters and buffers in the order of the tree, each once. A pass may build parts that depend on data, which
  /// then stand in a new table (see `generation`); a table that was returned before stays as it is.
  const std::vector<Parameter>& parameters() const;
  std::int64_t parameter_count() const;  ///< elements of all that is not a buffer

  /// Records one forward pass: one Var for each input port (in order), one for each output port comes back.
  /// Integer inputs feed embeddings as they are and are converted to f32 elsewhere. Throws Error(shape) naming the path
  /// of the module, the operation and the shapes when the inputs do not fit the ports.
  std::vector<Var> record(std::span<const Var> inputs, ForwardContext& context) const;

  /// Computes one forward pass without gradients, planned once for each signature of input shapes.
  std::vector<Tensor> forward(std::span<const Tensor> inputs) const;
  Tensor forward(const Tensor& input) const;  ///< one input port, one output port

  /// How often passes have added to `parameters()`: who keeps a list of them (an optimizer) looks again when it
  /// changes.
  std::int64_t generation() const;
  /// What passes have built, a line each, owners before what is built in them: "encoder:linear_0 d=16". With these
  /// lines `materialise` builds the same in another instance of the same neuron, so that its state can be loaded.
  /// Throws Error(checkpoint) for a line that does not fit this model.
  std::vector<std::string> lazy_instances() const;
  void materialise(std::span<const std::string> instances) const;

  StateDict state_dict() const;  ///< shares the model's memory
  /// Copies values in. Strict::yes throws Error(checkpoint) with the full report when anything differs; nothing is
  /// changed then.
  LoadReport load_state_dict(const StateDict& state, Strict strict = Strict::yes) const;

  ModuleInstance& root() const { return *root_; }

 private:
  std::shared_ptr<ModuleInstance> root_;
};

}  // namespace neuro
