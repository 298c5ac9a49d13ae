// Bad input of reductions beyond sums, running results, sorting, indexing and arrangement.
#include "bad_input.h"

namespace neuro::bad {
namespace {

/// What every reduction over an axis refuses.
void axis(Rows& rows, const char* op, Var (*f)(const Var&, int)) {
  rows.push_back({op, "an axis beyond the last", [f] { f(f32({2, 3}), 2); }, {"axis 2", "rank 2"}});
  rows.push_back({op, "an axis before the first", [f] { f(f32({2, 3}), -3); }, {"axis -3", "rank 2"}});
  rows.push_back({op, "a scalar", [f] { f(f32({}), 0); }, {"axis 0", "rank 0"}});
}

void boolean_operand(Rows& rows, const char* op, Var (*f)(const Var&, int)) {
  rows.push_back({op, "a boolean operand", [f] { f(boolean({2, 3}), 0); }, {"bool"}});
}

}  // namespace

Rows reductions_more() {
  Rows rows;
  axis(rows, "prod", [](const Var& x, int a) { return prod(x, a); });
  axis(rows, "argmin", [](const Var& x, int a) { return argmin(x, a); });
  axis(rows, "any", [](const Var& x, int a) { return any(x, a); });
  axis(rows, "all", [](const Var& x, int a) { return all(x, a); });
  axis(rows, "count_nonzero", [](const Var& x, int a) { return count_nonzero(x, a); });
  axis(rows, "variance", [](const Var& x, int a) { return variance(x, a); });
  axis(rows, "stddev", [](const Var& x, int a) { return stddev(x, a); });
  axis(rows, "logsumexp", [](const Var& x, int a) { return logsumexp(x, a); });
  axis(rows, "norm", [](const Var& x, int a) { return norm(x, 2, a); });
  axis(rows, "cumsum", [](const Var& x, int a) { return cumsum(x, a); });
  axis(rows, "cumprod", [](const Var& x, int a) { return cumprod(x, a); });
  axis(rows, "logcumsumexp", [](const Var& x, int a) { return logcumsumexp(x, a); });
  axis(rows, "cummax", [](const Var& x, int a) { return cummax(x, a).values; });
  axis(rows, "cummin", [](const Var& x, int a) { return cummin(x, a).values; });
  axis(rows, "linear_recurrence", [](const Var& x, int a) { return linear_recurrence(x, x, a); });
  axis(rows, "sort", [](const Var& x, int a) { return sort(x, a).values; });
  axis(rows, "argsort", [](const Var& x, int a) { return argsort(x, a); });
  axis(rows, "topk", [](const Var& x, int a) { return topk(x, 1, a).values; });
  axis(rows, "kthvalue", [](const Var& x, int a) { return kthvalue(x, 1, a).values; });
  boolean_operand(rows, "logsumexp", [](const Var& x, int a) { return logsumexp(x, a); });
  boolean_operand(rows, "norm", [](const Var& x, int a) { return norm(x, 2, a); });
  boolean_operand(rows, "stddev", [](const Var& x, int a) { return stddev(x, a); });
  const Rows more = {
      {"argmin",
       "an axis without elements",
       [] {
         argmin(f32({2, 0}), 1);
       },
       {"axis 1", "[2, 0]"}},
      {"variance",
       "nothing left after the correction",
       [] {
         variance(f32({1, 3}), 0, KeepDim::no, 1);
       },
       {"[1, 3]", "1"}},
      {"norm", "an order that is not positive", [] { norm(f32({3}), 0); }, {"p = 0"}},
      {"linear_recurrence",
       "shapes that differ",
       [] {
         linear_recurrence(f32({2, 3}), f32({3}), 0);
       },
       {"[2, 3]", "[3]"}},
      {"topk",
       "more than there are",
       [] {
         topk(f32({2, 3}), 4, 1);
       },
       {"k = 4", "axis 1", "[2, 3]"}},
      {"kthvalue",
       "none",
       [] {
         kthvalue(f32({2, 3}), 0, 1);
       },
       {"k = 0", "axis 1", "[2, 3]"}},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

Rows indexing_more() {
  return {
      {"gather",
       "an axis out of range",
       [] {
         gather(f32({2, 3}), i64({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"gather",
       "ranks that differ",
       [] {
         gather(f32({2, 3}), i64({2}), 0);
       },
       {"[2, 3]", "[2]"}},
      {"gather", "an index of another type", [] { gather(f32({3}), f32({2}), 0); }, {"index", "f32"}},
      {"gather",
       "an index out of range",
       [] {
         run(gather(f32({3}), index({0, 3}), 0));
       },
       {"index 3", "position 1", "[0, 3)"}},
      {"take_along_axis",
       "an axis out of range",
       [] {
         take_along_axis(f32({2, 3}), i64({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"take_along_axis",
       "ranks that differ",
       [] {
         take_along_axis(f32({2, 3}), i64({2}), 0);
       },
       {"[2, 3]", "[2]"}},
      {"take_along_axis",
       "an index out of range",
       [] { run(take_along_axis(f32({3}), index({-1}), 0)); },
       {"index -1"}},
      {"scatter", "src of another shape", [] { scatter(f32({3}), i64({2}), f32({3}), 0); }, {"[2]", "[3]"}},
      {"scatter", "src of another type", [] { scatter(f32({3}), i64({2}), f64({2}), 0); }, {"f32", "f64"}},
      {"scatter",
       "an index out of range",
       [] { run(scatter(f32({3}), index({3}), f32({1}), 0)); },
       {"index 3", "[0, 3)"}},
      {"scatter_add", "src of another shape", [] { scatter_add(f32({3}), i64({2}), f32({3}), 0); }, {"[2]", "[3]"}},
      {"scatter_add",
       "an axis out of range",
       [] { scatter_add(f32({3}), i64({2}), f32({2}), 1); },
       {"axis 1", "rank 1"}},
      {"scatter_add",
       "an index out of range",
       [] { run(scatter_add(f32({3}), index({3}), f32({1}), 0)); },
       {"index 3", "[0, 3)"}},
      {"index_select",
       "an index of two axes",
       [] {
         index_select(f32({3}), i64({1, 2}), 0);
       },
       {"[1, 2]"}},
      {"index_select", "an axis out of range", [] { index_select(f32({3}), i64({2}), 1); }, {"axis 1", "rank 1"}},
      {"index_select",
       "an index out of range",
       [] {
         run(index_select(f32({3}), index({0, 5}), 0));
       },
       {"index 5", "[0, 3)"}},
      {"index_add",
       "src of another size",
       [] {
         index_add(f32({3, 2}), i64({2}), f32({3, 2}), 0);
       },
       {"src", "[2, 2]", "[3, 2]"}},
      {"index_add",
       "an index of two axes",
       [] {
         index_add(f32({3}), i64({1, 2}), f32({2}), 0);
       },
       {"[1, 2]"}},
      {"index_add",
       "an index out of range",
       [] { run(index_add(f32({3}), index({3}), f32({1}), 0)); },
       {"index 3", "[0, 3)"}},
      {"take", "an index of another type", [] { take(f32({3}), f32({2})); }, {"index", "f32"}},
      {"take",
       "an index out of range",
       [] {
         run(take(f32({2, 3}), index({6})));
       },
       {"index 6", "[0, 6)"}},
      {"take",
       "a negative index",
       [] {
         run(take(f32({2, 3}), index({1, -2})));
       },
       {"index -2", "position 1"}},
      {"masked_fill", "a mask of numbers", [] { masked_fill(f32({3}), f32({3}), 0); }, {"bool", "f32"}},
      {"masked_fill", "a mask of another size", [] { masked_fill(f32({3}), boolean({2}), 0); }, {"[2]", "[3]"}},
      {"masked_fill",
       "a mask of more axes",
       [] {
         masked_fill(f32({3}), boolean({2, 3}), 0);
       },
       {"[2, 3]", "[3]"}},
      {"one_hot", "a negative number of classes", [] { one_hot(i64({3}), -1); }, {"-1"}},
      {"one_hot", "an index of another type", [] { one_hot(f32({3}), 2); }, {"f32"}},
      {"one_hot",
       "a class out of range",
       [] {
         run(one_hot(index({0, 2}), 2));
       },
       {"index 2", "position 1", "[0, 2)"}},
  };
}

Rows arrangement() {
  return {
      {"flip",
       "an axis out of range",
       [] {
         flip(f32({2, 3}), 2);
       },
       {"axis 2", "rank 2"}},
      {"flip",
       "an axis twice",
       [] {
         flip(f32({2, 3}), std::array{0, 0});
       },
       {"axis 0", "[2, 3]"}},
      {"flip", "a scalar", [] { flip(f32({}), 0); }, {"axis 0", "rank 0"}},
      {"diagonal",
       "an axis out of range",
       [] {
         diagonal(f32({2, 3}), 0, 0, 2);
       },
       {"axis 2", "rank 2"}},
      {"diagonal",
       "one axis twice",
       [] {
         diagonal(f32({2, 3}), 0, 1, 1);
       },
       {"axes 1 and 1", "[2, 3]"}},
      {"diagonal", "a vector", [] { diagonal(f32({3})); }, {"axis 1", "rank 1"}},
      {"trace", "a vector", [] { trace(f32({3})); }, {"[3]"}},
      {"unfold", "an axis out of range", [] { unfold(f32({5}), 1, 2); }, {"axis 1", "rank 1"}},
      {"unfold", "a window larger than the axis", [] { unfold(f32({5}), 0, 6); }, {"6", "axis 0", "[5]"}},
      {"unfold", "a step of 0", [] { unfold(f32({5}), 0, 2, 0); }, {"step", "0"}},
      {"split",
       "sizes that do not add up",
       [] {
         split(f32({5}), std::array<std::int64_t, 2>{2, 2}, 0);
       },
       {"axis 0", "[5]"}},
      {"split", "an axis out of range", [] { split(f32({5}), 2, 1); }, {"axis 1", "rank 1"}},
      {"split", "pieces of nothing", [] { split(f32({5}), 0, 0); }, {"0"}},
      {"chunk", "no pieces", [] { chunk(f32({5}), 0, 0); }, {"0"}},
      {"chunk", "an axis out of range", [] { chunk(f32({5}), 2, 1); }, {"axis 1", "rank 1"}},
      {"unbind", "an axis out of range", [] { unbind(f32({5}), 1); }, {"axis 1", "rank 1"}},
      {"chunks",
       "blocks of other axes",
       [] {
         chunks(f32({4, 4}), {2});
       },
       {"[4, 4]", "[2]"}},
      {"chunks",
       "blocks of nothing",
       [] {
         chunks(f32({4, 4}), {2, 0});
       },
       {"axis 1", "[4, 4]", "0"}},
      {"roll",
       "an axis out of range",
       [] {
         roll(f32({2, 3}), 1, 2);
       },
       {"axis 2", "rank 2"}},
      {"repeat",
       "fewer counts than axes",
       [] {
         repeat(f32({2, 3}), std::array<std::int64_t, 1>{2});
       },
       {"[2, 3]", "1"}},
      {"repeat", "a negative count", [] { repeat(f32({3}), std::array<std::int64_t, 1>{-1}); }, {"-1"}},
      {"repeat",
       "counts beyond all memory",
       [] {
         repeat(huge(), std::array<std::int64_t, 2>{4, 1});
       },
       {"63 bits"}},
      {"tile", "a negative count", [] { tile(f32({3}), std::array<std::int64_t, 1>{-1}); }, {"-1"}},
      {"repeat_interleave", "an axis out of range", [] { repeat_interleave(f32({3}), 2, 1); }, {"axis 1", "rank 1"}},
      {"repeat_interleave", "a negative count", [] { repeat_interleave(f32({3}), -1, 0); }, {"-1"}},
      {"tril", "a vector", [] { tril(f32({3})); }, {"[3]"}},
      {"triu", "a vector", [] { triu(f32({3})); }, {"[3]"}},
      {"diag_embed", "a scalar", [] { diag_embed(f32({})); }, {"[]"}},
      {"diag",
       "three axes",
       [] {
         diag(f32({2, 3, 4}));
       },
       {"[2, 3, 4]"}},
      {"movedim",
       "an axis out of range",
       [] {
         movedim(f32({2, 3}), 0, 2);
       },
       {"axis 2", "rank 2"}},
  };
}

}  // namespace neuro::bad
