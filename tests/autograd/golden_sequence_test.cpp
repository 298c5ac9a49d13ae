// Golden values of attention, recurrent layers, positions and scans.
#include "golden.h"
#include "neuro/op.h"
#include "ops/recurrent.h"

namespace neuro::golden {
namespace {

/// The weights of one layer and direction, from operand `at` on.
RecurrentWeights entry(Operands in, std::size_t at, bool biases) {
  return {in[at], in[at + 1], biases ? in[at + 2] : Var(), biases ? in[at + 3] : Var()};
}

struct LayerCall {
  std::vector<RecurrentWeights> weights;
  Var h0, c0;
  RecurrentOptions options;

  LayerCall(Operands in, const Args& a) {
    options = {a.integer("bidirectional", 0) != 0, a.integer("batch_first", 0) != 0};
    const bool biases = a.integer("biases", 1) != 0;
    const std::int64_t entries = a.integer("count", 1) * (options.bidirectional ? 2 : 1);
    std::size_t at = 1;
    for (std::int64_t e = 0; e < entries; ++e, at += biases ? 4 : 2) weights.push_back(entry(in, at, biases));
    h0 = optional(in, at);
    c0 = optional(in, at + 1);
  }
};

Var first_position(const Args& a) { return constant(static_cast<double>(a.integer("first", 0)), DType::i64); }

}  // namespace

Table sequence() {
  return {
      {"scaled_dot_product_attention",
       [](Operands in, const Args& a) {
         AttentionOptions o{.causal = a.integer("causal", 0) != 0, .causal_offset = a.integer("offset", 0)};
         if (a.has("scale")) o.scale = a.number("scale");
         return Results{scaled_dot_product_attention(in[0], in[1], in[2], optional(in, 3), o)};
       }},
      {"lstm_cell",
       [](Operands in, const Args& a) {
         const LstmState next =
             lstm_cell(in[0], in[1], in[2], entry(in, 3, a.integer("biases") != 0), a.integer("neuronika", 0) != 0);
         return Results{next.h, next.c};
       }},
      {"gru_cell",
       [](Operands in, const Args& a) {
         return Results{gru_cell(in[0], in[1], entry(in, 2, a.integer("biases") != 0))};
       }},
      {"lstm",
       [](Operands in, const Args& a) {
         const LayerCall c(in, a);
         const RecurrentResult r = lstm(in[0], c.weights, c.h0, c.c0, c.options);
         return Results{r.y, r.h, r.c};
       }},
      {"gru",
       [](Operands in, const Args& a) {
         const LayerCall c(in, a);
         const RecurrentResult r = gru(in[0], c.weights, c.h0, c.options);
         return Results{r.y, r.h};
       }},
      {"rnn",
       [](Operands in, const Args& a) {
         const LayerCall c(in, a);
         const auto activation = a.integer("relu", 0) != 0 ? RnnActivation::relu : RnnActivation::tanh;
         const RecurrentResult r = rnn(in[0], c.weights, c.h0, activation, c.options);
         return Results{r.y, r.h};
       }},
      {"recurrent_steps",
       [](Operands in, const Args& a) {
         Results out = record_all(recurrent_steps_def, in, {.i = {a.integer("cell"), a.integer("reverse")}});
         out.resize(a.integer("cell") < 2 ? 2 : 1);  // without what the gradient keeps
         return out;
       }},
      {"selective_scan",
       [](Operands in, const Args& a) {
         SelectiveScanOptions o;
         std::size_t at = 5;
         const auto next = [&](const char* name) { return a.integer(name, 0) != 0 ? in[at++] : Var(); };
         o.skip = next("skip");
         o.gate = next("gate");
         o.delta_bias = next("bias");
         o.state = next("state");
         o.softplus = a.integer("softplus", 0) != 0;
         const SelectiveScanResult r = selective_scan(in[0], in[1], in[2], in[3], in[4], o);
         return Results{r.y, r.state};
       }},
      {"rotary_embedding",
       [](Operands in, const Args& a) {
         const RotaryOptions o{static_cast<int>(a.integer("seq_axis", -2)), a.integer("interleaved", 0) != 0,
                               a.number("base", 10000)};
         return Results{rotary_embedding(in[0], o, first_position(a))};
       }},
      {"sinusoidal_positions",
       [](Operands in, const Args& a) {
         return Results{sinusoidal_positions(in[0], a.number("base", 10000), first_position(a))};
       }},
      {"alibi",
       [](Operands in, const Args& a) {
         return Results{alibi(in[0], {a.integer("causal", 0) != 0, a.integer("offset", 0)})};
       }},
      {"sinkhorn",
       [](Operands in, const Args& a) {
         return Results{sinkhorn(in[0], static_cast<int>(a.integer("iterations", 20)))};
       }},
  };
}

}  // namespace neuro::golden
