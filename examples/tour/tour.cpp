// A tour of the engine, without NeuroScript. What a statement prints stands below it, after //>; `check.sh` compares
// the two, so that this file is always true.
#include <neuro/neuro.h>

#include <cstdio>
#include <iostream>

namespace {

using namespace neuro;

void print(const auto& value) { std::cout << value << '\n'; }

// ---------------------------------------------------------------------------------------------------------------------
// 1. Values. A Var is a handle: copying it copies nothing. Constructors make leaves, which hold a tensor.

void construction() {
  print(full({2, 3}, 7));
  //> [[7, 7, 7],
  //>  [7, 7, 7]]
  print(from_array({{1.f, 2.f}, {3.f, 4.5f}}));
  //> [[1.0000, 2.0000],
  //>  [3.0000, 4.5000]]
  print(eye(2));
  //> [[1, 0],
  //>  [0, 1]]
  print(arange(0, 10, 2.5));
  //> [0.0000, 2.5000, 5.0000, 7.5000]
  print(*geomspace(1, 100, 3));
  //> [  1,  10, 100]
  print(geomspace(-1, 1, 3).has_value());  // a geometric sequence cannot cross 0
  //> 0
  print(zeros({1000, 1000}));  // what is long is elided
  //> [[0, 0, 0, ..., 0, 0, 0],
  //>  [0, 0, 0, ..., 0, 0, 0],
  //>  [0, 0, 0, ..., 0, 0, 0],
  //>  ...,
  //>  [0, 0, 0, ..., 0, 0, 0],
  //>  [0, 0, 0, ..., 0, 0, 0],
  //>  [0, 0, 0, ..., 0, 0, 0]]

  // Random values come from a generator that can be seeded: the same numbers on every machine, for any number of
  // threads.
  manual_seed(1);
  const Var a = rand({2, 2});
  manual_seed(1);
  const Var b = rand({2, 2});
  print(a.data().to_vector() == b.data().to_vector());
  //> 1
}

// ---------------------------------------------------------------------------------------------------------------------
// 2. Operations record; forward() computes.

void arithmetic() {
  const Var x = from({1.f, 2.f, 3.f}, {3});
  const Var y = x * x + 1.0;
  print(y);
  //> <affine f32 [3], not computed>
  y.forward();
  print(y);
  //> [ 2,  5, 10]

  // A graph is built once and may be run again after its leaves changed.
  x.data_mut().data<float>()[0] = 10;
  y.forward();
  print(y);
  //> [101,   5,  10]

  // Shapes broadcast as NumPy's do, and every operation is both a function and a method.
  const Var column = from_array({{10.f}, {20.f}}), table = column + x;
  table.forward();
  print(table);
  //> [[20, 12, 13],
  //>  [30, 22, 23]]
  const Var total = from_array({{1.f, 2.f}, {3.f, 4.f}}).mm(eye(2)).sum();
  total.forward();
  print(total.item());
  //> 10

  // A wrong shape is an error where the operation is written, before anything runs.
  try {
    mm(zeros({2, 3}), zeros({4, 5}));
  } catch (const Error& error) {
    print(error.what());
    //> mm: inner sizes differ: a is [2, 3], b is [4, 5]; a's axis 1 (3) must equal b's axis 0 (4).
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// 3. Gradients flow to the leaves that asked for one.

void gradients() {
  const Var x = from({3.f}, {}).requires_grad();
  const Var y = x.pow(2) + x * 4.0;  // y' = 2 x + 4
  y.forward();
  y.backward();
  print(x.grad());
  //> 10

  // Leaves accumulate until zero_grad(); gradients of what lies between start afresh each time.
  y.backward();
  print(x.grad());
  //> 20
  x.zero_grad();

  // The gradient is recorded like everything else, so it has a gradient, too: y'' = 2.
  const Var dy = grad(y, std::vector<Var>{x})[0];
  const Var ddy = grad(dy, std::vector<Var>{x})[0];
  ddy.forward();
  print(ddy);
  //> 2

  // Where something is missing, the message says what.
  try {
    from({1.f}, {}).grad();
  } catch (const Error& error) {
    print(error.what());
    //> grad(): this leaf is not differentiable; mark it with requires_grad()
  }
}

// A graph lives as long as something reaches it. There is no tape: the end of the scope frees h and all between, and
// the leaves keep their data and the gradients they gathered.
void a_scope() {
  const Var w = full({2, 3}, 0.5).requires_grad(), b = zeros({2}).requires_grad();
  const Var x = arange(0, 12).reshape({4, 3});
  {
    const Var h = x.mm(w.t()) + b;
    h.forward();
    h.backward(1);
    print(h.parameters().size());
    //> 2
  }
  print(b.grad());  // one for each of the four rows
  //> [4, 4]
  print(w.grad());  // the sums of the columns of x
  //> [[18, 22, 26],
  //>  [18, 22, 26]]
}

// ---------------------------------------------------------------------------------------------------------------------
// 4. A regression by gradient descent.

void regression() {
  // 64 points of the plane z = 3 x - 2 y + 1.
  const Var points = rand({64, 2}, /*seed=*/1);
  const Var z = points.mv(from({3.f, -2.f}, {2})) + 1.0;
  z.forward();

  const Var slopes = zeros({2}).requires_grad(), offset = zeros({}).requires_grad();
  const Var loss = (points.mv(slopes) + offset - z.detach()).square().mean();
  optim::SGD optimizer(loss.parameters(), {.lr = 0.5});
  for (int step = 0; step < 1000; ++step) {
    optimizer.zero_grad();
    loss.forward();  // the graph is built once; each pass sees the new parameters
    loss.backward();
    optimizer.step();
  }
  std::printf("%.2f %.2f %.2f\n", slopes.data().to_vector()[0], slopes.data().to_vector()[1], offset.item());
  //> 3.00 -2.00 1.00
}

// ---------------------------------------------------------------------------------------------------------------------
// 5. A classifier: which of three rings around the origin does a point lie in? Rows in shuffled batches, a network of
// two layers, cross-entropy.

data::LabeledDataset rings(std::int64_t n) {
  const Var points = rand({n, 2}) * 2.0 - 1.0, radius = points.square().sum(1).sqrt();
  radius.forward();
  std::vector<std::int64_t> ring;
  for (const double r : radius.data().to_vector()) ring.push_back(r < 0.4 ? 0 : r < 0.8 ? 1 : 2);
  return {points.data(), Tensor::from<std::int64_t>(ring, {n})};
}

void classifier() {
  manual_seed(4);
  const std::vector<data::LabeledDataset> parts = rings(1200).split({1000, 200});
  data::LabeledDataset training = parts[0];
  const data::LabeledDataset& unseen = parts[1];

  const Var w1 = randn({32, 2}).requires_grad(), b1 = zeros({32}).requires_grad();
  const Var w2 = normal(0, 0.2, {3, 32}).requires_grad(), b2 = zeros({3}).requires_grad();
  const auto network = [&](const Var& x) { return (x.mm_t(w1) + b1).relu().mm_t(w2) + b2; };

  optim::SGD optimizer(std::vector{w1, b1, w2, b2}, {.lr = 0.5});
  for (int epoch = 0; epoch < 40; ++epoch) {
    training.shuffle();
    for (const data::LabeledDataset& batch : training.batch(50)) {
      // Recorded anew for each batch; equal graphs are planned once, so that this costs little.
      const Var loss = cross_entropy(network(Var(batch.records())), Var(batch.labels())).mean();
      optimizer.zero_grad();
      loss.forward();
      loss.backward();
      optimizer.step();
    }
  }

  const NoGrad off;  // only values from here on
  const Var guess = network(Var(unseen.records())).argmax(1);
  guess.forward();
  int right = 0;
  for (std::int64_t i = 0; i < unseen.len(); ++i) {
    right += guess.data().data<std::int64_t>()[i] == unseen.labels().data<std::int64_t>()[i] ? 1 : 0;
  }
  std::printf("more than 9 of 10 right: %s\n", right > 180 ? "yes" : "no");
  //> more than 9 of 10 right: yes
}

}  // namespace

int main() {
  construction();
  arithmetic();
  gradients();
  a_scope();
  regression();
  classifier();
}
