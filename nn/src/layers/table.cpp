// Every layer, with inputs to try it on.
#include "neuro/layers.h"

namespace neuro::nn {
namespace {

using Inputs = std::vector<SampleInput>;

template <class Layer>
std::vector<Var> one_input(Module& layer, std::span<const Var> in) {
  return {static_cast<Layer&>(layer).forward(in[0])};
}

}  // namespace

std::span<const LayerDef> layer_defs() {
  static constexpr const char* kSpec = "autograd.md, section 4";
  static constexpr LayerDef layers[] = {
      {"Linear", kSpec,
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<Linear>(3, 5, LayerOptions{.dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {7, 3}}};
       },
       one_input<Linear>},
      {"Conv1d", kSpec,
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<Conv1d>(
             4, 6, std::array<std::int64_t, 1>{3},
             ConvOptions<1>{
                 .stride = {2}, .padding = {2}, .groups = 2, .mode = pad::Reflective{}, .dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {2, 4, 9}}};
       },
       one_input<Conv1d>},
      {"Conv2d", kSpec,
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<Conv2d>(
             2, 3, std::array<std::int64_t, 2>{3, 2},
             ConvOptions<2>{
                 .padding = {1, 2}, .dilation = {1, 2}, .mode = pad::Replicative{}, .dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {2, 2, 5, 4}}};
       },
       one_input<Conv2d>},
      {"Conv3d", kSpec,
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<Conv3d>(2, 4, std::array<std::int64_t, 3>{2, 3, 2},
                                         ConvOptions<3>{.stride = {1, 2, 1},
                                                        .padding = {1, 0, 1},
                                                        .groups = 2,
                                                        .mode = pad::Circular{},
                                                        .dtype = t,
                                                        .generator = &g});
       },
       [] {
         return Inputs{{.shape = {2, 2, 3, 5, 3}}};
       },
       one_input<Conv3d>},
      {"Dropout", "Srivastava et al. 2014, Dropout",
       [](DType, Generator& g) -> std::unique_ptr<Module> { return std::make_unique<Dropout>(0.4, &g); },
       [] {
         return Inputs{{.shape = {5, 7}}};
       },
       one_input<Dropout>},
      {"Embedding", "rows of a table",
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<Embedding>(5, 3, std::nullopt, LayerOptions{.dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {2, 4}, .lo = 0, .hi = 5, .dtype = DType::i64}};
       },
       one_input<Embedding>},
      {"LayerNorm", "Ba, Kiros, Hinton 2016, arXiv:1607.06450",
       [](DType t, Generator&) -> std::unique_ptr<Module> { return std::make_unique<LayerNorm>(7, 1e-3, t); },
       [] {
         return Inputs{{.shape = {2, 3, 7}}};
       },
       one_input<LayerNorm>},
      {"BatchNorm", "Ioffe and Szegedy 2015, arXiv:1502.03167",
       [](DType t, Generator&) -> std::unique_ptr<Module> {
         return std::make_unique<BatchNorm>(3, BatchNormOptions{.dtype = t});
       },
       [] {
         return Inputs{{.shape = {4, 3, 5}}};
       },
       one_input<BatchNorm>},
      {"LSTMCell", "Hochreiter and Schmidhuber 1997; autograd.md, section 4",
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<LSTMCell>(3, 4, LayerOptions{.dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {2, 3}}, {.shape = {2, 4}}, {.shape = {2, 4}}};
       },
       [](Module& layer, std::span<const Var> in) {
         const LSTMState s = static_cast<LSTMCell&>(layer).forward(in[0], {in[1], in[2]});
         return std::vector<Var>{s.h, s.c};
       }},
      {"GRUCell", "Cho et al. 2014, arXiv:1406.1078; autograd.md, section 4",
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<GRUCell>(3, 4, LayerOptions{.dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {2, 3}}, {.shape = {2, 4}}};
       },
       [](Module& layer, std::span<const Var> in) {
         return std::vector<Var>{static_cast<GRUCell&>(layer).forward(in[0], in[1])};
       }},
      {"LSTM", "Hochreiter and Schmidhuber 1997; autograd.md, section 4",
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<LSTM>(
             3, 2, RecurrentLayerOptions{.layers = 2, .bidirectional = true, .dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {4, 2, 3}}, {.shape = {4, 2, 2}}, {.shape = {4, 2, 2}}};
       },
       [](Module& layer, std::span<const Var> in) {
         const RecurrentResult r = static_cast<LSTM&>(layer).forward(in[0], {in[1], in[2]});
         return std::vector<Var>{r.y, r.h, r.c};
       }},
      {"GRU", "Cho et al. 2014, arXiv:1406.1078; autograd.md, section 4",
       [](DType t, Generator& g) -> std::unique_ptr<Module> {
         return std::make_unique<GRU>(
             3, 2, RecurrentLayerOptions{.layers = 2, .bidirectional = true, .dtype = t, .generator = &g});
       },
       [] {
         return Inputs{{.shape = {4, 2, 3}}, {.shape = {4, 2, 2}}};
       },
       [](Module& layer, std::span<const Var> in) {
         const RecurrentResult r = static_cast<GRU&>(layer).forward(in[0], in[1]);
         return std::vector<Var>{r.y, r.h};
       }},
  };
  return layers;
}

}  // namespace neuro::nn
