// Calls of tests/golden/torch/rows_loss.py.
#include "golden.h"

namespace neuro::golden {
namespace {

Reduction reduction(const Args& a) {
  const std::string name = a.text("reduction");
  return name == "sum" ? Reduction::sum : name == "none" ? Reduction::none : Reduction::mean;
}

loss::ClassOptions classes(Operands in, const Args& a) {
  loss::ClassOptions options{.reduction = reduction(a), .weight = optional(in, 2)};
  if (a.has("ignore")) options.ignore_index = a.integer("ignore");
  options.label_smoothing = a.number("smoothing", 0);
  return options;
}

}  // namespace

Table losses() {
  return {
      {"mse_loss", [](Operands in, const Args& a) { return Results{loss::mse(in[0], in[1], reduction(a))}; }},
      {"mae_loss", [](Operands in, const Args& a) { return Results{loss::mae(in[0], in[1], reduction(a))}; }},
      {"bce_loss", [](Operands in, const Args& a) { return Results{loss::bce(in[0], in[1], reduction(a))}; }},
      {"bce_with_logits_loss",
       [](Operands in, const Args& a) { return Results{loss::bce_with_logits(in[0], in[1], reduction(a))}; }},
      {"kldiv_loss", [](Operands in, const Args& a) { return Results{loss::kldiv(in[0], in[1], reduction(a))}; }},
      {"huber_loss",
       [](Operands in, const Args& a) { return Results{loss::huber(in[0], in[1], a.number("delta"), reduction(a))}; }},
      {"smooth_l1_loss",
       [](Operands in, const Args& a) {
         return Results{loss::smooth_l1(in[0], in[1], a.number("beta"), reduction(a))};
       }},
      {"hinge_loss", [](Operands in, const Args& a) { return Results{loss::hinge(in[0], in[1], reduction(a))}; }},
      {"mape_loss", [](Operands in, const Args& a) { return Results{loss::mape(in[0], in[1], reduction(a))}; }},
      {"poisson_nll_loss",
       [](Operands in, const Args& a) {
         return Results{loss::poisson_nll(
             in[0], in[1],
             {.log_input = a.integer("log_input") != 0, .full = a.integer("full") != 0, .reduction = reduction(a)})};
       }},
      {"gaussian_nll_loss",
       [](Operands in, const Args& a) {
         return Results{
             loss::gaussian_nll(in[0], in[1], in[2], {.full = a.integer("full") != 0, .reduction = reduction(a)})};
       }},
      {"focal_loss",
       [](Operands in, const Args& a) {
         return Results{loss::focal(in[0], in[1], {a.number("gamma"), a.number("alpha"), reduction(a)})};
       }},
      {"cosine_embedding_loss",
       [](Operands in, const Args& a) {
         return Results{loss::cosine_embedding(in[0], in[1], in[2], a.number("margin"), reduction(a))};
       }},
      {"triplet_margin_loss",
       [](Operands in, const Args& a) {
         return Results{loss::triplet_margin(in[0], in[1], in[2], a.number("margin"), reduction(a))};
       }},
      {"nll_loss", [](Operands in, const Args& a) { return Results{loss::nll(in[0], in[1], classes(in, a))}; }},
      {"cross_entropy_loss",
       [](Operands in, const Args& a) { return Results{loss::cross_entropy(in[0], in[1], classes(in, a))}; }},
  };
}

}  // namespace neuro::golden
