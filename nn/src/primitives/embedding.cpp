// Embedding: rows of a table by index (spec: neuroscript.md, 5.6).
#include "primitives/all.h"

namespace neuro::prim {
namespace {

std::vector<Var> embedding_forward(const PrimitiveCall& c) {
  Var index = c.in[0];
  // JSON data may arrive as floats. One that is not a whole number becomes -1, which the lookup refuses.
  if (is_floating(index.dtype())) index = where(equal(floor(index), index), index, constant(-1, index.dtype()));
  if (index.dtype() != DType::i64) index = convert(index, DType::i64);
  const std::int64_t padding = c.args.has("padding_idx") ? c.args.integer("padding_idx") : -1;
  return {neuro::embedding(c.weights[0], index, padding)};
}

}  // namespace

const PrimitiveDef& embedding() {
  static const PrimitiveDef def{
      .name = "Embedding",
      .path = "core,nn/Embedding",
      .brief = "rows of a table by index",
      .params = {{.name = "num_embeddings", .min = 1, .aliases = {"vocab_size"}},
                 {.name = "embedding_dim", .min = 1},
                 {.name = "padding_idx", .optional = true}},
      .inputs = {{"default", "[*batch, seq_len]"}},
      .outputs = {{"default", "[*batch, seq_len, embedding_dim]"}},
      .integers = Integers::kept,
      .weights =
          [](const Arguments& args) {
            return std::vector<WeightSpec>{{.name = "weight",
                                            .shape = {args.integer("num_embeddings"), args.integer("embedding_dim")},
                                            .init = Init::normal,
                                            .zero_row = args.has("padding_idx") ? args.integer("padding_idx") : -1}};
          },
      .forward = embedding_forward,
      .wrapper = "embedding",
  };
  return def;
}

}  // namespace neuro::prim
