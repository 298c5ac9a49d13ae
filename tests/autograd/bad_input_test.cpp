// Bad input is an Error that names the operation and says what is wrong: when the graph is built, or, for indices, when
// it runs. One table of all operations, in parts.
#include "bad_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "neuro/error.h"
#include "op_sweep.h"

namespace neuro::bad {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr int kRows = 3;  // at least, for each operation

Rows table() {
  Rows all;
  for (const Rows& part : {elementwise(), shapes(), reductions(), reductions_more(), products(), spatial(),
                           probabilities(), indexing(), indexing_more(), arrangement(), arrangement_more(), norms(),
                           losses(), sequences(), updates(), windows(), resizes()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

TEST(BadInput, IsRefusedByNameWithShapesAndAxis) {
  for (const Row& row : table()) {
    SCOPED_TRACE(std::string(row.op) + ": " + row.wrong);
    try {
      row.call();
      ADD_FAILURE() << "no error";
    } catch (const Error& e) {
      EXPECT_NE(e.code(), ErrorCode::internal);
      EXPECT_THAT(e.what(), StartsWith(std::string(row.op) + ": "));
      for (const char* word : row.words) EXPECT_THAT(e.what(), HasSubstr(word));
    }
  }
}

/// Every value of every type will do; or what sums of integers, and losses, record when they have checked it.
bool takes_anything(std::string_view op) {
  return op == "contiguous" || op == "convert" || op == "bce" || op.substr(0, 8) == "integer_" ||
         op.substr(0, 6) == "class_";
}

/// Ways to spoil a sample of an operation that the descriptor itself must notice: an operand is missing, of another
/// type (booleans, f64 beside f32, integers), or of another size on every axis. Returns how many were refused by name.
int spoiled(const OpDef& op) {
  const Sample sample = op.samples().back();
  const std::vector<Var> good = sweep::draw(sample, DType::f32);
  int refused = 0;
  const auto attempt = [&](std::size_t k, const Var& bad) {
    std::vector<Var> in;
    for (std::size_t i = 0; i < good.size(); ++i) in.push_back(i == k ? bad : sweep::operand(good[i], sample.in[i]));
    try {
      record_all(op, in, sample.attrs);
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), StartsWith(std::string(op.name) + ": "));
      ++refused;
    }
  };
  for (std::size_t k = 0; k < good.size(); ++k) {
    attempt(k, Var());
    attempt(k, boolean(sample.in[k].shape));
    attempt(k, f64(sample.in[k].shape));
    attempt(k, i64(sample.in[k].shape));
    Shape other = sample.in[k].shape;
    for (int axis = 0; axis < other.rank(); ++axis) other = other.with(axis, other[axis] + 1000);
    attempt(k, placeholder(other));
  }
  return refused;
}

TEST(BadInput, EveryOperationHasThreeRows) {
  std::map<std::string, int> count;
  for (const Row& row : table()) ++count[row.op];
  for (const OpDef* op : op_defs()) {
    if (sweep::is_internal(op->name) || takes_anything(op->name)) continue;
    const int rows = count[op->name] >= kRows ? kRows : count[op->name] + spoiled(*op);
    EXPECT_GE(rows, kRows) << op->name << ": add rows to a bad_input_*_test.cpp";
  }
}

}  // namespace
}  // namespace neuro::bad
