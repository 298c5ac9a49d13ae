// Random graphs of operations, their gradients, assignments and guards: what the passes make of them must equal the
// naive plan bit for bit. Small sizes and few operations, so that a failing seed can be read with Replay::describe().
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include "neuro/ops.h"
#include "neuro/plan.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// A request over leaves of its own, drawn from a seed: drawn twice, it is the same request over equal values.
class RandomGraph {
 public:
  /// `recompute`: some operations are recorded in Recompute scopes, or without those at the same places.
  RandomGraph(std::uint64_t seed, DType dtype, bool recompute) : random_(seed), dtype_(dtype) {
    std::vector<std::unique_ptr<Recompute>> scopes;
    const auto leaves = 2 + pick(3);
    for (std::uint64_t i = 0; i < leaves; ++i) values_.push_back(leaf(random_shape()));
    const auto operations = 3 + pick(14);
    for (std::uint64_t i = 0; i < operations; ++i) {
      if (pick(4) == 0) {
        scopes.push_back(recompute ? std::make_unique<Recompute>() : nullptr);
      } else if (!scopes.empty() && pick(3) == 0) {
        scopes.pop_back();
      }
      const Var y = operation();
      // Large values are of no use: they end as infinities. So are values of many elements.
      if (y.shape().elements() <= 8192) values_.push_back(pick(4) == 0 ? tanh(y) : y);
    }
    while (!scopes.empty()) scopes.pop_back();  // from the innermost
    draw_request();
  }

  PlanRequest request;
  const std::vector<Var>& leaves() const { return leaves_; }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  const Var& any() { return values_[pick(values_.size())]; }

  std::int64_t random_size() {
    static constexpr std::int64_t kSizes[] = {1, 1, 2, 3, 4, 5, 7, 17, 33};
    return pick(60) == 0 ? 0 : kSizes[pick(std::size(kSizes))];
  }

  Shape random_shape() {
    if (pick(12) == 0) return {static_cast<std::int64_t>(1000 + pick(3000))};  // more than one tile
    std::vector<std::int64_t> sizes(pick(4));
    for (std::int64_t& s : sizes) s = random_size();
    return Shape(sizes);
  }

  /// Now and then a number for which a careless rule is wrong.
  double number() {
    static constexpr double kEdges[] = {0, -0.0, 1, -1, std::numeric_limits<double>::infinity()};
    return pick(8) == 0 ? kEdges[pick(std::size(kEdges))] : ordinary_number();
  }
  double ordinary_number() { return static_cast<double>(pick(2001)) / 500.0 - 2.0; }

  /// A differentiable leaf; some of them have strides of their own.
  Var leaf(const Shape& shape) {
    Tensor values = Tensor::empty(shape, DType::f64);
    if (shape.rank() >= 1 && pick(4) == 0) {  // every second element of twice as many
      const std::int64_t inner = shape[shape.rank() - 1];
      const Tensor base = Tensor::zeros(shape.with(shape.rank() - 1, 2 * inner), dtype_);
      Strides strides = base.strides();
      strides[static_cast<std::size_t>(shape.rank() - 1)] = 2;
      fill(values);
      Tensor view = Tensor::view(base, shape, strides, 0);
      view.copy_from(values.to(dtype_));
      leaves_.push_back(Var(view).requires_grad());
    } else {
      fill(values);
      leaves_.push_back(Var(values.to(dtype_)).requires_grad());
    }
    return leaves_.back();
  }

  void fill(Tensor& values) {
    for (double& v : values.span<double>()) v = pick(16) == 0 ? -0.0 : ordinary_number();
  }

  /// A leaf whose shape broadcasts with `shape`.
  /// Some handle to the leaf's memory: the leaf, another leaf over all of it, or a leaf over its first half.
  Var alias(const Var& x) {
    const Tensor memory = x.data();
    if (pick(3) == 0 || memory.rank() == 0) return Var(memory);
    return Var(Tensor::view(memory, memory.shape().with(0, (memory.shape()[0] + 1) / 2), memory.strides(), 0));
  }

  Var partner(const Shape& shape) {
    std::vector<std::int64_t> sizes(shape.begin(), shape.end());
    for (std::int64_t& s : sizes) {
      if (pick(3) == 0) s = 1;
    }
    sizes.erase(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(pick(sizes.size() + 1)));
    return leaf(Shape(sizes));
  }

  /// A recorded value of x's shape if there is one, else a leaf that broadcasts with it.
  Var companion(const Var& x) {
    std::vector<Var> fitting;
    for (const Var& v : values_) {
      if (v.shape() == x.shape()) fitting.push_back(v);
    }
    return !fitting.empty() && pick(4) != 0 ? fitting[pick(fitting.size())] : partner(x.shape());
  }

  Var operation() {
    const Var x = pick(12) == 0 ? alias(leaves_[pick(leaves_.size())]) : any();
    switch (pick(9)) {
      case 0: return unary(x);
      case 1: return unary(x);
      case 8: return image(x);
      case 2: return binary(x, companion(x));
      case 3: return binary(companion(x), x);
      case 4: return view(x);
      case 5: return view(x);
      case 6: return reduction(x);
      default: return product(x);
    }
  }

  Var unary(const Var& x) {
    switch (pick(16)) {
      case 0: return relu(x);
      case 1: return tanh(x);
      case 2: return sigmoid(x);
      case 3: return neg(x);
      case 4: return abs(x);
      case 5: return square(tanh(x));
      case 6: return exp(tanh(x));
      case 7: return sqrt(abs(x) + 1.0);
      case 8: return gelu(x);
      case 9: return x * number();
      case 10: return x + number();
      case 11: return pick(2) == 0 ? x * 1.0 : x / 1.0 - 0.0;
      case 12: return clamp(x, -0.5, 0.75);
      case 13: return convert(convert(x, dtype_ == DType::f32 ? DType::f64 : DType::f32), dtype_);
      case 14: return silu(x);
      default: return 1.0 / (1.0 + square(x));
    }
  }

  Var binary(const Var& a, const Var& b) {
    switch (pick(7)) {
      case 0: return a + b;
      case 1: return a - b;
      case 2: return tanh(a) * b;
      case 3: return a / (1.5 + square(b));
      case 4: return maximum(a, b);
      case 5: return where(greater(a, b), a, b * 0.5);
      default: return where(less_equal(a, constant(0.25, dtype_)), b, a);
    }
  }

  Var view(const Var& x) {
    const int rank = x.rank();
    const int axis = rank == 0 ? 0 : static_cast<int>(pick(static_cast<std::uint64_t>(rank)));
    switch (pick(9)) {
      case 0: return x.shape().elements() == 0 ? x : reshape(x, {-1});
      case 1: return t(x);
      case 2: return rank == 0 ? x : transpose(x, axis, rank - 1);
      case 3: return rank >= kMaxRank ? x : unsqueeze(x, axis);
      case 4: return rank == 0 || x.shape()[axis] == 0 ? x : slice(x, axis, 0, (x.shape()[axis] + 1) / 2);
      case 5: return rank == 0 || x.shape()[axis] < 2 ? x : slice(x, axis, 1, x.shape()[axis], 2);
      case 6: {
        if (rank >= 4) return x;
        std::vector<std::int64_t> sizes(x.shape().begin(), x.shape().end());
        sizes.insert(sizes.begin(), 3);
        return broadcast_to(x, Shape(sizes));
      }
      case 7: {
        if (rank == 0) return x;
        const Var parts[] = {x, unary(x), x};
        return concat(parts, axis);
      }
      default: {
        if (rank >= 4) return x;
        const Var parts[] = {x, companion_of_same_shape(x)};
        return stack(parts, axis);
      }
    }
  }

  Var companion_of_same_shape(const Var& x) {
    for (const Var& v : values_) {
      if (v.shape() == x.shape() && pick(2) == 0) return v;
    }
    return x;
  }

  Var reduction(const Var& x) {
    if (x.rank() == 0 || x.shape().elements() == 0) return sum(x);
    const int axis = static_cast<int>(pick(static_cast<std::uint64_t>(x.rank())));
    const KeepDim keep = pick(2) == 0 ? KeepDim::no : KeepDim::yes;
    const std::int64_t n = x.shape()[x.rank() - 1];
    switch (pick(10)) {
      case 0: return sum(x);
      case 1: return mean(x);
      case 2: return sum(x, axis, keep);
      case 3: return mean(x, axis, keep);
      case 4: return max(x, axis, keep);
      case 5: return x - max(x, axis, KeepDim::yes);
      case 6: return softmax(x, axis);
      case 7: return log_softmax(x, axis);
      case 8: return layer_norm(x, leaf({n}), leaf({n}));
      default: {
        const int axes[] = {axis};
        return variance(x, axes, keep);
      }
    }
  }

  Var product(const Var& x) {
    if (x.rank() < 2 || x.rank() > 3) return linear_of(x);
    const std::int64_t rows = x.shape()[x.rank() - 2], cols = x.shape()[x.rank() - 1];
    const std::int64_t n = static_cast<std::int64_t>(1 + pick(9));
    Var y;
    if (x.rank() == 3 && pick(3) == 0) {  // as heads of an attention, and as some of the columns of a wider matrix
      const Var heads = transpose(unsqueeze(x, 0), 1, 2);
      return matmul(heads, tanh(heads), Trans::no, Trans::yes) * 0.25;
    }
    if (cols > 1 && pick(4) == 0) {
      const Var some = slice(x, -1, 1, cols);
      return matmul(some, leaf({cols - 1, n})) + matmul(some, leaf({n, cols - 1}), Trans::no, Trans::yes);
    }
    switch (pick(6)) {
      case 0: y = matmul(x, leaf({cols, n})); break;
      case 1: y = matmul(x, leaf({n, cols}), Trans::no, Trans::yes); break;
      case 2: y = matmul(x, leaf({rows, n}), Trans::yes, Trans::no); break;
      case 3: y = matmul(x, x, Trans::no, Trans::yes); break;
      case 4: y = matmul(tanh(x), x, Trans::yes, Trans::no); break;
      default: return linear_of(x);
    }
    y = y * 0.25;
    return pick(2) == 0 ? relu(y + partner(y.shape())) : y;
  }

  Var linear_of(const Var& x) {
    if (x.rank() == 0) return x;
    const std::int64_t in = x.shape()[x.rank() - 1], out = static_cast<std::int64_t>(1 + pick(6));
    const Var y = linear(x, leaf({out, in}), pick(3) == 0 ? Var() : leaf({out}));
    if (pick(3) == 0 && y.rank() == 2) {  // the epilogue reads the operand of a second product, too
      Tensor target = Tensor::zeros({y.shape()[0]}, DType::i64);
      for (std::int64_t& c : target.span<std::int64_t>())
        c = static_cast<std::int64_t>(pick(static_cast<std::uint64_t>(out)));
      if (y.shape()[0] > 0) return cross_entropy(relu(y), Var(target));
    }
    return pick(2) == 0 ? y : unary(y);
  }

  /// Rows of a table that x's largest elements choose, or a convolution over x as an image.
  Var image(const Var& x) {
    if (x.rank() < 2 || x.rank() > 4 || x.shape().elements() == 0) return x;
    const auto some = static_cast<std::int64_t>(1 + pick(5));
    if (pick(3) == 0) return embedding(leaf({x.shape()[x.rank() - 1], some}), argmax(x, -1));
    Var in = x;
    while (in.rank() < 4) in = unsqueeze(in, 0);
    if (in.shape()[2] < 3 || in.shape()[3] < 3) return avg_pool2d(in, {.kernel = {1, 1}});
    const Var y = conv2d(in, leaf({some, in.shape()[1], 3, 3}), pick(2) == 0 ? Var() : leaf({some}));
    if (pick(2) == 0 || y.shape()[2] < 2 || y.shape()[3] < 2) return relu(y * 0.25);
    return max_pool2d(relu(y), {.kernel = {2, 2}, .stride = {1, 1}});
  }

  void draw_request() {
    const auto outputs = pick(4);
    for (std::uint64_t i = 0; i < outputs; ++i) request.outputs.push_back(any());
    const Var loss = sum(tanh(any())) + mean_or_sum(values_.back());
    std::vector<Var> xs = leaves_;
    if (const Var& v = any(); v.differentiable()) xs.push_back(v);
    const std::vector<Var> gradients = grad(loss, xs);
    request.outputs.push_back(loss);
    request.outputs.insert(request.outputs.end(), gradients.begin(), gradients.end());

    const Var lr(Tensor::full({}, 0.1, DType::f64)), scale = constant(0.5, dtype_);
    const auto own = leaves_;  // leaves drawn from here on are not assigned
    for (std::size_t i = 0; i < own.size(); ++i) {
      const Var p = own[i];
      switch (pick(6)) {
        case 0: {
          const Var m(Tensor::full(p.shape(), 0.25, dtype_));
          leaves_.push_back(m);
          const auto next = sgd(p, gradients[i], m, lr, scale, {.momentum = 0.9});
          request.assigns.push_back({p, next[0]});
          request.assigns.push_back({m, next[1]});
          updated(next[0]);
          break;
        }
        case 1: {
          const auto next = sgd(p, gradients[i], Var(), lr, scale, {});
          request.assigns.push_back({p, next[0]});
          updated(next[0]);
          break;
        }
        case 2: request.assigns.push_back({p, tanh(p + gradients[i])}); break;
        case 3:
          for (const Var& v : values_) {
            if (v.shape() != p.shape() || v.same(p)) continue;
            request.assigns.push_back({p, v});
            break;
          }
          break;
        default: break;
      }
    }
    if (pick(2) == 0) request.guard = pick(4) == 0 ? loss * std::numeric_limits<double>::quiet_NaN() : loss;
  }

  /// Somebody reads a parameter's new value, or a view of it.
  void updated(const Var& p) {
    switch (pick(5)) {
      case 0: request.outputs.push_back(p); break;
      case 1: request.outputs.push_back(tanh(p) * 2.0); break;
      case 2: request.outputs.push_back(t(p)); break;
      case 3: request.outputs.push_back(sum(reshape(p, {p.shape().elements()}))); break;
      default: break;
    }
  }

  static Var mean_or_sum(const Var& x) { return x.shape().elements() > 0 ? mean(x) : sum(x); }

  std::mt19937_64 random_;
  DType dtype_;
  std::vector<Var> values_, leaves_;
};

/// Equal bits, but for the sign and the payload of a NaN.
testing::AssertionResult same_values(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  if (a.shape() != b.shape()) return testing::AssertionFailure() << a.shape().text() << " and " << b.shape().text();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if ((x[i] == y[i] && std::signbit(x[i]) == std::signbit(y[i])) || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    return testing::AssertionFailure() << "element " << i << " of " << a.shape().text() << ": " << str(x[i]) << " and "
                                       << str(y[i]);
  }
  return testing::AssertionSuccess();
}

void expect_planned_equals_naive(std::uint64_t seed, DType dtype) {
  SCOPED_TRACE(str("seed ", seed, ", ", name_of(dtype)));
  const RandomGraph a(seed, dtype, /*recompute=*/true), b(seed, dtype, /*recompute=*/false);
  Replay full(a.request, nullptr, Planning::full), naive(b.request, nullptr, Planning::naive);
  EXPECT_LE(static_cast<double>(full.arena_bytes()), 1.15 * static_cast<double>(full.live_bytes()));
  for (int run = 0; run < 2; ++run) {
    const bool committed = full.run();
    ASSERT_EQ(committed, naive.run());
    for (std::size_t i = 0; i < a.request.outputs.size(); ++i) {
      // After a guard that failed, what would have come after it is unspecified.
      if (!committed) break;
      EXPECT_TRUE(same_values(full.output(i), naive.output(i))) << "output " << i << ", run " << run;
    }
    for (std::size_t i = 0; i < a.leaves().size(); ++i) {
      EXPECT_TRUE(same_values(a.leaves()[i].data(), b.leaves()[i].data())) << "leaf " << i << ", run " << run;
    }
  }
  if (testing::Test::HasFailure()) ADD_FAILURE() << full.describe() << "naive:\n" << naive.describe();
}

// 2416: a product summed in another order when what had made its operand contiguous, a division by 1, was gone.
// 5475: placed by size, 2432 bytes where 2112 are alive.
TEST(RandomGraph, OnesThatFailed) {
  for (const std::uint64_t seed : {2416, 5475}) {
    expect_planned_equals_naive(seed, DType::f32);
    expect_planned_equals_naive(seed, DType::f64);
  }
}

TEST(RandomGraph, PlannedEqualsNaive) {
  const char* first = std::getenv("NEURO_RANDOM_GRAPHS");  // "FIRST COUNT": other seeds than those of every run
  std::uint64_t seed = 1, count = 300;
  if (first != nullptr) {
    char* rest = nullptr;
    seed = std::strtoull(first, &rest, 10);
    count = std::strtoull(rest, nullptr, 10);
  }
  for (const std::uint64_t last = seed + count; seed < last && !HasFailure(); ++seed) {
    expect_planned_equals_naive(seed, DType::f32);
    expect_planned_equals_naive(seed, DType::f64);
  }
}

}  // namespace
}  // namespace neuro
