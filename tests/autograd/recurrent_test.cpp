// Recurrent layers, positions and the selective scan: what the sweeps and the golden values cannot see.
#include <gmock/gmock.h>

#include "neuro/error.h"
#include "op_sweep.h"

namespace neuro {
namespace {

std::vector<double> value(const Var& y) { return sweep::run({y}, Planning::full)[0].to_vector(); }

std::vector<RecurrentWeights> drawn(std::int64_t gates, std::int64_t inputs, std::int64_t units, int entries,
                                    std::int64_t later_inputs) {
  std::vector<RecurrentWeights> out;
  for (int e = 0; e < entries; ++e) {
    const auto leaf = [&](const Shape& shape) {
      return Var(sweep::run({randn(shape, 10 + static_cast<std::uint64_t>(e)) * 0.3}, Planning::full)[0]);
    };
    out.push_back({leaf({gates * units, e == 0 ? inputs : later_inputs}), leaf({gates * units, units}),
                   leaf({gates * units}), leaf({gates * units})});
  }
  return out;
}

TEST(Lstm, ASequenceIsItsCellsOneAfterTheOther) {
  const auto w = drawn(4, 3, 5, 1, 0);
  const Var x = randn({6, 2, 3}, 1);
  Var h = zeros({2, 5}), c = h;
  for (std::int64_t t = 0; t < 6; ++t) {
    const LstmState next = lstm_cell(squeeze(slice(x, 0, t, t + 1), 0), h, c, w[0]);
    h = next.h;
    c = next.c;
  }
  const RecurrentResult all = lstm(x, w);
  const auto y = value(all.y), last = value(h);
  EXPECT_EQ(value(all.h), last);
  EXPECT_EQ(value(all.c), value(c));
  EXPECT_TRUE(std::equal(last.begin(), last.end(), y.end() - 10));
}

TEST(Gru, ASequenceIsItsCellsOneAfterTheOther) {
  const auto w = drawn(3, 3, 5, 1, 0);
  const Var x = randn({6, 2, 3}, 1);
  Var h = zeros({2, 5});
  for (std::int64_t t = 0; t < 6; ++t) h = gru_cell(squeeze(slice(x, 0, t, t + 1), 0), h, w[0]);
  EXPECT_EQ(value(gru(x, w).h), value(h));
}

TEST(Lstm, GradientsOfASequenceAreThoseOfItsCells) {
  RecurrentWeights w = drawn(4, 3, 5, 1, 0)[0];
  std::vector<Var> leaves;
  for (Var* v : {&w.weight_ih, &w.weight_hh, &w.bias_ih, &w.bias_hh})
    leaves.push_back(*v = Var(v->data().to(DType::f64)).requires_grad());
  const Var x = randn({7, 2, 3}, 1, DType::f64);
  Var h = zeros({2, 5}, DType::f64), c = h;
  std::vector<Var> hs;
  for (std::int64_t t = 0; t < 7; ++t) {
    const LstmState next = lstm_cell(squeeze(slice(x, 0, t, t + 1), 0), h, c, w);
    hs.push_back(h = next.h);
    c = next.c;
  }
  const Var seed = randn({7, 2, 5}, 2, DType::f64);
  const auto steps = grad(stack(hs, 0), leaves, seed), whole = grad(lstm(x, std::span(&w, 1)).y, leaves, seed);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const auto a = value(steps[i]), b = value(whole[i]);
    for (std::size_t j = 0; j < a.size(); ++j) EXPECT_NEAR(a[j], b[j], 1e-12) << "parameter " << i;
  }
}

TEST(Lstm, APlanHoldsOneEntryForAllSteps) {
  const auto w = drawn(4, 8, 16, 2, 16);
  const Replay short_plan({{lstm(randn({4, 2, 8}, 1), w).y}}), long_plan({{lstm(randn({512, 2, 8}, 1), w).y}});
  EXPECT_EQ(short_plan.entries(), long_plan.entries());
  EXPECT_LE(long_plan.entries(), 10u) << long_plan.describe();
}

TEST(Recurrent, NotANumberStaysInItsRowOfTheBatch) {
  Tensor x = randn({3, 2, 2}, 1).data().clone();
  x.data<float>()[4] = std::numeric_limits<float>::quiet_NaN();  // step 1, row 0
  for (const auto& y : {value(lstm(Var(x), drawn(4, 2, 2, 1, 0)).y), value(gru(Var(x), drawn(3, 2, 2, 1, 0)).y),
                        value(rnn(Var(x), drawn(1, 2, 2, 1, 0), {}, RnnActivation::relu).y)}) {
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), i / 4 >= 1 && i / 2 % 2 == 0) << i;
  }
}

TEST(Recurrent, RefusesWhatDoesNotFit) {
  using testing::HasSubstr;
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  };
  const Var x = zeros({3, 2, 4}), state = zeros({1, 2, 5});
  const auto w = drawn(4, 4, 5, 1, 0), g = drawn(3, 4, 5, 1, 0), r = drawn(1, 4, 5, 1, 0);
  EXPECT_THAT(message([&] {
                lstm(zeros({3, 2, 3}), w);
              }),
              HasSubstr("lstm: weight_ih of entry 0 must have shape [20, 3], got [20, 4]"));
  EXPECT_THAT(message([&] { lstm(zeros({3, 4}), w); }), HasSubstr("x must be [steps, batch, inputs], got [3, 4]"));
  EXPECT_THAT(message([&] { lstm(zeros({0, 2, 4}), w); }), HasSubstr("no steps"));
  EXPECT_THAT(message([&] { lstm(x, {}); }), HasSubstr("no weights"));
  EXPECT_THAT(message([&] { lstm(x, w, state); }), HasSubstr("takes h0 and c0, or neither"));
  EXPECT_THAT(message([&] {
                lstm(x, w, zeros({2, 2, 5}), state);
              }),
              HasSubstr("h0 must have shape [1, 2, 5], got [2, 2, 5]"));
  EXPECT_THAT(message([&] { lstm(x, w, {}, {}, {.bidirectional = true}); }), HasSubstr("2 directions"));
  EXPECT_THAT(message([&] { lstm(x, drawn(4, 4, 5, 2, 6)); }),
              HasSubstr("weight_ih of entry 1 must have shape [20, 5]"));
  EXPECT_THAT(message([&] { gru(x, w); }), HasSubstr("gru: weight_hh must be [3 * units, units], got [20, 5]"));
  EXPECT_THAT(message([&] { gru(zeros({3, 2, 4}, DType::f64), g); }), HasSubstr("convert()"));
  EXPECT_THAT(message([&] { gru(x, g, zeros({1, 2, 4})); }), HasSubstr("h0 must have shape"));
  EXPECT_THAT(message([&] { rnn(zeros({3, 2, 4}, DType::i64), r); }), HasSubstr("must be f32 or f64"));
  EXPECT_THAT(message([&] { rnn(x, g); }), HasSubstr("rnn: weight_hh must be"));
  EXPECT_THAT(message([&] { rnn(x, r, zeros({5})); }), HasSubstr("h0 must have shape"));
  const Var row = zeros({2, 4}), h = zeros({2, 5});
  EXPECT_THAT(message([&] { lstm_cell(x, h, h, w[0]); }),
              HasSubstr("lstm_cell: x must be [batch, inputs], got [3, 2, 4]"));
  EXPECT_THAT(message([&] { lstm_cell(row, h, zeros({2, 4}), w[0]); }), HasSubstr("c0 must have shape [2, 5]"));
  EXPECT_THAT(message([&] {
                lstm_cell(row, h, h, {w[0].weight_ih, w[0].weight_hh, w[0].bias_ih});
              }),
              HasSubstr("both biases"));
  EXPECT_THAT(message([&] { gru_cell(row, zeros({3, 5}), g[0]); }), HasSubstr("h0 must have shape [2, 5]"));
  EXPECT_THAT(message([&] { gru_cell(row, {}, g[0]); }), HasSubstr("undefined"));
  EXPECT_THAT(message([&] { gru_cell(row, h, w[0]); }), HasSubstr("weight_hh"));
}

TEST(Rotary, IsExactAtFarPositions) {
  // One pair with frequency 1: (1, 0) becomes (cos p, sin p).
  const double far = 1e6;
  const Var x(Tensor::from<float>({1, 0, 1, 0}, {2, 2}));
  const auto y = value(rotary_embedding(x, {}, constant(far, DType::i64)));
  EXPECT_NEAR(y[0], std::cos(far), 1e-7);
  EXPECT_NEAR(y[1], std::sin(far), 1e-7);
  EXPECT_NEAR(y[2], std::cos(far + 1), 1e-7);
}

TEST(Rotary, StepsOfALongSequenceAreThoseOfShortOnes) {
  const Var x = randn({200, 6}, 1);
  const auto all = value(rotary_embedding(x)),
             tail = value(rotary_embedding(slice(x, 0, 150, 200), {}, constant(150, DType::i64)));
  for (std::size_t i = 0; i < tail.size(); ++i) EXPECT_NEAR(all[900 + i], tail[i], 1e-6);
}

TEST(Positions, RefuseWhatDoesNotFit) {
  using testing::HasSubstr;
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  };
  const Var x = zeros({3, 4});
  EXPECT_THAT(message([&] { rotary_embedding(zeros({3, 5})); }), HasSubstr("even size, got [3, 5]"));
  EXPECT_THAT(message([&] { rotary_embedding(zeros({4})); }), HasSubstr("rotary_embedding: axis -2"));
  EXPECT_THAT(message([&] { rotary_embedding(x, {.seq_axis = -1}); }), HasSubstr("axis 1 cannot be the sequence axis"));
  EXPECT_THAT(message([&] { rotary_embedding(x, {}, zeros({2}, DType::i64)); }),
              HasSubstr("must be a scalar, got [2]"));
  EXPECT_THAT(message([&] { rotary_embedding(x, {}, zeros({})); }), HasSubstr("must be i64, got f32"));
  EXPECT_THAT(message([&] { rotary_embedding(x, {.base = 0}); }), HasSubstr("base must be positive"));
  EXPECT_THAT(message([&] { sinusoidal_positions(zeros({4})); }), HasSubstr("axis -2"));
  EXPECT_THAT(message([&] { sinusoidal_positions(zeros({3, 4}, DType::i64)); }), HasSubstr("must be f32 or f64"));
  EXPECT_THAT(message([&] { sinusoidal_positions(x, -1); }), HasSubstr("base must be positive, got -1"));
  EXPECT_THAT(message([&] { alibi(x); }), HasSubstr("must be [..., heads, queries, keys], got [3, 4]"));
  EXPECT_THAT(message([&] { alibi(zeros({2, 3, 3}, DType::i64)); }), HasSubstr("scores must be f32 or f64"));
  EXPECT_THAT(message([&] { alibi_bias(-1, 2, 2); }), HasSubstr("must not be negative, got -1, 2 and 2"));
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(message([&] { alibi_bias(most, 2, 2); }), HasSubstr("9223372036854775807"));
  EXPECT_THAT(message([&] { sinkhorn(zeros({4})); }), HasSubstr("must be [..., rows, columns], got [4]"));
  EXPECT_THAT(message([&] { sinkhorn(x, 0); }), HasSubstr("1 to 10000 iterations, got 0"));
  EXPECT_THAT(message([&] { sinkhorn(zeros({2, 2}, DType::boolean)); }), HasSubstr("must be f32 or f64"));
}

TEST(Sinkhorn, LargeEntriesDoNotOverflow) {
  const auto y = value(sinkhorn(Var(Tensor::from<float>({1000, -1000, -1000, 1000}, {2, 2}))));
  EXPECT_THAT(y, testing::ElementsAre(1, 0, 0, 1));
}

TEST(SelectiveScan, ASequenceInTwoPartsIsTheWhole) {
  // 131 steps: the gradient keeps the states of steps 0, 64 and 128.
  const auto leaf = [](const Shape& shape, std::uint64_t seed) {
    return randn(shape, seed, DType::f64).requires_grad();
  };
  const Var x = leaf({2, 131, 70}, 1), delta = leaf({2, 131, 70}, 2), A = leaf({70, 3}, 3), B = leaf({2, 131, 3}, 4),
            C = leaf({2, 131, 3}, 5), h = leaf({2, 70, 3}, 6), step = square(delta), decay = -square(A);
  const auto part = [](const Var& v, std::int64_t begin, std::int64_t end) { return slice(v, 1, begin, end); };
  const auto run = [&](std::int64_t begin, std::int64_t end, const Var& state) {
    return selective_scan(part(x, begin, end), part(step, begin, end), decay, part(B, begin, end), part(C, begin, end),
                          {.state = state});
  };
  const SelectiveScanResult whole = run(0, 131, h), first = run(0, 50, h), second = run(50, 131, first.state);
  const Var ys[] = {first.y, second.y}, y = concat(ys, 1), xs[] = {x, delta, A, B, C, h};
  const Var seed = randn({2, 131, 70}, 7, DType::f64), last = randn({2, 70, 3}, 8, DType::f64);
  const auto loss = [&](const Var& out, const Var& state) { return sum(out * seed) + sum(state * last); };
  std::vector<Var> a = grad(loss(whole.y, whole.state), xs), b = grad(loss(y, second.state), xs);
  a.push_back(whole.y);
  b.push_back(y);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto one = value(a[i]), two = value(b[i]);
    for (std::size_t j = 0; j < one.size(); ++j)
      ASSERT_NEAR(one[j], two[j], 1e-11 * std::max(1.0, std::abs(one[j]))) << "value " << i;
  }
}

TEST(SelectiveScan, NotANumberStaysInItsChannel) {
  Tensor x = randn({1, 3, 2}, 1).data().clone();
  x.data<float>()[2] = std::numeric_limits<float>::quiet_NaN();  // step 1, channel 0
  const auto y =
      value(selective_scan(Var(x), ones({1, 3, 2}), -1.0 * ones({2, 2}), ones({1, 3, 2}), ones({1, 3, 2})).y);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), i == 2 || i == 4) << i;
}

TEST(SelectiveScan, RefusesSecondDerivativesInsteadOfLeavingThemOut) {
  const Var x = randn({1, 3, 2}, 1).requires_grad();
  const Var y = selective_scan(x, ones({1, 3, 2}), -1.0 * ones({2, 2}), ones({1, 3, 2}), ones({1, 3, 2})).y;
  const Var g = grad(sum(square(y)), std::span(&x, 1))[0];
  try {
    grad(sum(square(g)), std::span(&x, 1));
    FAIL() << "the gradient counted as a constant";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("selective_scan: its gradient cannot be differentiated again"));
  }
}

TEST(SelectiveScan, RefusesWhatDoesNotFit) {
  using testing::HasSubstr;
  const auto message = [](const Shape& x, const Shape& delta, const Shape& A, const Shape& B, const Shape& C,
                          const SelectiveScanOptions& o = {}) -> std::string {
    try {
      selective_scan(zeros(x), zeros(delta), zeros(A), zeros(B), zeros(C), o);
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  };
  const Shape x{2, 3, 4}, A{4, 5}, B{2, 3, 5};
  EXPECT_EQ(message(x, x, A, B, B), "accepted");
  EXPECT_THAT(message({3, 4}, x, A, B, B), HasSubstr("selective_scan: x must be [batch, steps, channels], got [3, 4]"));
  EXPECT_THAT(message(x, {2, 3, 5}, A, B, B), HasSubstr("delta must have shape [2, 3, 4]"));
  EXPECT_THAT(message(x, x, {5, 5}, B, B), HasSubstr("A is [5, 5], x is [2, 3, 4]"));
  EXPECT_THAT(message(x, x, A, {2, 3, 4}, B), HasSubstr("B must have shape [2, 3, 5]"));
  EXPECT_THAT(message(x, x, A, B, {2, 4, 5}), HasSubstr("C must have shape"));
  EXPECT_THAT(message(x, x, A, B, B, {.state = zeros({2, 4, 4})}), HasSubstr("state must have shape [2, 4, 5]"));
  EXPECT_THAT(message(x, x, A, B, B, {.skip = zeros({3})}), HasSubstr("skip must have shape [4]"));
  EXPECT_THAT(message(x, x, A, B, B, {.gate = zeros({2, 3})}), HasSubstr("gate must have shape [2, 3, 4]"));
}

}  // namespace
}  // namespace neuro
