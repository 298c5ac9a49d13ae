// Every operation against PyTorch: the cases of tests/golden/torch, at most four times as wrong as PyTorch in f32.
#include "golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "op_sweep.h"

namespace neuro::golden {
namespace {

using Json = nlohmann::json;

constexpr double kTimes = 4;     // ours may err by so many times PyTorch's own error,
constexpr double kFloor = 2e-6;  // or by this, relative to the tensor's largest magnitude: some 16 roundings
constexpr double kExact = 1e-8;  // in f64: the files hold ten digits
constexpr int kCases = 10;       // at least, for each operation

struct Case {
  std::string op, where;  ///< where: "shape.jsonl:12"
  Json row;
};

std::vector<Case> load() {
  std::vector<Case> out;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(NEURO_TEST_DIR "/golden/torch")) {
    if (entry.path().extension() == ".jsonl") files.insert(entry.path());
  }
  for (const auto& path : files) {
    std::ifstream file(path);
    int line = 0;
    for (std::string text; std::getline(file, text);) {
      Json row = Json::parse(text);
      ++line;
      if (!row.contains("op")) continue;  // trajectories
      const std::string op = row.at("op");
      out.push_back({op, str(path.filename().string(), ":", line), std::move(row)});
    }
  }
  return out;
}

const std::map<std::string, std::vector<Case>>& cases() {
  static const std::map<std::string, std::vector<Case>> all = [] {
    std::map<std::string, std::vector<Case>> by_op;
    for (Case& c : load()) by_op[c.op].push_back(std::move(c));
    return by_op;
  }();
  return all;
}

const Table& calls() {
  static const Table all = [] {
    Table out;
    for (const Table& family : {
             elementwise(),
             reduction(),
             order(),
             shape(),
             product(),
             spatial(),
             probability(),
             indexing(),
             norm(),
             losses(),
             sequence(),
             resample(),
         }) {
      out.insert(family.begin(), family.end());
    }
    return out;
  }();
  return all;
}

double number(const Json& value) {
  if (!value.is_string()) return value;
  const std::string text = value;
  const double inf = std::numeric_limits<double>::infinity();
  return text == "nan" ? std::numeric_limits<double>::quiet_NaN() : text == "inf" ? inf : -inf;
}

Shape shape_of(const Json& tensor) { return Shape(tensor.at("shape").get<std::vector<std::int64_t>>()); }

Var operand(const Json& input, DType type, bool differentiate) {
  const Shape shape = shape_of(input);
  const std::pair<const char*, DType> kinds[] = {
      {"x64", type}, {"i64", DType::i64}, {"i32", DType::i32}, {"bool", DType::boolean}};
  for (const auto& [key, dtype] : kinds) {
    if (!input.contains(key)) continue;
    Tensor values = Tensor::empty(shape, DType::f64);
    std::int64_t k = 0;
    for (const Json& v : input.at(key)) values.data<double>()[k++] = number(v) / (key[0] == 'x' ? 64 : 1);
    const Var leaf(dtype == DType::f64 ? values : values.to(dtype));
    return is_floating(dtype) && differentiate ? leaf.requires_grad() : leaf;
  }
  throw std::runtime_error("an operand without values");
}

Args args_of(const Json& row) {
  Args args;
  if (!row.contains("attrs")) return args;
  for (const auto& [name, value] : row.at("attrs").items()) {
    if (value.is_string()) {
      args.texts[name] = value;
    } else {
      args.numbers[name] = value.is_array() ? value.get<std::vector<double>>() : std::vector<double>{value};
    }
  }
  return args;
}

const OpDef* descriptor(const std::string& op) {
  for (const OpDef* def : op_defs()) {
    if (op == def->name) return def;
  }
  return nullptr;
}

/// What stands in a table for it; else its descriptor with the attributes `f` and `i`.
Results call(const std::string& op, Operands in, const Args& args) {
  if (const auto known = calls().find(op); known != calls().end()) return known->second(in, args);
  if (descriptor(op) == nullptr) throw std::runtime_error("no golden_*_test.cpp says how it is called");
  Attrs attrs;
  for (const auto& [name, values] : args.numbers) {
    if (name == "f") {
      std::copy(values.begin(), values.end(), attrs.f.begin());
    } else if (name == "i") {
      attrs.i.assign(values.begin(), values.end());
    } else {
      throw std::runtime_error("attribute " + name + ": say in a golden_*_test.cpp how it is called");
    }
  }
  return record_all(*descriptor(op), in, attrs);
}

/// The upstream gradient of a result, as golden.py defines it.
Var weights(const Var& y) {
  Tensor w = Tensor::empty(y.shape(), DType::f64);
  for (std::int64_t k = 0; k < w.size(); ++k) w.data<double>()[k] = static_cast<double>((7 * k + 3) % 17 - 8) / 8;
  return Var(w.to(y.dtype())).requires_grad();  // second derivatives reach it
}

struct Recorded {
  std::vector<Var> out, grads;
};

Recorded record(const Case& c, DType type) {
  const bool differentiate = c.row.contains("grad");
  std::vector<Var> in, leaves;
  for (const Json& input : c.row.at("in")) {
    in.push_back(operand(input, type, differentiate));
    if (in.back().differentiable()) leaves.push_back(in.back());
  }
  Recorded recorded{call(c.op, in, args_of(c.row)), {}};
  if (!differentiate) return recorded;
  Var total;
  for (const Var& y : recorded.out) {
    if (!y.differentiable()) continue;
    const Var term = sum(y * weights(y));
    total = total.defined() ? total + term : term;
  }
  for (const Var& leaf : leaves) {
    const Var zero(Tensor::zeros(leaf.shape(), leaf.dtype()));
    recorded.grads.push_back(total.defined() ? grad(total, std::span(&leaf, 1))[0] : zero);
  }
  return recorded;
}

/// Compares `got` with a tensor of the file; `allowed` gives the error that is allowed for PyTorch's.
template <class Allowed>
void compare(const Tensor& got, const Json& wanted, const std::string& what, Allowed allowed) {
  ASSERT_EQ(got.shape(), shape_of(wanted)) << what;
  const std::vector<double> values = got.to_vector();
  if (wanted.contains("int")) {
    EXPECT_EQ(values, wanted.at("int").get<std::vector<double>>()) << what;
    return;
  }
  double largest = 0, difference = 0;
  std::size_t at = 0;
  ASSERT_EQ(values.size(), wanted.at("f64").size()) << what;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double exact = number(wanted.at("f64").at(k));
    if (!std::isfinite(exact)) {
      EXPECT_TRUE(std::isnan(exact) ? std::isnan(values[k]) : values[k] == exact)
          << what << ", element " << k << ": " << values[k] << ", PyTorch gives " << exact;
      continue;
    }
    largest = std::max(largest, std::abs(exact));
    double d = std::abs(values[k] - exact);
    if (std::isnan(d)) d = std::numeric_limits<double>::infinity();
    if (d <= difference) continue;
    difference = d;
    at = k;
  }
  const double error = difference / (largest > 0 ? largest : 1), limit = allowed(wanted.at("err").get<double>());
  EXPECT_LE(error, limit) << what << ", element " << at << ": " << values[at] << ", PyTorch gives "
                          << number(wanted.at("f64").at(at)) << "; PyTorch's own error is " << wanted.at("err");
}

template <class Allowed>
void check(const Case& c, DType type, const std::string& where, Allowed allowed) {
  const Recorded recorded = record(c, type);
  const Json &out = c.row.at("out"), none = Json::array(), &grads = c.row.contains("grad") ? c.row.at("grad") : none;
  ASSERT_EQ(recorded.out.size(), out.size()) << where;
  ASSERT_EQ(recorded.grads.size(), grads.size()) << where;
  std::vector<Var> wanted = recorded.out;
  wanted.insert(wanted.end(), recorded.grads.begin(), recorded.grads.end());
  Replay replay({wanted});
  replay.run();
  for (std::size_t i = 0; i < out.size(); ++i) compare(replay.output(i), out[i], str(where, ", result ", i), allowed);
  for (std::size_t i = 0; i < grads.size(); ++i) {
    compare(replay.output(out.size() + i), grads[i], str(where, ", gradient of operand ", i), allowed);
  }
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& [op, rows] : cases()) out.push_back(op);
  return out;
}

class Golden : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Ops, Golden, ::testing::ValuesIn(names()), [](const auto& p) { return p.param; });

TEST_P(Golden, IsAsGoodAsPyTorch) {
  for (const Case& c : cases().at(GetParam())) {
    const std::string where = str(c.where, " ", c.op, " ", c.row.contains("attrs") ? c.row.at("attrs").dump() : "");
    try {
      for (const kernels::Table* table : kernels::supported_tables()) {
        kernels::select_table(table->name);
        check(c, DType::f32, str(where, " on ", table->name),
              [](double err) { return std::max(kTimes * err, kFloor); });
      }
      kernels::select_table("auto");
      if (c.row.value("f64", true)) check(c, DType::f64, where + " in f64", [](double) { return kExact; });
    } catch (const std::exception& e) {
      kernels::select_table("auto");
      FAIL() << where << ": " << e.what();
    }
  }
}

/// Descriptors without rows of their own, and why.
const std::map<std::string, std::string>& exceptions() {
  static const std::map<std::string, std::string> all = {
      {"dropout_mask", "random numbers of our own generator"},
      {"drop_path", "random numbers of our own generator"},
      {"dropout", "random numbers of our own generator"},
      {"dropout2d", "random numbers of our own generator"},
      {"drop_connect", "random numbers of our own generator"},
      {"drop_block", "random numbers of our own generator"},
      {"bce", "the terms of bce_loss"},
      {"class_value", "the terms of nll_loss"},
      {"class_index", "how nll_loss and cross_entropy_loss read targets in floats"},
  };
  return all;
}

/// Cases that are not about NaN and infinities.
int ordinary(const std::vector<Case>& all) {
  return static_cast<int>(
      std::count_if(all.begin(), all.end(), [](const Case& c) { return !c.row.value("special", false); }));
}

void collect(const Var& v, std::set<const void*>& seen, std::set<std::string>& ops) {
  if (!v.defined() || v.is_leaf() || !seen.insert(v.edge().node.get()).second) return;
  ops.insert(v.op()->name);
  for (const Var& in : v.inputs()) collect(in, seen, ops);
}

TEST(GoldenValues, EveryOperationHasTenCases) {
  std::map<std::string, int> reached;  // cases in whose graph, gradients included, an operation occurs
  for (const auto& [op, rows] : cases()) {
    if (calls().count(op) == 0 && descriptor(op) == nullptr) continue;  // Golden fails
    for (const Case& c : rows) {
      const Recorded recorded = record(c, DType::f32);
      std::set<const void*> seen;
      std::set<std::string> ops;
      for (const Var& v : recorded.out) collect(v, seen, ops);
      Var second;  // the gradients' own gradients: where the derivative of a derivative is reached
      for (const Var& v : recorded.grads) {
        collect(v, seen, ops);
        if (v.differentiable()) second = second.defined() ? second + sum(v) : sum(v);
      }
      const OpDef* own = descriptor(op);
      if (second.defined() && (own == nullptr || own->second_order == SecondOrder::checked)) {
        for (const Var& v : grad(second, second.parameters())) collect(v, seen, ops);
      }
      for (const std::string& name : ops) ++reached[name];
    }
  }
  for (const OpDef* op : op_defs()) {
    if (op->overwrites != nullptr) continue;  // an update: optimizers have trajectories (tests/nn/trajectory_test.cpp)
    if (exceptions().count(op->name) > 0) {
      EXPECT_EQ(cases().count(op->name), 0u) << op->name << " has rows and stands among the exceptions";
      continue;
    }
    const auto own = cases().find(op->name);
    // What is internal is covered by the graphs of the operations' cases.
    const int rows = sweep::is_internal(op->name) ? reached[op->name]
                     : own == cases().end()       ? 0
                                                  : ordinary(own->second);
    EXPECT_GE(rows, kCases) << op->name << ": add rows to a file of tests/golden/torch";
  }
}

}  // namespace
}  // namespace neuro::golden
