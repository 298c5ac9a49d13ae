#include "schema.h"

#include "values.h"

namespace neuro::schema {
namespace {

/// A key whose value is one field of TrainConfig; the type of the field says how it is read.
template <class Field>
Key key(std::string path, Field field, Rule rule = {}, std::vector<std::string> aliases = {}) {
  return {
      .path = std::move(path),
      .read = [field](TrainConfig& c, const yaml::Node& node, Reader& reader) { read_value(node, field(c), reader); },
      .show = [field](const TrainConfig& c) { return show(field(c)); },
      .rule = std::move(rule),
      .aliases = std::move(aliases)};
}

Key required(Key key) {
  key.required = true;
  return key;
}

/// A key of the whole product that this version does not build. `off`: the values by which a config does not ask for
/// it.
Key later(std::string path, std::vector<std::string> off = {}) {
  return {.path = std::move(path), .read = nullptr, .show = nullptr, .rule = {}, .off = std::move(off)};
}

Rule at_least(double min) { return {.min = min}; }
Rule above(double min) { return {.min = min, .open_min = true}; }
Rule one_of(std::vector<std::string> choices, const std::vector<std::string>& more, std::vector<std::string> not_yet) {
  choices.insert(choices.end(), more.begin(), more.end());
  return {.choices = std::move(choices), .later = std::move(not_yet)};
}
Rule a_file(ErrorCode missing) { return {.missing = missing}; }
/// A run that is resumed must have the same value.
Rule fixed(Rule rule) {
  rule.fixed = true;
  return rule;
}

}  // namespace

std::vector<Key> keys(const KnownNames& names) {
  return {
      key("version", [](auto& c) -> auto& { return c.version; }, {.min = 1, .max = 1}),
      later("extends"),

      key(
          "model.neuron", [](auto& c) -> auto& { return c.model.neuron; }, fixed({})),
      required(key(
          "model.file", [](auto& c) -> auto& { return c.model.file; }, a_file(ErrorCode::source))),
      key(
          "model.params", [](auto& c) -> auto& { return c.model.params; }, fixed({})),
      later("model.init", {"default"}),
      later("model.weights", {"null"}),
      later("model.strict", {"true"}),
      later("model.freeze", {"[]"}),

      required(key(
          "data.train", [](auto& c) -> auto& { return c.data.train; }, a_file(ErrorCode::data))),
      key(
          "data.val", [](auto& c) -> auto& { return c.data.val; }, a_file(ErrorCode::data)),
      key(
          "data.format", [](auto& c) -> auto& { return c.data.format; },
          fixed(one_of({"auto"}, names.loaders, {"csv", "npy", "npz", "idx", "images", "text"}))),
      key(
          "data.input", [](auto& c) -> auto& { return c.data.input; }, fixed({})),
      key(
          "data.target", [](auto& c) -> auto& { return c.data.target; }, fixed({})),
      key(
          "data.shuffle", [](auto& c) -> auto& { return c.data.shuffle; }, fixed({})),
      key(
          "data.drop_last", [](auto& c) -> auto& { return c.data.drop_last; }, fixed({})),
      later("data.val_split", {"0"}),
      later("data.test", {"null"}),
      later("data.on_bad_row", {"error"}),
      later("data.max_bad_rows", {"null"}),
      later("data.normalize", {"none"}),
      later("data.labels", {"null"}),
      later("data.cache", {"auto"}),
      later("data.prefetch"),
      later("data.options", {"{}"}),

      key(
          "training.epochs", [](auto& c) -> auto& { return c.training.epochs; }, at_least(0)),
      key(
          "training.max_steps", [](auto& c) -> auto& { return c.training.max_steps; }, at_least(0)),
      key(
          "training.batch_size", [](auto& c) -> auto& { return c.training.batch_size; },
          fixed({.min = 1, .max = 16'777'216})),
      key(
          "training.loss", [](auto& c) -> auto& { return c.training.loss; }, fixed(one_of({"auto"}, names.losses, {}))),
      key(
          "training.optimizer", [](auto& c) -> auto& { return c.training.optimizer; },
          fixed(one_of({}, names.optimizers, {}))),
      key(
          "training.lr", [](auto& c) -> auto& { return c.training.lr; }, fixed(above(0))),
      key(
          "training.weight_decay", [](auto& c) -> auto& { return c.training.weight_decay; }, fixed(at_least(0))),
      key(
          "training.betas", [](auto& c) -> auto& { return c.training.betas; },
          fixed({.min = 0, .max = 1, .open_max = true})),
      key(
          "training.eps", [](auto& c) -> auto& { return c.training.eps; }, fixed(above(0))),
      key(
          "training.momentum", [](auto& c) -> auto& { return c.training.momentum; },
          fixed({.min = 0, .max = 1, .open_max = true})),
      key(
          "training.dampening", [](auto& c) -> auto& { return c.training.dampening; }, fixed({.min = 0, .max = 1})),
      key(
          "training.alpha", [](auto& c) -> auto& { return c.training.alpha; }, fixed({.min = 0, .max = 1})),
      key(
          "training.centered", [](auto& c) -> auto& { return c.training.centered; }, fixed({})),
      key(
          "training.lr_decay", [](auto& c) -> auto& { return c.training.lr_decay; }, fixed(at_least(0))),
      key(
          "training.nesterov", [](auto& c) -> auto& { return c.training.nesterov; }, fixed({})),
      key(
          "training.max_grad_norm", [](auto& c) -> auto& { return c.training.max_grad_norm; }, fixed(at_least(0))),
      key(
          "training.seed", [](auto& c) -> auto& { return c.training.seed; }, fixed(at_least(0))),
      key(
          "training.on_nan", [](auto& c) -> auto& { return c.training.on_nan; },
          one_of({"stop"}, {}, {"skip", "rollback"})),
      key(
          "training.device", [](auto& c) -> auto& { return c.training.device; }, one_of({"cpu"}, {}, {"cuda"})),
      key(
          "training.precision", [](auto& c) -> auto& { return c.training.precision; },
          fixed(one_of({"f32"}, {}, {"bf16"}))),
      later("training.max_time", {"null"}),
      later("training.gradient_accumulation_steps", {"1"}),
      later("training.gradient_groups", {"1"}),
      later("training.ignore_index", {"-100"}),
      later("training.label_smoothing", {"0", "0.0"}),
      later("training.class_weights", {"null"}),
      later("training.groups", {"[]"}),
      later("training.schedule", {"constant"}),
      later("training.warmup_steps", {"0"}),
      later("training.min_lr", {"0"}),
      later("training.gamma"),
      later("training.milestones", {"[]"}),
      later("training.max_grad_value", {"null"}),
      later("training.deterministic", {"true"}),
      later("training.max_nan_steps"),
      later("training.mixed_precision", {"false"}),
      later("training.ema", {"null"}),

      key("eval.every", [](auto& c) -> auto& { return c.eval.every; }, at_least(1), {"training.eval_every"}),
      later("eval.metrics", {"auto"}),
      later("eval.monitor", {"auto"}),
      later("eval.mode", {"auto"}),
      later("eval.early_stopping", {"null"}),

      key("checkpoint.dir", [](auto& c) -> auto& { return c.checkpoint.dir; }, {.written = true},
          {"training.checkpoint_dir"}),
      key("checkpoint.every", [](auto& c) -> auto& { return c.checkpoint.every; }, at_least(1),
          {"training.save_every"}),
      key("checkpoint.keep_last_n", [](auto& c) -> auto& { return c.checkpoint.keep_last_n; }, at_least(1),
          {"training.keep_last_n"}),
      key(
          "checkpoint.keep_best", [](auto& c) -> auto& { return c.checkpoint.keep_best; }),
      later("checkpoint.format", {"safetensors"}),

      key("logging.every", [](auto& c) -> auto& { return c.logging.every; }, at_least(1), {"training.log_every"}),
      key(
          "logging.loggers", [](auto& c) -> auto& { return c.logging.loggers; },
          one_of({}, names.loggers, {"csv", "tensorboard", "html"})),
      later("logging.file", {"null"}),
      later("training.log_file", {"null"}),

      later("distributed.backend", {"none"}),
      later("distributed.bucket_size"),
      later("distributed.timeout"),
      later("distributed.shard_optimizer", {"false"}),
  };
}

}  // namespace neuro::schema
