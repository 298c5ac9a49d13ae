#include "neuro/loss.h"

#include "neuro/codes.h"
#include "neuro/op.h"
#include "neuro/ops.h"
#include "neuro/str.h"

namespace neuro {
namespace {

Var as_float(const Var& x) { return is_floating(x.dtype()) ? x : convert(x, DType::f32); }
Var as_index(const Var& x) { return x.dtype() == DType::i64 ? x : convert(x, DType::i64); }

/// The share of positions where two booleans, or two class numbers, agree. As f32: exact below 2^24 classes.
Var hit_rate(const Var& guess, const Var& truth) {
  return mean(convert(equal(convert(guess, DType::f32), convert(truth, DType::f32)), DType::f32));
}

/// The input of the softmax or sigmoid that ends a model.
Var before_ending(const Var& output) { return output.inputs().front(); }

std::string text_of(const Shape& row) { return row.rank() == 0 ? std::string("a single number") : row.text(); }

void report_shape(const Shape& output, const Column& target, const DataLoader& data, Diagnostics& diags,
                  const std::string& takes) {
  Diagnostic& d = diags.error(codes::kTargetShape, str("`", target.name, "` is ", text_of(target.row),
                                                       " in each row, which does not fit the model's output ", output));
  d.primary(data.quote_row(diags.sources(), 0), str("takes ", takes, ", receives ", text_of(target.row)));
  if (target.row.rank() + 1 == output.rank() && target.row.elements() == output.elements() && output.at(-1) == 1) {
    d.note("it would be stretched over the batch without a word, and every row compared with every other");
    d.help(output.rank() == 1 ? str("write the target as a list of one number: `\"", target.name, "\": [1.0]`")
                              : std::string("give the target a last axis of size 1"));
  }
}

/// Losses that compare number with number.
class Elementwise : public Loss {
 public:
  void check(const Shape& output, const Column& target, const DataLoader& data, Diagnostics& diags) const override {
    if (!(target.row == output)) report_shape(output, target, data, diags, text_of(output));
  }
  std::vector<std::pair<std::string, Var>> metrics(const Var&, const Var&) const override { return {}; }
};

class Mse final : public Elementwise {
 public:
  Var compute(const Var& output, const Var& target) const override { return loss::mse(output, as_float(target)); }
};

class Mae final : public Elementwise {
 public:
  Var compute(const Var& output, const Var& target) const override { return loss::mae(output, as_float(target)); }
};

class Huber final : public Elementwise {
 public:
  Var compute(const Var& output, const Var& target) const override { return loss::huber(output, as_float(target)); }
};

enum class Of { probabilities, logits, log_probabilities };  ///< what a loss takes a plain output for

class Bce final : public Elementwise {
 public:
  explicit Bce(Of output) : logits_(output == Of::logits) {}
  Var compute(const Var& output, const Var& target) const override {
    const Var t = as_float(target);
    if (ending_of(output) == Ending::sigmoid) return loss::bce_with_logits(before_ending(output), t);
    return logits_ ? loss::bce_with_logits(output, t) : loss::bce(output, t);
  }
  std::vector<std::pair<std::string, Var>> metrics(const Var& output, const Var& target) const override {
    const Var half = constant(0.5, output.dtype());
    const Var even = logits_ && ending_of(output) != Ending::sigmoid ? constant(0, output.dtype()) : half;
    return {{"accuracy", hit_rate(greater(output, even), greater(as_float(target), half))}};
  }
  void check(const Shape& output, const Column& target, const DataLoader& data, Diagnostics& diags) const override {
    if (!(target.row == output)) return Elementwise::check(output, target, data, diags);
    if (target.min < 0 || target.max > 1) {
      const bool low = target.min < 0;
      diags
          .error(codes::kTargetOutOfRange,
                 str("target ", low ? target.min : target.max, " is outside [0, 1], which bce takes"))
          .primary(data.quote_row(diags.sources(), low ? target.min_row : target.max_row), "in this row");
    }
  }

 private:
  bool logits_;
};

/// [.., K] and class indices [..] or [.., 1], or, for cross_entropy (logits), probabilities [.., K].
class Classes final : public Loss {
 public:
  explicit Classes(Of output) : logits_(output == Of::logits) {}
  Var compute(const Var& output, const Var& target) const override {
    const bool softmax = ending_of(output) == Ending::softmax;
    const Var scores = softmax ? before_ending(output) : output;
    const std::int64_t classes = scores.shape().at(-1);
    const Var rows = reshape(scores, {-1, classes});
    if (probabilities(output.shape(), target.shape()))
      return loss::cross_entropy(rows, reshape(as_float(target), {-1, classes}));
    const Var index = reshape(as_index(target), {-1});
    return logits_ || softmax ? loss::cross_entropy(rows, index) : loss::nll(rows, index);
  }

  std::vector<std::pair<std::string, Var>> metrics(const Var& output, const Var& target) const override {
    const Var guess = argmax(output, -1);
    const Var truth = probabilities(output.shape(), target.shape()) ? argmax(as_float(target), -1)
                                                                    : reshape(as_index(target), guess.shape());
    return {{"accuracy", hit_rate(guess, truth)}};
  }

  void check(const Shape& output, const Column& target, const DataLoader& data, Diagnostics& diags) const override {
    if (output.rank() == 0 || output.at(-1) < 2) {
      diags.error(codes::kTargetShape, str(name(), " needs an output with at least two classes, is ", output))
          .help("write `loss: bce` for one probability, or give the model more outputs");
      return;
    }
    const Shape indices = output.without(output.rank() - 1);
    if (probabilities(output, target.row)) {
      if (!target.sums_to_one) {
        diags.error(codes::kTargetOutOfRange, "rows of probabilities must be at least 0 and sum to 1")
            .primary(data.quote_row(diags.sources(), target.min < 0 ? target.min_row : 0));
      }
      return;
    }
    if (!(target.row == indices) && !(target.row == indices.inserted(indices.rank(), 1))) {
      return report_shape(output, target, data, diags,
                          indices.rank() == 0 ? std::string("one class index") : str("class indices ", indices));
    }
    const std::int64_t classes = output.at(-1);
    if (!target.whole || target.min < 0 || target.max >= static_cast<double>(classes)) {
      const bool low = target.min < 0;
      const std::uint64_t row = low ? target.min_row : target.max_row;
      Diagnostic& d = diags.error(codes::kTargetOutOfRange,
                                  target.whole ? str("target ", low ? target.min : target.max, " is not one of the ",
                                                     classes, " classes 0 to ", classes - 1)
                                               : std::string("a class index must be a whole number"));
      d.primary(data.quote_row(diags.sources(), row), "in this row");
      if (target.whole && !low && target.min == 1 && target.max == static_cast<double>(classes)) {
        d.help("classes count from 0: subtract 1 from every target");
      }
    }
  }

 private:
  const char* name() const { return logits_ ? "cross_entropy" : "nll"; }
  bool probabilities(const Shape& output, const Shape& target) const { return logits_ && output == target; }
  bool logits_;
};

}  // namespace

std::unique_ptr<Loss> make_mse() { return std::make_unique<Mse>(); }
std::unique_ptr<Loss> make_mae() { return std::make_unique<Mae>(); }
std::unique_ptr<Loss> make_huber() { return std::make_unique<Huber>(); }
std::unique_ptr<Loss> make_bce() { return std::make_unique<Bce>(Of::probabilities); }
std::unique_ptr<Loss> make_bce_logits() { return std::make_unique<Bce>(Of::logits); }
std::unique_ptr<Loss> make_cross_entropy() { return std::make_unique<Classes>(Of::logits); }
std::unique_ptr<Loss> make_nll() { return std::make_unique<Classes>(Of::log_probabilities); }

Ending ending_of(const Var& output) {
  if (output.is_leaf() || !output.op()) return Ending::plain;
  const std::string_view name = output.op()->name;
  if (name == "sigmoid") return Ending::sigmoid;
  // The operation is over the last axis, which is what a cross entropy over classes means; over another one it stands
  // between two permutations and does not end the model.
  return name == "softmax" ? Ending::softmax : Ending::plain;
}

std::optional<LossChoice> infer_loss(const LossEvidence& evidence, const DataLoader& data, Diagnostics& diags) {
  const Shape& out = evidence.output;
  const Column& target = evidence.target;
  const Shape in = evidence.inputs.empty() ? Shape{} : evidence.inputs.front();
  const std::string integers = target.dtype == DType::i64 ? "integer" : "float";
  const auto choose = [&](const char* loss, const char* rule, const std::string& why) {
    return LossChoice{loss, rule, str("out ", evidence.output_text, ", ", why), {}};
  };
  // With several outputs and one number a row the shapes have decided: classes may be written 1.0.
  const bool one_index = target.whole && (target.row == Shape{} || target.row == Shape{1});
  const bool classes = out.rank() == 1 && out[0] > 1;

  if (in.rank() == 1 && out.rank() == 2 && out[0] == in[0] && out[1] > 1 && target.dtype == DType::i64 &&
      target.row == in) {
    return choose("cross_entropy", "R1", "one integer a position = language model");
  }
  if (classes && one_index) {
    return in.rank() == 3 ? choose("cross_entropy", "R2", "integer targets = image classification")
                          : choose("cross_entropy", "R3", "integer targets = classification");
  }
  if (classes && target.row == out && target.sums_to_one && evidence.ending != Ending::sigmoid) {
    return choose("cross_entropy", "R3b", "rows that sum to 1 = classification by probabilities");
  }
  if (classes && target.row == out && target.binary && evidence.ending == Ending::sigmoid) {
    return choose("bce", "R4", "0/1 targets behind a Sigmoid = several labels");
  }
  if (target.row == out) {
    LossChoice choice = choose("mse", "R5", str(integers, " targets = regression"));
    if (target.binary && evidence.ending == Ending::sigmoid) {
      choice.notes.push_back("binary targets after Sigmoid: `loss: bce` usually converges faster");
    }
    return choice;
  }

  if (target.row.elements() == out.elements()) {
    report_shape(out, target, data, diags, text_of(out));
    return std::nullopt;
  }
  Diagnostic& d =
      diags.error(codes::kLossNotInferred, str("no loss fits the output ", evidence.output_text, " and ", integers,
                                               " targets: ", text_of(target.row), " in each row"));
  d.primary(data.quote_row(diags.sources(), 0), "the first row");
  d.note("cross_entropy takes one whole number, the class, a row (or a position) and as many outputs as classes");
  d.note("mse, mae, huber, bce and bce_logits take a target of the output's shape");
  const Shape positions = out.rank() > 0 ? out.without(out.rank() - 1) : out;
  if (out.rank() > 1 && out.at(-1) > 1 && target.row == positions && target.whole) {
    d.help("if each number is the class of a position, write `training: {loss: cross_entropy}`");
  } else {
    d.help("change the model's output or the targets, so that one of these fits");
  }
  return std::nullopt;
}

}  // namespace neuro
