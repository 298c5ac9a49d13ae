#pragma once
// Sequences: attention, recurrent cells and layers, positions, selective scan. (`neuro/ops.h` says what holds for all
// operations.)
#include <cstdint>
#include <optional>
#include <span>

#include "neuro/var.h"

namespace neuro {

// --- Attention ------------------------------------------------------------------------------------------------------

struct AttentionOptions {
  std::optional<double> scale = {};  ///< 1 / sqrt(D) unless given
  /// Query t sees the keys s <= t + causal_offset only. With an offset of S - T the last query sees every key, as when
  /// keys of earlier calls are kept.
  bool causal = false;
  std::int64_t causal_offset = 0;
};

/// softmax(scale q k^T + mask) v, without ever holding the T x S matrix.
///
/// q:       [..., Hq, T, D]; [T, D] is one head.
/// k, v:    [..., Hkv, S, D], [..., Hkv, S, Dv]. Hq is a multiple of Hkv: consecutive query heads share a head of k and
///          v (grouped-query attention). The axes before the heads broadcast.
/// mask:    broadcasts to [..., Hq, T, S], or undefined: bool (true: the query sees the key), or of q's type and added
///          to the scores.
/// returns: [..., Hq, T, Dv]. A query that sees no key (all hidden, or -inf) gets zeros, and gives no gradient.
/// error:   f32 forward within 4 times PyTorch's own error, or 2e-6 of the largest value (golden values).
/// The gradient computes the weights again, tile by tile. A gradient of an additive mask, and second derivatives, hold
/// T x S matrices.
/// source:  Vaswani et al. 2017, arXiv:1706.03762, eq. 1; tiles: Dao 2023, arXiv:2307.08691; grouped heads: Ainslie et
///          al. 2023, arXiv:2305.13245.
Var scaled_dot_product_attention(const Var& q, const Var& k, const Var& v, const Var& mask = {},
                                 const AttentionOptions& options = {});

// --- Recurrent layers -----------------------------------------------------------------------------------------------
// H units; G gates: 4 for LSTM (i, f, g, o), 3 for GRU (r, z, n), 1 for a plain layer. T steps, batch B.

/// The parameters of one layer in one direction. Biases may be undefined.
struct RecurrentWeights {
  Var weight_ih;                   ///< [G H, inputs]
  Var weight_hh;                   ///< [G H, H]
  Var bias_ih = {}, bias_hh = {};  ///< [G H]
};

struct LstmState {
  Var h, c;
};

/// One step of an LSTM: gates = x weight_ih^T + bias_ih + h weight_hh^T + bias_hh, c' = s(f) c + s(i) tanh(g),
/// h' = s(o) tanh(c').
///
/// x:       [B, inputs]; h, c: [B, H].
/// neuronika_gates: tanh(f) and s(g) instead, for weights that were trained so.
/// source:  Hochreiter and Schmidhuber 1997; autograd.md, section 4.
LstmState lstm_cell(const Var& x, const Var& h, const Var& c, const RecurrentWeights& weights,
                    bool neuronika_gates = false);

/// One step of a GRU: r = s(r_x + r_h), z = s(z_x + z_h), n = tanh(n_x + r n_h), h' = n + z (h - n).
///
/// x:       [B, inputs]; h: [B, H]; returns h' [B, H].
/// source:  Cho et al. 2014, arXiv:1406.1078, as in PyTorch (r multiplies the product); autograd.md, section 4.
Var gru_cell(const Var& x, const Var& h, const RecurrentWeights& weights);

struct RecurrentOptions {
  bool bidirectional = false;
  bool batch_first = false;  ///< x and y are [B, T, ...] instead of [T, B, ...]
};

/// y: h of the last layer after each step [T, B, D H] (D = 2 directions when bidirectional, side by side, else 1).
/// h, c: the states after each layer's and direction's own last step [layers D, B, H]; c for LSTM only.
struct RecurrentResult {
  Var y, h, c;
};

/// Whole sequences: for each layer and direction one product on x for all steps, and one kernel for the steps.
///
/// x:       [T, B, inputs], T >= 1; see batch_first.
/// weights: one entry for each layer and direction, in PyTorch's order (layer 0, layer 0 reversed, layer 1, ...).
///          Layers after the first have D H inputs.
/// h0, c0:  [layers D, B, H], or undefined: zeros.
RecurrentResult lstm(const Var& x, std::span<const RecurrentWeights> weights, const Var& h0 = {}, const Var& c0 = {},
                     const RecurrentOptions& options = {});
RecurrentResult gru(const Var& x, std::span<const RecurrentWeights> weights, const Var& h0 = {},
                    const RecurrentOptions& options = {});
enum class RnnActivation { tanh, relu };
/// h' = tanh(x weight_ih^T + bias_ih + h weight_hh^T + bias_hh), or relu of it.
RecurrentResult rnn(const Var& x, std::span<const RecurrentWeights> weights, const Var& h0 = {},
                    RnnActivation activation = RnnActivation::tanh, const RecurrentOptions& options = {});

// --- Positions ------------------------------------------------------------------------------------------------------
// Angle j of position p is p base^(-2 j / D). The first position is an i64 scalar (a leaf, when it changes from call to
// call); undefined: 0. Angles are as exact at position 1,000,000 as at 0.

struct RotaryOptions {
  int seq_axis = -2;         ///< the axis of x along which positions count
  bool interleaved = false;  ///< pairs are (2 j, 2 j + 1), as in the paper, instead of (j, j + D / 2)
  double base = 10000;
};

/// Rotary position embedding: turns each pair of the last axis by the angle of its position.
///
/// x:       [..., D] with D even and a sequence axis before the last; returns the same shape.
/// source:  Su et al. 2021, arXiv:2104.09864, eq. 34.
Var rotary_embedding(const Var& x, const RotaryOptions& options = {}, const Var& first_position = {});

/// x [..., T, D] plus sin(angle j) in column 2 j and cos(angle j) in column 2 j + 1; an odd D lacks the last cosine.
/// source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
Var sinusoidal_positions(const Var& x, double base = 10000, const Var& first_position = {});

struct AlibiOptions {
  bool causal = false;      ///< -infinity where the key comes after the query
  std::int64_t offset = 0;  ///< query t has the position t + offset, key s the position s
};

/// Attention with linear biases: scores [..., H, T, S] minus slope_h |t + offset - s|.
/// Slopes: 2^(-8 (h + 1) / H) for H a power of two; else those of the largest power m below H, followed by every second
/// one of 2 m heads.
/// source: Press, Smith, Lewis 2022, arXiv:2108.12409, section 3, and its code.
Var alibi(const Var& scores, const AlibiOptions& options = {});
/// The same as a mask for scaled_dot_product_attention: [heads, T, S].
Var alibi_bias(std::int64_t heads, std::int64_t T, std::int64_t S, const AlibiOptions& options = {},
               DType dtype = DType::f32);

// --- State spaces ---------------------------------------------------------------------------------------------------

struct SelectiveScanOptions {
  Var skip = {};          ///< D of the paper [channels]: adds skip x
  Var gate = {};          ///< z [batch, steps, channels]: multiplies by silu(gate)
  Var delta_bias = {};    ///< [channels], added to delta
  bool softplus = false;  ///< delta becomes softplus(delta + delta_bias)
  Var state = {};         ///< before the first step [batch, channels, states]; undefined: zeros
};
struct SelectiveScanResult {
  Var y;      ///< [batch, steps, channels]
  Var state;  ///< after the last step [batch, channels, states]
};

/// The selective scan of Mamba (S6): h_t = exp(delta_t A) h_(t-1) + delta_t B_t x_t, y_t = sum over states of C_t h_t.
///
/// x, delta: [batch, steps, channels]; A: [channels, states], negative for a state that fades; B, C: [batch, steps,
///           states]. Any size may be 0.
/// The gradient keeps the state of every 64th step and computes the others again. Not twice differentiable: the
/// gradient is one kernel over all steps.
/// source:   Gu and Dao 2023, arXiv:2312.00752, algorithm 2.
SelectiveScanResult selective_scan(const Var& x, const Var& delta, const Var& A, const Var& B, const Var& C,
                                   const SelectiveScanOptions& options = {});

// --- Balanced matrices ----------------------------------------------------------------------------------------------

/// exp(x) with rows, then columns, divided by their sums, `iterations` times (1 to 10000), in logarithms: nothing
/// overflows, and no small number is added to the sums. x [..., n, m]; columns sum to 1 at the end, rows nearly
/// (n == m).
/// source: Sinkhorn and Knopp 1967; neuroscript.md, section 5.9.
Var sinkhorn(const Var& x, int iterations = 20);

}  // namespace neuro
