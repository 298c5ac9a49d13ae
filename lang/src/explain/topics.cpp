// Concepts that have a page of their own.
#include "explain/pages.h"

namespace neuro::explain_detail {
namespace {

constexpr Topic kTopics[] = {
    {"loss", R"(How the loss is chosen (`training.loss: auto`)

The first rule that fits the shapes of input and output and the first targets wins, and is printed.

  rule  input -> output             targets                          loss
  R1    [b, s] -> [b, s, V], V > 1  integers [b, s], or none         cross-entropy per token
  R2    [b, C, H, W] -> [b, K]      integer class [b]                cross-entropy
  R3    [b, ...] -> [b, K]          integer class [b] in 0..K-1      cross-entropy
  R3b   the same, without Sigmoid   rows [b, K] that each sum to 1   cross-entropy with probabilities
  R4    [b, ...] -> [b, K], Sigmoid all 0 or 1, [b, K]               binary cross-entropy
  R5    any                         numbers of the output's shape    mean squared error

K is greater than 1. Where nothing fits, training stops with NS0501: name the loss, for instance `loss: mse`.

  name           output                                   targets
  mse            numbers                                  of the output's shape: mean of squared differences
  mae            numbers                                  of the output's shape: mean of absolute differences
  huber          numbers                                  of the output's shape: squared up to 1, absolute beyond it
  bce            probabilities                            of the output's shape, from 0 to 1
  bce_logits     logits, or probabilities of a Sigmoid    of the output's shape, from 0 to 1
  cross_entropy  logits, or probabilities of a Softmax    the class, 0 to K-1, or probabilities [.., K]
  nll            logarithms of probabilities, or Softmax  the class, 0 to K-1
)"},
    {"optimizer", R"(What moves the weights (`training.optimizer`)

w is a weight, d its gradient (clipped by `max_grad_norm`, plus weight_decay w), t counts the steps from 1.

  name     its keys beside lr (default)                      step
  sgd      momentum (0), dampening (0), nesterov (false)     v = momentum v + (1 - dampening) d; w -= lr v,
                                                             or lr (d + momentum v) with nesterov
  adam     betas ([0.9, 0.999]), eps (1e-8)                  m = b1 m + (1 - b1) d; s = b2 s + (1 - b2) d^2;
                                                             w -= lr / (1 - b1^t) m / (sqrt(s / (1 - b2^t)) + eps)
  amsgrad  as adam                                           adam with the largest s so far
  adamw    as adam; weight_decay (0.01)                      adam after w is multiplied by 1 - lr weight_decay
  adagrad  lr_decay (0), eps (1e-10)                         G += d^2;
                                                             w -= lr / (1 + (t - 1) lr_decay) d / (sqrt(G) + eps)
  rmsprop  alpha (0.99), eps (1e-8), momentum (0),           s = alpha s + (1 - alpha) d^2;
           centered (false)                                  w -= lr d / (sqrt(s) + eps), through a momentum;
                                                             centered: s less the square of the mean of d
  lion     betas ([0.9, 0.99])                               m = b2 m + (1 - b2) d after
                                                             w -= lr (sign(b1 m + (1 - b1) d) + weight_decay w)

With adamw and lion `weight_decay` acts on w alone and is no part of d. A key that the optimizer does not read is an
error. lion wants a rate some ten times smaller than adam's.
)"},
    {"layout", R"(How lines belong together

A neuron has sections, a section has lines, and a line may open a block: after `:`, and after an `->` at its end.
What is deeper than the line that opened a block belongs to it; any width of indentation will do. A tab goes to the
next multiple of 4; do not mix tabs and spaces. Inside brackets line ends do not count.

    neuron Encoder(dim):
      in: [*, dim]
      graph:
        in ->
          Linear(dim, dim)
          GELU()
          out

Short blocks may stand on one line: `graph: in -> GELU() -> out`, `if deep: GELU() else: Identity()`.

A source that lost its indentation is read too: then a block ends where a line starts a section, a connection
(`name ->`), an arm (`[`), or a branch (`else`).
)"},
    {"shapes", R"(How shapes are written

A shape is a list of sizes: `[batch, seq, 768]`.

  768          exactly this size
  seq          any size; the same everywhere in the neuron; a parameter's name is its value
  _            one dimension of any size
  *            at the start of a shape: one or more dimensions; elsewhere one
  *batch       any number of dimensions, also none, remembered under the name
  dim * 4 + 1  arithmetic, with the usual precedence; a division must be exact

A linear layer works on the last dimension and takes any number before it: `[*, in_dim]`.
)"},
};

}  // namespace

std::span<const Topic> topics() { return kTopics; }

}  // namespace neuro::explain_detail
