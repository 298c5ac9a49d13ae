// Bad input of losses.
#include "bad_input.h"

namespace neuro::bad {
namespace {

void pair(Rows& rows, const char* op, Var (*f)(const Var&, const Var&)) {
  rows.push_back({op,
                  "a target that would broadcast",
                  [f] {
                    f(f32({4, 3}), f32({4, 1}));
                  },
                  {"target", "[4, 3]", "[4, 1]"}});
  rows.push_back({op, "two types", [f] { f(f32({4}), f64({4})); }, {"target", "f32", "f64"}});
  rows.push_back({op, "whole numbers", [f] { f(i64({4}), i64({4})); }, {"i64"}});
}

}  // namespace

Rows losses() {
  Rows rows;
  pair(rows, "mse_loss", [](const Var& x, const Var& t) { return loss::mse(x, t); });
  pair(rows, "mae_loss", [](const Var& x, const Var& t) { return loss::mae(x, t); });
  pair(rows, "bce_loss", [](const Var& x, const Var& t) { return loss::bce(x, t); });
  pair(rows, "bce_with_logits_loss", [](const Var& x, const Var& t) { return loss::bce_with_logits(x, t); });
  pair(rows, "kldiv_loss", [](const Var& x, const Var& t) { return loss::kldiv(x, t); });
  pair(rows, "huber_loss", [](const Var& x, const Var& t) { return loss::huber(x, t); });
  pair(rows, "smooth_l1_loss", [](const Var& x, const Var& t) { return loss::smooth_l1(x, t); });
  pair(rows, "hinge_loss", [](const Var& x, const Var& t) { return loss::hinge(x, t); });
  pair(rows, "mape_loss", [](const Var& x, const Var& t) { return loss::mape(x, t); });
  pair(rows, "poisson_nll_loss", [](const Var& x, const Var& t) { return loss::poisson_nll(x, t); });
  pair(rows, "gaussian_nll_loss", [](const Var& x, const Var& t) { return loss::gaussian_nll(x, t, x); });
  pair(rows, "focal_loss", [](const Var& x, const Var& t) { return loss::focal(x, t); });
  const Rows more = {
      {"huber_loss", "a delta of 0", [] { loss::huber(f32({3}), f32({3}), 0); }, {"delta", "0"}},
      {"gaussian_nll_loss",
       "a variance of another shape",
       [] { loss::gaussian_nll(f32({3}), f32({3}), f32({1})); },
       {"variance", "[3]", "[1]"}},
      {"cosine_embedding_loss",
       "three axes",
       [] {
         loss::cosine_embedding(f32({2, 3, 4}), f32({2, 3, 4}), f32({2}));
       },
       {"[2, 3, 4]"}},
      {"cosine_embedding_loss",
       "shapes that differ",
       [] {
         loss::cosine_embedding(f32({2, 3}), f32({2, 4}), f32({2}));
       },
       {"[2, 3]", "[2, 4]"}},
      {"cosine_embedding_loss",
       "a target for each element",
       [] {
         loss::cosine_embedding(f32({2, 3}), f32({2, 3}), f32({2, 3}));
       },
       {"target", "[2]", "[2, 3]"}},
      {"triplet_margin_loss",
       "shapes that differ",
       [] {
         loss::triplet_margin(f32({2, 3}), f32({2, 4}), f32({2, 3}));
       },
       {"[2, 3]", "[2, 4]"}},
      {"triplet_margin_loss", "scalars", [] { loss::triplet_margin(f32({}), f32({}), f32({})); }, {"axis"}},
      {"triplet_margin_loss",
       "two types",
       [] {
         loss::triplet_margin(f32({2, 3}), f64({2, 3}), f32({2, 3}));
       },
       {"f32", "f64"}},
      {"nll_loss",
       "a target of another shape",
       [] {
         loss::nll(f32({4, 3}), i64({3}));
       },
       {"target", "[4]", "[3]", "axis 1"}},
      {"nll_loss",
       "a target of booleans",
       [] {
         loss::nll(f32({4, 3}), boolean({4}));
       },
       {"target", "bool"}},
      {"nll_loss",
       "a weight of another size",
       [] {
         loss::nll(f32({4, 3}), i64({4}), {.weight = f32({4})});
       },
       {"weight", "[3]", "[4]"}},
      {"nll_loss",
       "a class out of range",
       [] {
         run(loss::nll(f32({2, 3}), index({0, 3})));
       },
       {"3", "position 1", "[0, 3)"}},
      {"nll_loss",
       "a class that is no whole number",
       [] {
         run(loss::nll(f32({1, 3}), full({1}, 0.5)));
       },
       {"whole number"}},
      {"cross_entropy_loss",
       "a target of another shape",
       [] {
         loss::cross_entropy(f32({4, 3}), i64({3}));
       },
       {"target", "[4]", "[3]"}},
      {"cross_entropy_loss",
       "a smoothing above 1",
       [] {
         loss::cross_entropy(f32({4, 3}), i64({4}), {.label_smoothing = 2});
       },
       {"label_smoothing", "2"}},
      {"cross_entropy_loss",
       "a class out of range",
       [] {
         run(loss::cross_entropy(f32({2, 3}), index({-1, 2})));
       },
       {"-1", "position 0", "[0, 3)"}},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace neuro::bad
