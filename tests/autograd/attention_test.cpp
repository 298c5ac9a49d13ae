// Attention against plain loops, at sizes of several tiles, and at its edges. (Gradients: the sweeps.)
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "neuro/error.h"
#include "op_sweep.h"

namespace neuro {
namespace {

using Options = AttentionOptions;

/// softmax(scale q k^T + bias) v of one head, in f64; rows without keys are 0. bias: [T, S] or empty.
std::vector<double> by_definition(const std::vector<double>& q, const std::vector<double>& k,
                                  const std::vector<double>& v, const std::vector<double>& bias, std::size_t T,
                                  std::size_t S, std::size_t D, std::size_t Dv, double scale) {
  std::vector<double> y(T * Dv, 0);
  for (std::size_t t = 0; t < T; ++t) {
    std::vector<double> weight(S);
    double top = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::size_t s = 0; s < S; ++s) {
      double dot = 0;
      for (std::size_t d = 0; d < D; ++d) dot += q[t * D + d] * k[s * D + d];
      weight[s] = scale * dot + (bias.empty() ? 0 : bias[t * S + s]);
      top = std::max(top, weight[s]);
    }
    if (std::isinf(top)) continue;
    for (double& w : weight) sum += w = std::exp(w - top);
    for (std::size_t s = 0; s < S; ++s) {
      for (std::size_t d = 0; d < Dv; ++d) y[t * Dv + d] += weight[s] / sum * v[s * Dv + d];
    }
  }
  return y;
}

std::vector<double> value(const Var& y) { return sweep::run({y}, Planning::full)[0].to_vector(); }

TEST(Attention, EqualsTheDefinitionOverSeveralTiles) {
  struct Case {
    std::int64_t T, S, D, Dv;
    bool causal;
    std::int64_t offset;
  };
  const double hidden = -std::numeric_limits<double>::infinity();
  for (const Case& c :
       {Case{113, 257, 5, 3, false, 0}, Case{250, 600, 17, 33, false, 0}, Case{300, 300, 8, 8, true, 0},
        Case{130, 530, 4, 4, true, 400}, Case{530, 130, 4, 4, true, -300}, Case{1, 700, 64, 64, false, 0}}) {
    const Var q = randn({c.T, c.D}, 1), k = randn({c.S, c.D}, 2), v = randn({c.S, c.Dv}, 3);
    std::vector<double> bias(static_cast<std::size_t>(c.causal ? c.T * c.S : 0));
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(bias.size()); ++i)
      bias[static_cast<std::size_t>(i)] = i % c.S <= i / c.S + c.offset ? 0 : hidden;
    const auto n = [](std::int64_t x) { return static_cast<std::size_t>(x); };
    const auto exact = by_definition(q.data().to_vector(), k.data().to_vector(), v.data().to_vector(), bias, n(c.T),
                                     n(c.S), n(c.D), n(c.Dv), 1 / std::sqrt(static_cast<double>(c.D)));
    for (const kernels::Table* table : kernels::supported_tables()) {
      kernels::select_table(table->name);
      const auto y = value(scaled_dot_product_attention(q, k, v, {}, {.causal = c.causal, .causal_offset = c.offset}));
      double worst = 0;
      for (std::size_t i = 0; i < y.size(); ++i) worst = std::max(worst, std::abs(y[i] - exact[i]));
      EXPECT_LE(worst, 2e-6 * 4) << table->name << " T " << c.T << " S " << c.S;  // the largest |v| is about 4
    }
    kernels::select_table("auto");
  }
}

TEST(Attention, GradientsOverSeveralTilesEqualThoseOfTheOperationsItStandsFor) {
  const auto leaf = [](const Shape& shape, std::uint64_t seed) {
    return randn(shape, seed, DType::f64).requires_grad();
  };
  const Var q = leaf({2, 4, 150, 6}, 1), k = leaf({2, 2, 300, 6}, 2), v = leaf({2, 2, 300, 5}, 3),
            mask = leaf({150, 300}, 4);
  const auto twice = [](const Var& x) {  // [2, 2, 300, n] -> [2, 4, 300, n], each head two times
    const Shape s = x.shape();
    return reshape(broadcast_to(unsqueeze(x, 2), {2, 2, 2, s[2], s[3]}), Shape{2, 4, s[2], s[3]});
  };
  const Var weights = softmax(matmul(q, twice(k), Trans::no, Trans::yes) * 0.3 + mask);
  const Var expected = matmul(weights, twice(v)), y = scaled_dot_product_attention(q, k, v, mask, {.scale = 0.3});
  const Var xs[] = {q, k, v, mask}, seed = randn(y.shape(), 5, DType::f64);
  const auto got = grad(y, xs, seed), wanted = grad(expected, xs, seed);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto a = value(got[i]), b = value(wanted[i]);
    for (std::size_t j = 0; j < a.size(); ++j) ASSERT_NEAR(a[j], b[j], 1e-12) << "operand " << i << ", element " << j;
  }
}

TEST(Attention, AQueryThatSeesNoKeyGetsZerosAndGivesNoGradient) {
  const Var q = randn({2, 3}, 1).requires_grad(), k = randn({4, 3}, 2).requires_grad(),
            v = randn({4, 2}, 3).requires_grad();
  const float inf = std::numeric_limits<float>::infinity();
  const Var allowed(Tensor::from<bool>({false, false, false, false, true, false, false, false}, {2, 4}));
  const Var added(Tensor::from<float>({-inf, -inf, -inf, -inf, 0, -inf, -inf, -inf}, {2, 4}));
  for (const Var& mask : {allowed, added}) {
    const Var y = scaled_dot_product_attention(q, k, v, mask);
    const auto at = value(y), first_value = v.data().to_vector();
    EXPECT_THAT(at, testing::ElementsAre(0, 0, first_value[0], first_value[1]));
    const Var xs[] = {q, k, v};
    const auto g = grad(y, xs);
    EXPECT_THAT(value(g[0]), testing::Each(0));  // one key has all the weight: no gradient reaches the scores
    EXPECT_THAT(value(g[1]), testing::Each(0));
    EXPECT_THAT(value(g[2]), testing::ElementsAre(1, 1, 0, 0, 0, 0, 0, 0));
  }
  EXPECT_THAT(value(scaled_dot_product_attention(q, k, v, {}, {.causal = true, .causal_offset = -5})),
              testing::Each(0));
}

TEST(Attention, NotANumberReachesTheRowsThatSeeIt) {
  Tensor keys = randn({3, 2}, 1).data().clone();
  keys.data<float>()[4] = std::numeric_limits<float>::quiet_NaN();  // key 2
  const auto y =
      value(scaled_dot_product_attention(randn({3, 2}, 2), Var(keys), randn({3, 1}, 3), {}, {.causal = true}));
  EXPECT_FALSE(std::isnan(y[0]) || std::isnan(y[1]));
  EXPECT_TRUE(std::isnan(y[2]));
}

TEST(Attention, LargeScoresDoNotOverflow) {
  const Var q(Tensor::full({1, 2}, 1e4)), k(Tensor::from<float>({1e4f, 1e4f, -1e4f, -1e4f, 1e4f, 1e4f}, {3, 2}));
  const Var v(Tensor::from<float>({1, 5, 3}, {3, 1}));
  EXPECT_THAT(value(scaled_dot_product_attention(q, k, v)), testing::ElementsAre(2));
}

TEST(Attention, AxesBeforeTheHeadsBroadcastAndHeadsAreShared) {
  const Var q = randn({2, 4, 3, 5}, 1), k = randn({2, 6, 5}, 2), v = randn({1, 2, 6, 3}, 3), mask = randn({4, 1, 6}, 4);
  const auto y = value(scaled_dot_product_attention(q, k, v, mask));
  for (std::int64_t b = 0; b < 2; ++b) {
    for (std::int64_t h = 0; h < 4; ++h) {
      const auto pick = [](const Var& x, std::int64_t i) { return squeeze(slice(x, 0, i, i + 1), 0); };
      const auto one = value(
          scaled_dot_product_attention(pick(pick(q, b), h), pick(k, h / 2), pick(pick(v, 0), h / 2), pick(mask, h)));
      for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_FLOAT_EQ(static_cast<float>(y[static_cast<std::size_t>(b * 4 + h) * 9 + i]), static_cast<float>(one[i]));
      }
    }
  }
}

TEST(Attention, AnOffsetContinuesEarlierKeys) {
  const Var q = randn({7, 4}, 1), k = randn({7, 4}, 2), v = randn({7, 3}, 3);
  const auto all = value(scaled_dot_product_attention(q, k, v, {}, {.causal = true}));
  const auto last =
      value(scaled_dot_product_attention(slice(q, 0, 5, 7), k, v, {}, {.causal = true, .causal_offset = 5}));
  for (std::size_t i = 0; i < last.size(); ++i)
    EXPECT_FLOAT_EQ(static_cast<float>(last[i]), static_cast<float>(all[15 + i]));
}

TEST(Attention, HoldsNoMatrixOfQueriesByKeys) {
  const auto leaf = [](std::uint64_t seed) { return randn({2, 1024, 8}, seed).requires_grad(); };
  const Var q = leaf(1), k = leaf(2), v = leaf(3), y = scaled_dot_product_attention(q, k, v);
  const Var xs[] = {q, k, v};
  const Replay replay({grad(y, xs)});
  EXPECT_LT(replay.arena_bytes(), std::size_t{1024 * 1024});  // one such matrix has 4 MiB a head
}

TEST(Attention, RefusesWhatDoesNotFit) {
  const auto x = [](const Shape& shape) { return zeros(shape); };
  const auto message = [&](const Var& q, const Var& k, const Var& v, const Var& mask = {}) -> std::string {
    try {
      scaled_dot_product_attention(q, k, v, mask);
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  };
  using testing::HasSubstr;
  EXPECT_THAT(message(x({3}), x({3}), x({3})), HasSubstr("at least 2 axes, got [3]"));
  EXPECT_THAT(message(x({3, 4}), x({5, 3}), x({5, 4})),
              HasSubstr("axis -1 of q and k must have the same size, q is [3, 4], k is [5, 3]"));
  EXPECT_THAT(message(x({3, 4}), x({5, 4}), x({6, 4})), HasSubstr("axis -2 of k and v"));
  EXPECT_THAT(message(x({3, 2, 4}), x({2, 5, 4}), x({2, 5, 4})), HasSubstr("multiple of those of k (axis -3)"));
  EXPECT_THAT(message(x({4, 2, 4}), x({2, 5, 4}), x({1, 5, 4})), HasSubstr("axis -3 (heads) of k and v"));
  EXPECT_THAT(message(x({2, 1, 3, 4}), x({3, 1, 3, 4}), x({2, 1, 3, 4})), HasSubstr("do not broadcast"));
  EXPECT_THAT(message(x({3, 0}), x({3, 0}), x({3, 1})), HasSubstr("axis -1 of q must have elements"));
  EXPECT_THAT(message(x({3, 4}), x({5, 4}), x({5, 4}), x({5, 3})), HasSubstr("[5, 3]"));
  EXPECT_THAT(message(x({3, 4}), x({5, 4}), x({5, 4}), x({2, 3, 5})), HasSubstr("must broadcast to [3, 5]"));
  EXPECT_THAT(message(x({3, 4}), x({5, 4}), x({5, 4}), zeros({3, 5}, DType::i64)),
              HasSubstr("mask must be bool or f32, got i64"));
  EXPECT_THAT(message(zeros({3, 4}, DType::i64), x({5, 4}), x({5, 4})), HasSubstr("q must be f32 or f64"));
  EXPECT_THAT(message(x({3, 4}), zeros({5, 4}, DType::f64), x({5, 4})), HasSubstr("q is f32, k is f64"));
  EXPECT_THAT(message(x({3, 4}), {}, x({5, 4})), HasSubstr("undefined"));
}

}  // namespace
}  // namespace neuro
