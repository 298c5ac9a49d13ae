// Bad input of attention, recurrent layers, positions.
#include "bad_input.h"

namespace neuro::bad {
namespace {

constexpr const char* kAttention = "scaled_dot_product_attention";

/// Weights of a layer with `gates` gates, 3 inputs and 2 units.
RecurrentWeights weights(std::int64_t gates) { return {f32({gates * 2, 3}), f32({gates * 2, 2}), {}, {}}; }

Var attend(const Shape& q, const Shape& k, const Shape& v, const Var& mask = {}) {
  return scaled_dot_product_attention(f32(q), f32(k), f32(v), mask);
}

}  // namespace

Rows sequences() {
  return {
      {kAttention,
       "sizes of q and k that differ",
       [] {
         attend({2, 4, 8}, {2, 4, 6}, {2, 4, 8});
       },
       {"axis -1", "[2, 4, 8]", "[2, 4, 6]"}},
      {kAttention,
       "keys and values of different lengths",
       [] {
         attend({2, 4, 8}, {2, 5, 8}, {2, 4, 8});
       },
       {"axis -2", "[2, 5, 8]", "[2, 4, 8]"}},
      {kAttention,
       "heads that are no multiple",
       [] {
         attend({3, 4, 8}, {2, 4, 8}, {2, 4, 8});
       },
       {"heads", "[3, 4, 8]", "[2, 4, 8]"}},
      {kAttention,
       "a mask of another size",
       [] {
         attend({2, 4, 8}, {2, 5, 8}, {2, 5, 8}, boolean({4, 4}));
       },
       {"[4, 4]", "[2, 4, 5]", "axis -1"}},
      {kAttention,
       "a mask of whole numbers",
       [] {
         attend({2, 4, 8}, {2, 5, 8}, {2, 5, 8}, i64({4, 5}));
       },
       {"mask", "i64"}},
      {kAttention, "vectors", [] { attend({8}, {8}, {8}); }, {"[8]"}},
      {"lstm_cell",
       "a state of another size",
       [] {
         lstm_cell(f32({4, 3}), f32({4, 3}), f32({4, 2}), weights(4));
       },
       {"[4, 3]", "2"}},
      {"lstm_cell",
       "inputs of another size",
       [] {
         lstm_cell(f32({4, 5}), f32({4, 2}), f32({4, 2}), weights(4));
       },
       {"[8, 5]", "[8, 3]"}},
      {"lstm_cell",
       "weights of three gates",
       [] {
         lstm_cell(f32({4, 3}), f32({4, 2}), f32({4, 2}), weights(3));
       },
       {"[6, "}},
      {"gru_cell",
       "a state of another size",
       [] {
         gru_cell(f32({4, 3}), f32({4, 3}), weights(3));
       },
       {"[4, 3]", "2"}},
      {"gru_cell",
       "inputs of another size",
       [] {
         gru_cell(f32({4, 5}), f32({4, 2}), weights(3));
       },
       {"[6, 5]", "[6, 3]"}},
      {"gru_cell",
       "weights of four gates",
       [] {
         gru_cell(f32({4, 3}), f32({4, 2}), weights(4));
       },
       {"[8, "}},
      {"lstm",
       "a matrix",
       [] {
         lstm(f32({4, 3}), std::array{weights(4)});
       },
       {"[4, 3]"}},
      {"lstm",
       "inputs of another size",
       [] {
         lstm(f32({7, 4, 5}), std::array{weights(4)});
       },
       {"[8, 5]", "[8, 3]"}},
      {"lstm",
       "no layers",
       [] {
         lstm(f32({7, 4, 3}), {});
       },
       {}},
      {"gru",
       "a matrix",
       [] {
         gru(f32({4, 3}), std::array{weights(3)});
       },
       {"[4, 3]"}},
      {"gru",
       "inputs of another size",
       [] {
         gru(f32({7, 4, 5}), std::array{weights(3)});
       },
       {"[6, 5]", "[6, 3]"}},
      {"gru",
       "a state of another shape",
       [] {
         gru(f32({7, 4, 3}), std::array{weights(3)}, f32({4, 2}));
       },
       {"[4, 2]"}},
      {"rnn",
       "a matrix",
       [] {
         rnn(f32({4, 3}), std::array{weights(1)});
       },
       {"[4, 3]"}},
      {"rnn",
       "inputs of another size",
       [] {
         rnn(f32({7, 4, 5}), std::array{weights(1)});
       },
       {"[2, 5]", "[2, 3]"}},
      {"rnn",
       "no layers",
       [] {
         rnn(f32({7, 4, 3}), {});
       },
       {}},
      {"rotary_embedding",
       "an odd size",
       [] {
         rotary_embedding(f32({4, 3}));
       },
       {"[4, 3]", "3"}},
      {"rotary_embedding", "a vector", [] { rotary_embedding(f32({4})); }, {"rank 1"}},
      {"rotary_embedding",
       "whole numbers",
       [] {
         rotary_embedding(i64({4, 2}));
       },
       {"i64"}},
      {"sinusoidal_positions", "a vector", [] { sinusoidal_positions(f32({4})); }, {"rank 1"}},
      {"sinusoidal_positions",
       "whole numbers",
       [] {
         sinusoidal_positions(i64({4, 2}));
       },
       {"i64"}},
      {"sinusoidal_positions",
       "two first positions",
       [] {
         sinusoidal_positions(f32({4, 2}), 10000, i64({2}));
       },
       {"[2]"}},
      {"alibi",
       "no heads",
       [] {
         alibi(f32({4, 4}));
       },
       {"[4, 4]"}},
      {"alibi",
       "whole numbers",
       [] {
         alibi(i64({2, 4, 4}));
       },
       {"i64"}},
      {"alibi", "a vector", [] { alibi(f32({4})); }, {"[4]"}},
      {"sinkhorn", "a vector", [] { sinkhorn(f32({4})); }, {"[4]"}},
      {"sinkhorn",
       "a graph beyond all memory",
       [] {
         sinkhorn(f32({4, 4}), 2147483647);
       },
       {"1 to 10000", "2147483647"}},
      {"sinkhorn",
       "a negative number of rounds",
       [] {
         sinkhorn(f32({4, 4}), -1);
       },
       {"-1"}},
      {"sinkhorn",
       "whole numbers",
       [] {
         sinkhorn(i64({4, 4}));
       },
       {"i64"}},
  };
}

}  // namespace neuro::bad
