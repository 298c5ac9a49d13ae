#pragma once
// The Loss contract, its defaults, and the rules that choose one when the config does not.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "neuro/data.h"
#include "neuro/model.h"
#include "neuro/registry.h"
#include "neuro/var.h"

namespace neuro {

/// What a loss compares: recorded, so that it is planned together with the model.
class Loss {
 public:
  virtual ~Loss() = default;
  /// The mean over the batch, rank 0. `output` is what the model's output port gives; a softmax or sigmoid that ends it
  /// is taken into the loss rather than applied twice. `target` is [rows, row...], f32 or i64 as the data has it.
  virtual Var compute(const Var& output, const Var& target) const = 0;
  /// Values beside the loss, each a mean over the batch of rank 0, with its name ("accuracy").
  virtual std::vector<std::pair<std::string, Var>> metrics(const Var& output, const Var& target) const = 0;
  /// Checks shapes and values of the target before anything is recorded; `output` and `target.row` are without the
  /// batch axis. Reports NS0508 (with a hint where the target would broadcast) and NS0502 with the data line.
  virtual void check(const Shape& output, const Column& target, const DataLoader& data, Diagnostics& diags) const = 0;
};
using LossRegistry = Registry<Loss>;

// The defaults. mse, mae, huber and both bce take a target of the output's shape; cross_entropy and nll take class
// indices (whole numbers in [0, K), shaped like the output without its last axis, or with a last axis of size 1), and
// cross_entropy rows of probabilities, too. (spec: neuroscript.md 7.2)
std::unique_ptr<Loss> make_mse();            ///< mean of (y - t)^2
std::unique_ptr<Loss> make_mae();            ///< mean of |y - t|
std::unique_ptr<Loss> make_huber();          ///< mean of d^2 / 2 where |d| <= 1, else |d| - 1/2, d = y - t
std::unique_ptr<Loss> make_bce();            ///< of probabilities, logarithms clamped at -100; targets in [0, 1]
std::unique_ptr<Loss> make_bce_logits();     ///< the same of sigmoid(y)
std::unique_ptr<Loss> make_cross_entropy();  ///< of logits
std::unique_ptr<Loss> make_nll();            ///< of log-probabilities; behind a Softmax of their logarithms

/// How the model's last step shapes its output.
enum class Ending { plain, sigmoid, softmax };
Ending ending_of(const Var& output);

/// Which loss fits, and why.
struct LossChoice {
  std::string loss;    ///< a registered name
  std::string rule;    ///< "R5"; "config" when the config named it
  std::string reason;  ///< "out [batch, 1], float targets = regression"
  std::vector<std::string> notes;
};

/// What the rules look at. Shapes are without the batch axis.
struct LossEvidence {
  std::vector<Shape> inputs;
  Shape output;
  std::string output_text;  ///< "[batch, 1]"
  Ending ending = Ending::plain;
  Column target;
};

/// The first rule of the product's table that fits. Nothing when none does: NS0501 (or NS0508 when a target of another
/// shape would broadcast) is reported then, with the candidates and the line to add.
std::optional<LossChoice> infer_loss(const LossEvidence& evidence, const DataLoader& data, Diagnostics& diags);

}  // namespace neuro
