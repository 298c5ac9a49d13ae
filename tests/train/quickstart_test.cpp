// The original's quickstart (spec: autograd.md, section 10, workload 2): a CSV file of animals, weights from JSON, a
// perceptron 3-5-5-1, batches of two, mean squared error, gradient descent with lr 0.01, five epochs.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <sstream>

#include "neuro/dataset.h"
#include "neuro/ops.h"
#include "neuro/serialize.h"
#include "neuro/str.h"

namespace neuro {
namespace {

constexpr const char* kAnimals =
    "Paw_size,Tail_length,Weight,Animal\n"
    "0.2,5,15,Dog\n"
    "0.08,12,4,Cat\n"
    "0.07,13,5,Cat\n"
    "0.05,3,0.8,Mouse\n";

data::LabeledDataset animals() {
  const std::map<std::string, float> number{{"Dog", 1}, {"Cat", 2}, {"Mouse", 3}};
  std::istringstream in(kAnimals);
  return data::DataLoader().with_labels({3}).from_reader_fn(in, {3}, {1}, [&](data::Fields record, data::Fields label) {
    std::vector<float> values;
    for (const std::string& field : record) values.push_back(std::stof(field));
    return std::pair(values, std::vector<float>{number.at(label[0])});
  });
}

/// Element i of parameter k is ((7 i + 3 k) mod 11 - 4) / 20, written as the original writes its layers.
std::string fixed_weights() {
  std::string out;
  int k = 0;
  const auto array = [&](std::initializer_list<std::int64_t> dims) {
    std::string dim, values;
    std::int64_t n = 1;
    for (const std::int64_t d : dims) {
      dim += str(dim.empty() ? "" : ",", d);
      n *= d;
    }
    for (std::int64_t i = 0; i < n; ++i)
      values += str(i > 0 ? "," : "", static_cast<double>((7 * i + 3 * k) % 11 - 4) / 20);
    ++k;
    return str(R"({"v":1,"dim":[)", dim, R"(],"data":[)", values, "]}");
  };
  const auto layer = [&](const char* name, std::int64_t in, std::int64_t outputs) {
    out += str(out.empty() ? "{" : ",", '"', name, R"(":{"weight":)");
    out += array({outputs, in});
    out += R"(,"bias":)" + array({outputs}) + "}";
  };
  layer("lin1", 3, 5);
  layer("lin2", 5, 5);
  layer("lin3", 5, 1);
  return out + "}";
}

struct Network {
  std::vector<Var> p;  // lin1.weight, lin1.bias, lin2.weight, ...

  Network() {
    for (const auto& [name, tensor] : state_from_json(fixed_weights())) p.push_back(Var(tensor).requires_grad());
  }
  Var forward(const Var& x) const {
    return (((x.mm_t(p[0]) + p[1]).relu().mm_t(p[2]) + p[3]).relu().mm_t(p[4])) + p[5];
  }
  void step(double lr) const {
    for (const Var& w : p) {
      float* values = w.data_mut().data<float>();
      const Tensor g = w.grad();
      for (std::int64_t i = 0; i < g.size(); ++i) values[i] -= static_cast<float>(lr) * g.data<float>()[i];
      w.zero_grad();  // the original never does
    }
  }
  double epoch(const data::LabeledDataset& set) const {
    double total = 0;
    for (const data::LabeledDataset& batch : set.batch(2).drop_last()) {
      const Var loss = (forward(Var(batch.records())) - Var(batch.labels())).square().mean();
      loss.forward();
      total += loss.item();
      loss.backward();
      step(0.01);
    }
    return total;
  }
};

TEST(Quickstart, FixedWeightsGiveTheReferenceLosses) {
  // PyTorch 1.13.1 in f64: nn.functional.linear and relu with these weights, MSELoss() of the batches (rows 0, 1) and
  // (rows 2, 3), optim.SGD(lr=0.01); the losses of an epoch's batches added up.
  const double reference[] = {8.624919368916583, 7.233057869481269, 5.730701044484378, 4.210826528715107,
                              3.138046156728384};
  const Network network;
  const data::LabeledDataset set = animals();
  for (const double expected : reference) EXPECT_NEAR(network.epoch(set), expected, 1e-5 * expected);
  // The sum of the absolute values of each parameter afterwards, from the same run.
  const double sums[] = {2.5223660197099806, 0.8037204969565082, 3.878554034031889,
                         0.6942628988540445, 1.051740939787463,  0.28833355772005076};
  for (std::size_t k = 0; k < 6; ++k) {
    double sum = 0;
    for (const double w : network.p[k].data().to_vector()) sum += std::abs(w);
    EXPECT_NEAR(sum, sums[k], 1e-5) << "parameter " << k;
  }
}

TEST(Quickstart, ShuffledBatchesLearnToo) {
  const Network network;
  data::LabeledDataset set = animals();
  set.shuffle_with_seed(1);
  const double first = network.epoch(set);
  for (std::uint64_t epoch = 2; epoch < 5; ++epoch) {
    set.shuffle_with_seed(epoch);
    network.epoch(set);
  }
  EXPECT_LT(network.epoch(set), first);
  EXPECT_EQ(network.forward(Var(set.records())).shape(), (Shape{4, 1}));
}

}  // namespace
}  // namespace neuro
