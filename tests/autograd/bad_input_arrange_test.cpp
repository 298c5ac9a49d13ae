// Bad input of operations that arrange elements anew.
#include <array>

#include "bad_input.h"

namespace neuro::bad {
namespace {

/// An operation that reduces any axes.
void over_axes(Rows& rows, const char* op, Var (*f)(const Var&, std::span<const int>)) {
  rows.push_back({op, "an axis out of range", [f] { f(f32({2, 3}), std::array{2}); }, {"axis 2", "rank 2"}});
  rows.push_back({op,
                  "an axis given twice",
                  [f] {
                    f(f32({2, 3}), std::array{1, -1});
                  },
                  {"axis -1", "twice", "[2, 3]"}});
  rows.push_back({op, "an axis of a number", [f] { f(f32({}), std::array{0}); }, {"axis 0", "rank 0"}});
}

/// Axes that are out of range, for operations of every type.
void axis(Rows& rows, const char* op, void (*f)(const Var&, int)) {
  rows.push_back({op, "an axis out of range", [f] { f(f32({2, 3}), 2); }, {"axis 2", "rank 2"}});
  rows.push_back({op, "a negative axis out of range", [f] { f(f32({2, 3}), -3); }, {"axis -3", "rank 2"}});
  rows.push_back({op, "an axis of a number", [f] { f(f32({}), 0); }, {"axis 0", "rank 0"}});
}

using Sizes = std::vector<std::int64_t>;

}  // namespace

Rows arrangement_more() {
  Rows rows;
  over_axes(rows, "flip", [](const Var& x, std::span<const int> a) { return flip(x, a); });
  axis(rows, "roll", [](const Var& x, int a) { roll(x, 1, a); });
  axis(rows, "repeat_interleave", [](const Var& x, int a) { repeat_interleave(x, 2, a); });
  axis(rows, "unfold", [](const Var& x, int a) { unfold(x, a, 1); });
  axis(rows, "split", [](const Var& x, int a) { split(x, 1, a); });
  axis(rows, "chunk", [](const Var& x, int a) { chunk(x, 1, a); });
  axis(rows, "unbind", [](const Var& x, int a) { unbind(x, a); });
  const Rows more = {
      {"repeat",
       "too few counts",
       [] {
         repeat(f32({2, 3}), Sizes{2});
       },
       {"1 counts", "2 axes", "[2, 3]"}},
      {"repeat", "a negative count", [] { repeat(f32({2}), Sizes{-1}); }, {"-1", "[2]"}},
      {"repeat",
       "a result beyond all memory",
       [] {
         repeat(huge(), Sizes{2, 1});
       },
       {"63 bits"}},
      {"tile",
       "a negative count",
       [] {
         tile(f32({2}), Sizes{2, -2});
       },
       {"-2", "[2]"}},
      {"tile", "too many counts", [] { tile(f32({2}), Sizes(9, 1)); }, {"9 counts", "[2]"}},
      {"tile", "a result beyond all memory", [] { tile(huge(), Sizes{2}); }, {"63 bits"}},
      {"repeat_interleave",
       "a negative count",
       [] {
         repeat_interleave(f32({2, 3}), -1, 0);
       },
       {"axis 0", "[2, 3]", "-1"}},
      {"unfold",
       "windows that are too large",
       [] {
         unfold(f32({2, 3}), 1, 4);
       },
       {"axis 1", "[2, 3]", "4"}},
      {"unfold",
       "no step",
       [] {
         unfold(f32({2, 3}), 1, 2, 0);
       },
       {"axis 1", "steps of 0"}},
      {"split",
       "sizes that do not add up",
       [] {
         split(f32({2, 5}), Sizes{2, 2}, 1);
       },
       {"1 elements", "axis 1", "[2, 5]"}},
      {"split",
       "sizes beyond the axis",
       [] {
         split(f32({5}), Sizes{2, 4}, 0);
       },
       {"part 1", "size 4", "3 are left"}},
      {"split", "parts of nothing", [] { split(f32({5}), 0, 0); }, {"size 0", "axis 0", "[5]"}},
      {"chunk", "no parts", [] { chunk(f32({5}), 0, 0); }, {"axis 0", "[5]", "0 parts"}},
      {"chunks",
       "another rank",
       [] {
         chunks(f32({4, 4}), {2});
       },
       {"[2]", "[4, 4]"}},
      {"chunks",
       "a block that is too large",
       [] {
         chunks(f32({4, 4}), {2, 5});
       },
       {"axis 1", "[4, 4]", "5"}},
      {"chunks",
       "an empty block",
       [] {
         chunks(f32({4, 4}), {0, 2});
       },
       {"axis 0", "0"}},
      {"tril", "a vector", [] { tril(f32({3})); }, {"two axes", "[3]"}},
      {"tril", "a number", [] { tril(f32({})); }, {"two axes", "[]"}},
      {"tril", "a vector, with k", [] { tril(f32({0}), 2); }, {"two axes", "[0]"}},
      {"triu", "a vector", [] { triu(f32({3})); }, {"two axes", "[3]"}},
      {"triu", "a number", [] { triu(f32({})); }, {"two axes", "[]"}},
      {"triu", "a vector, with k", [] { triu(f32({0}), 2); }, {"two axes", "[0]"}},
      {"diagonal",
       "one axis twice",
       [] {
         diagonal(f32({2, 3}), 0, 1, -1);
       },
       {"axes 1 and -1", "[2, 3]"}},
      {"diagonal", "a vector", [] { diagonal(f32({3})); }, {"axis 1", "rank 1"}},
      {"diagonal",
       "an axis out of range",
       [] {
         diagonal(f32({2, 3}), 0, 0, 2);
       },
       {"axis 2", "rank 2"}},
      {"diag_embed", "a number", [] { diag_embed(f32({})); }, {"[]"}},
      {"diag_embed", "an offset beyond all memory", [] { diag_embed(f32({3}), INT64_MAX); }, {"[3]", "63 bits"}},
      {"diag_embed", "a result beyond all memory", [] { diag_embed(f32({3}), std::int64_t{1} << 32); }, {"63 bits"}},
      {"trace", "a vector", [] { trace(f32({3})); }, {"matrix", "[3]"}},
      {"trace", "a number", [] { trace(f32({})); }, {"matrix", "[]"}},
      {"trace",
       "a batch",
       [] {
         trace(f32({2, 3, 3}));
       },
       {"matrix", "[2, 3, 3]"}},
      {"meshgrid",
       "a matrix",
       [] {
         meshgrid(std::array{f32({3}), f32({2, 2})});
       },
       {"operand 1", "[2, 2]"}},
      {"meshgrid", "nothing", [] { meshgrid({}); }, {"no operands"}},
      {"meshgrid", "too many axes", [] { meshgrid(std::vector<Var>(9, f32({1}))); }, {"rank 9"}},
      {"pad",
       "more amounts than axes",
       [] {
         pad(f32({3}), {1, 1});
       },
       {"2 amounts", "1 axes", "[3]"}},
      {"pad",
       "a negative amount",
       [] {
         pad(f32({2, 3}), {{0, -1}});
       },
       {"axis 1", "[2, 3]", "-1"}},
      {"pad",
       "a mirror that is too small",
       [] {
         pad(f32({2, 3}), {3}, pad::Reflective{});
       },
       {"axis 1", "3 elements", "reflective"}},
      {"pad",
       "a circle that is too small",
       [] {
         pad(f32({2, 3}), {3, 1}, pad::Circular{});
       },
       {"axis 0", "2 elements", "circular"}},
      {"pad",
       "no edge",
       [] {
         pad(f32({2, 0}), {1}, pad::Replicative{});
       },
       {"axis 1", "0 elements", "replicative"}},
      {"pad", "a result beyond all memory", [] { pad(huge(), {INT64_MAX}); }, {"axis 1", "63 bits"}},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace neuro::bad
