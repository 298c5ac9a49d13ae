#include "neuro/trainer.h"

namespace neuro {

KnownNames Contracts::names() const { return {loaders.names(), losses.names(), optimizers.names(), loggers.names()}; }

Contracts default_contracts() {
  Contracts c;
  c.loaders.add("jsonl", open_jsonl);
  c.losses.add("mse", make_mse);
  c.losses.add("mae", make_mae);
  c.losses.add("huber", make_huber);
  c.losses.add("bce", make_bce);
  c.losses.add("bce_logits", make_bce_logits);
  c.losses.add("cross_entropy", make_cross_entropy);
  c.losses.add("nll", make_nll);
  c.optimizers.add("adam", make_adam);
  c.optimizers.add("adamw", make_adamw);
  c.optimizers.add("amsgrad", make_amsgrad);
  c.optimizers.add("sgd", make_sgd);
  c.optimizers.add("adagrad", make_adagrad);
  c.optimizers.add("rmsprop", make_rmsprop);
  c.optimizers.add("lion", make_lion);
  c.checkpoints.add("safetensors", make_safetensors_checkpoint);
  c.loggers.add("console", make_console_logger);
  c.loggers.add("jsonl", make_jsonl_logger);
  return c;
}

}  // namespace neuro
