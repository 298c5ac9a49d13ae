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
