#include "ops/samples.h"

namespace neuro::samples {
namespace {

struct Layout {
  Shape shape;
  bool strided = false;
};

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all = {
      {{}},
      {{1}},
      {{2}},
      {{3}},
      {{7}},
      {{17}},
      {{31}},
      {{64}},
      {{127}},
      {{1, 1}},
      {{1, 5}},
      {{5, 1}},
      {{2, 3}},
      {{3, 65}},
      {{2, 3, 4}},
      {{3, 1, 2}},
      {{1, 7, 1}},
      {{2, 2, 3, 2}},
      {{1, 2, 1, 3, 2}},
      {{0}},
      {{0, 3}},
      {{1031}},
      {{4, 5}, true},
      {{3, 7}, true},
      {{2, 3, 5}, true},
  };
  return all;
}

}  // namespace

std::vector<Sample> unary(const Values& x, const Attrs& attrs) {
  std::vector<Sample> out;
  for (const Layout& l : layouts()) out.push_back({{x.of(l.shape, l.strided)}, attrs});
  return out;
}

std::vector<Sample> pairs(const Values& a, const Values& b, const Attrs& attrs) {
  std::vector<Sample> out;
  for (const Layout& l : layouts()) out.push_back({{a.of(l.shape, l.strided), b.of(l.shape)}, attrs});
  return out;
}

std::vector<Sample> binary(const Values& a, const Values& b, const Attrs& attrs) {
  const std::vector<std::pair<Layout, Layout>> all = {
      {{{}}, {{}}},
      {{{1}}, {{1}}},
      {{{7}}, {{7}}},
      {{{5}}, {{}}},
      {{{}}, {{5}}},
      {{{1}}, {{31}}},
      {{{31}}, {{1}}},
      {{{2, 3}}, {{3}}},
      {{{3}}, {{2, 3}}},
      {{{3, 1}}, {{1, 4}}},
      {{{1, 4}}, {{3, 1}}},
      {{{2, 3}}, {{2, 3}}},
      {{{13, 1}}, {{13, 11}}},
      {{{4, 1, 3}}, {{2, 1}}},
      {{{2, 3, 4}}, {{2, 3, 4}}},
      {{{2, 1, 2, 1}}, {{1, 3, 1, 3}}},
      {{{1, 2, 1, 3, 2}}, {{2, 1, 1}}},
      {{{0}}, {{1}}},
      {{{0, 3}}, {{3}}},
      {{{1031}}, {{1}}},
      {{{3, 65}}, {{65}}},
      {{{5, 7}, true}, {{5, 7}}},
      {{{5, 7}, true}, {{7}}},
      {{{3, 65}}, {{3, 1}, true}},
      {{{2, 3, 5}, true}, {{3, 5}, true}},
  };
  std::vector<Sample> out;
  for (const auto& [x, y] : all) out.push_back({{a.of(x.shape, x.strided), b.of(y.shape, y.strided)}, attrs});
  return out;
}

std::vector<Shape> row_shapes() {
  return {{1},       {2},       {5},       {17},      {1, 1},       {1, 7},          {7, 1},  {2, 3},
          {3, 5},    {4, 8},    {5, 16},   {2, 17},   {3, 31},      {1, 64},         {2, 65}, {6, 3},
          {2, 2, 3}, {3, 1, 5}, {1, 4, 2}, {2, 3, 1}, {2, 1, 2, 4}, {1, 2, 2, 1, 3}, {0, 3}};
}

const std::vector<Resize>& resizes() {
  static const std::vector<Resize> all = {
      {{1, 1, 1}, {1}},
      {{1, 1, 7}, {3}},
      {{2, 3, 5}, {5}},
      {{1, 2, 4}, {7}},
      {{3, 1, 17}, {4}},
      {{1, 1, 31}, {2}},
      {{1, 1, 4, 4}, {2, 2}},
      {{1, 2, 5, 7}, {3, 2}},
      {{2, 1, 3, 5}, {1, 1}},
      {{1, 3, 2, 2}, {3, 4}},
      {{1, 1, 6, 1}, {4, 1}},
      {{2, 2, 4, 3}, {4, 1}},
      {{1, 1, 9, 11}, {5, 3}},
      {{0, 2, 3, 3}, {2, 2}},
      {{1, 1, 1, 13}, {2, 5}},
      {{1, 1, 3, 3, 3}, {2, 2, 2}},
      {{1, 2, 2, 3, 4}, {1, 2, 3}},
      {{1, 1, 4, 5, 2}, {3, 1, 2}},
      {{2, 1, 2, 2, 2}, {1, 1, 1}},
      {{1, 1, 5, 1, 3}, {2, 1, 2}},
      {{1, 2, 3, 3}, {6, 6}},
      {{1, 2, 5, 4}, {2, 3}},
  };
  return all;
}

}  // namespace neuro::samples
