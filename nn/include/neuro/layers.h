#pragma once
// Layers for models written in C++. Parameters have PyTorch's names and layouts and are drawn from U(-k, k).
// (spec: autograd.md, section 4)
//
// `forward` records; a wrong shape throws the Error of the operation that refuses it. Sizes below 1 throw
// Error(invalid_argument) when a layer is made. `dtype` is f32 or f64; `generator` null means default_generator().
#include <array>
#include <memory>
#include <optional>

#include "neuro/generator.h"
#include "neuro/module.h"
#include "neuro/op.h"
#include "neuro/ops/pad.h"
#include "neuro/ops/sequence.h"

namespace neuro::nn {

struct LayerOptions {
  bool bias = true;
  DType dtype = DType::f32;
  Generator* generator = nullptr;
};

/// y = x W^T + b over the last axis: x [..., in] -> [..., out]; weight [out, in], bias [out]; k = 1 / sqrt(in).
class Linear final : public Module {
 public:
  Linear(std::int64_t in, std::int64_t out, const LayerOptions& options = {});
  Var forward(const Var& x) const;
  Var weight, bias;  ///< bias undefined without one
};

template <std::size_t rank>
struct ConvOptions {
  static constexpr std::array<std::int64_t, rank> all(std::int64_t value) {
    std::array<std::int64_t, rank> out{};
    out.fill(value);
    return out;
  }
  std::array<std::int64_t, rank> stride = all(1);
  std::array<std::int64_t, rank> padding = all(0);  ///< on both sides of each axis
  std::array<std::int64_t, rank> dilation = all(1);
  std::int64_t groups = 1;
  PadMode mode = pad::Zero{};  ///< what stands in the padding
  bool bias = true;
  DType dtype = DType::f32;
  Generator* generator = nullptr;
};

/// Cross-correlation: x [N, in, s...] -> [N, out, (s + 2 padding - dilation (kernel - 1) - 1) / stride + 1 ...]; weight
/// [out, in / groups, kernel...], bias [out]; k = 1 / sqrt(in / groups * the kernel's elements). in and out must divide
/// into the groups.
template <std::size_t rank>
class Conv final : public Module {
 public:
  Conv(std::int64_t in, std::int64_t out, const std::array<std::int64_t, rank>& kernel,
       const ConvOptions<rank>& options = {});
  Var forward(const Var& x) const;
  Var weight, bias;

 private:
  ConvOptions<rank> options_;
};
using Conv1d = Conv<1>;
using Conv2d = Conv<2>;
using Conv3d = Conv<3>;

/// While training: every element 0 with probability p, the others divided by 1 - p, drawn anew in every forward pass.
/// Otherwise the identity. p in [0, 1]. (Srivastava et al. 2014)
class Dropout final : public Module {
 public:
  explicit Dropout(double p = 0.5, Generator* generator = nullptr);
  Var forward(const Var& x) const;
  double p() const { return p_; }

 private:
  double p_;
  Generator* generator_;
};

/// Rows of weight [count, dim], drawn from N(0, 1): index (i64) [...] -> [..., dim]. The row `padding_index` starts as
/// zeros and receives no gradient.
class Embedding final : public Module {
 public:
  Embedding(std::int64_t count, std::int64_t dim, std::optional<std::int64_t> padding_index = {},
            const LayerOptions& options = {});
  Var forward(const Var& index) const;
  Var weight;

 private:
  std::int64_t padding_;
};

/// Over the last axis: weight [dim] of ones, bias [dim] of zeros. (Ba, Kiros, Hinton 2016)
class LayerNorm final : public Module {
 public:
  explicit LayerNorm(std::int64_t dim, double eps = 1e-5, DType dtype = DType::f32);
  Var forward(const Var& x) const;
  Var weight, bias;

 private:
  double eps_;
};

struct BatchNormOptions {
  double eps = 1e-5, momentum = 0.1;
  DType dtype = DType::f32;
};
/// Over the batch for each channel (axis 1) of x [N, C, ...]. While training it normalises by the batch, and every
/// forward pass moves the buffers running_mean and running_var [C] by `momentum` towards the batch's (unbiased)
/// statistics; otherwise it normalises by those. weight [C] of ones, bias [C] of zeros. A channel of fewer than two
/// values is refused while training. (Ioffe and Szegedy 2015, arXiv:1502.03167)
class BatchNorm final : public Module {
 public:
  explicit BatchNorm(std::int64_t features, const BatchNormOptions& options = {});
  Var forward(const Var& x) const;
  Var weight, bias, running_mean, running_var;

 private:
  BatchNormOptions options_;
};

struct LSTMState {
  Var h, c;
};
/// How an LSTM's second and third quarter of gates are squashed. `neuronika`: that library's mistake, tanh for the
/// forget gate and sigmoid for the cell's, to read its weights.
enum class Gates { standard, neuronika };
/// i, f, g, o = W_ih x + b_ih + W_hh h + b_hh in quarters; c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o)
/// tanh(c'). x [N, in], h and c [N, hidden]; weight_ih [4 hidden, in], weight_hh [4 hidden, hidden], bias_ih, bias_hh
/// [4 hidden]; k = 1 / sqrt(hidden). (Hochreiter and Schmidhuber 1997; Gers et al. 2000)
class LSTMCell final : public Module {
 public:
  LSTMCell(std::int64_t in, std::int64_t hidden, const LayerOptions& options = {}, Gates gates = Gates::standard);
  /// A state that is undefined is zeros.
  LSTMState forward(const Var& x, const LSTMState& state = {}) const;
  Var weight_ih, weight_hh, bias_ih, bias_hh;

 private:
  Gates gates_;
};

/// r, z = sigmoid of the first two thirds of W_ih x + b_ih + W_hh h + b_hh; n = tanh(i_n + r h_n) of the last;
/// h' = (h - n) z + n. Shapes as LSTMCell's with 3 for 4. (Cho et al. 2014, arXiv:1406.1078)
class GRUCell final : public Module {
 public:
  GRUCell(std::int64_t in, std::int64_t hidden, const LayerOptions& options = {});
  Var forward(const Var& x, const Var& h = {}) const;
  Var weight_ih, weight_hh, bias_ih, bias_hh;
};

struct RecurrentLayerOptions {
  std::int64_t layers = 1;
  bool bidirectional = false;
  bool batch_first = false;  ///< x and y are [N, T, ...] instead of [T, N, ...]
  bool bias = true;
  DType dtype = DType::f32;
  Generator* generator = nullptr;
};
/// Whole sequences, `lstm()` of x [T, N, in]; y [T, N, directions hidden], h and c [layers directions, N, hidden].
/// Parameters weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, with "_reverse" for the other direction, of the
/// cell's shapes; layers after the first read directions hidden values.
class LSTM final : public Module {
 public:
  LSTM(std::int64_t in, std::int64_t hidden, const RecurrentLayerOptions& options = {});
  RecurrentResult forward(const Var& x, const LSTMState& state = {}) const;  ///< a state that is undefined is zeros

 private:
  std::vector<RecurrentWeights> weights_;
  RecurrentOptions options_;
};
/// The same with `gru()`; its result has no c.
class GRU final : public Module {
 public:
  GRU(std::int64_t in, std::int64_t hidden, const RecurrentLayerOptions& options = {});
  RecurrentResult forward(const Var& x, const Var& h = {}) const;

 private:
  std::vector<RecurrentWeights> weights_;
  RecurrentOptions options_;
};

/// A layer as a row of a table, so that a test walks all of them.
struct LayerDef {
  const char* name;
  const char* source;
  std::unique_ptr<Module> (*make)(DType dtype, Generator& generator);
  std::vector<SampleInput> (*inputs)();
  std::vector<Var> (*forward)(Module& layer, std::span<const Var> inputs);
};
std::span<const LayerDef> layer_defs();

}  // namespace neuro::nn
