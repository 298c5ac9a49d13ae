// Every operation computes the same bits however it is planned, on however many threads, and the same values on every
// instruction set.
#include <limits>

#include "neuro/parallel.h"
#include "op_sweep.h"

namespace neuro {

// An operation and its derivative round a few times.
double sweep::bound_of(std::string_view op) {
  if (op == "pow") return 16;                    // the error of b ln(a) is multiplied by a^b
  if (op == "gelu_tanh_grad") return 12;         // 1 - s cancels for large x
  if (op == "mish_grad") return 32;              // 1 - t^2 cancels, and its gradient sums 65 terms of either sign
  if (op == "prelu") return 16;                  // the slope's gradient sums 1031 terms of either sign
  if (op == "rms_norm_backward") return 12;      // rstd g - rstd^3 mean(g x) x cancels, and its gradients again
  if (op == "cosine_embedding_loss") return 16;  // its gradient is the difference of two nearly parallel vectors
  return 6;
}

namespace {

class EveryOpRuns : public ::testing::TestWithParam<const OpDef*> {};
INSTANTIATE_TEST_SUITE_P(Ops, EveryOpRuns, ::testing::ValuesIn(op_defs().begin(), op_defs().end()), sweep::name);

TEST_P(EveryOpRuns, PlannedEqualsNaive) {
  const OpDef& op = *GetParam();
  for (const DType type : {DType::f32, DType::f64}) {
    for (const Sample& sample : op.samples()) {
      const std::vector<Var> wanted = sweep::outputs_and_gradients(op, sample, sweep::draw(sample, type));
      const auto planned = sweep::run(wanted, Planning::full), naive = sweep::run(wanted, Planning::naive);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_TRUE(sweep::same_bits(planned[i], naive[i]))
            << name_of(type) << " " << sweep::text(sample) << ": value " << i << " planned " << planned[i].text()
            << " naive " << naive[i].text() << "\n"
            << Replay({wanted}).describe();
      }
    }
  }
}

TEST(Plan, AProgramDoesNotReadAViewOfItsOwnResult) {
  // t(e) lies in e's memory, which is complete only when the program that makes e has ended.
  const Var x = randn({3, 3}, 1).requires_grad(), e = exp(x), f = e + t(e), p = matmul(x, x), q = relu(p) + t(p);
  const std::vector<Var> wanted{f, q};
  const auto planned = sweep::run(wanted, Planning::full), naive = sweep::run(wanted, Planning::naive);
  EXPECT_TRUE(sweep::same_bits(planned[0], naive[0])) << Replay({{f}}).describe();
  EXPECT_TRUE(sweep::same_bits(planned[1], naive[1])) << Replay({{q}}).describe();
}

// --- Instruction sets ---

TEST_P(EveryOpRuns, EveryInstructionSetAgreesWithF64) {
  const OpDef& op = *GetParam();
  double worst = 0;
  for (const Sample& sample : op.samples()) {
    const std::vector<Var> leaves = sweep::draw(sample, DType::f32);
    std::vector<Var> wide;
    for (const Var& leaf : leaves) {
      const Var w(leaf.dtype() == DType::f32 ? leaf.data().to(DType::f64) : leaf.data());
      wide.push_back(leaf.differentiable() ? w.requires_grad() : w);
    }
    const auto exact = sweep::run(sweep::outputs_and_gradients(op, sample, wide), Planning::full);
    for (const kernels::Table* table : kernels::supported_tables()) {
      kernels::select_table(table->name);
      const auto got = sweep::run(sweep::outputs_and_gradients(op, sample, leaves), Planning::full);
      ASSERT_EQ(got.size(), exact.size());
      double largest = 0, difference = 0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        const std::vector<double> a = got[i].to_vector(), b = exact[i].to_vector();
        for (std::size_t k = 0; k < a.size(); ++k) {
          largest = std::max(largest, std::abs(b[k]));
          const double d = a[k] == b[k] ? 0 : std::abs(a[k] - b[k]);
          difference = std::max(difference, std::isnan(d) ? std::numeric_limits<double>::infinity() : d);
        }
      }
      const double error = difference == 0 ? 0 : difference / largest * 0x1p23;
      worst = std::max(worst, error);
      EXPECT_LE(error, sweep::bound_of(op.name)) << table->name << " " << sweep::text(sample);
    }
    kernels::select_table("auto");
  }
  RecordProperty("worst", str(worst));
}

// --- Threads ---

/// Operations at sizes that are divided among workers.
std::vector<std::pair<std::string, std::vector<Var>>> large_cases() {
  std::vector<std::pair<std::string, std::vector<Var>>> out;
  for (const OpDef* op : op_defs()) {
    if (op->elementwise == nullptr) continue;
    Sample sample = op->samples().front();
    for (SampleInput& in : sample.in) in.shape = {300, 257};
    out.emplace_back(op->name, sweep::outputs_and_gradients(*op, sample, sweep::draw(sample, DType::f32)));
  }
  const auto leaf = [](const Shape& shape) { return randn(shape, 3).requires_grad(); };
  const auto ints = [](std::int64_t n, std::int64_t limit) {
    Tensor t = Tensor::empty({n}, DType::i64);
    for (std::int64_t i = 0; i < n; ++i) t.data<std::int64_t>()[i] = i * 7919 % limit;
    return Var(t);
  };
  const auto add = [&](const char* name, const Var& y) {
    std::vector<Var> wanted{y};
    const std::vector<Var> xs = y.parameters();
    const Var weights = randn(y.shape(), 5);
    if (y.differentiable()) {
      for (const Var& g : grad(sum(y * weights), xs)) wanted.push_back(g);
    }
    out.emplace_back(name, wanted);
  };
  const Var x = leaf({700, 257}), image = leaf({4, 8, 24, 23});
  add("sum of rows", sum(x, 1));
  add("sum of columns", sum(x, 0));
  add("sum of all", sum(x));
  add("max", max(x, 1));
  add("argmax", argmax(x, 1));
  add("prod of columns", prod(x * 0.1 + 1.0, 0));
  add("count_nonzero", count_nonzero(x, 0));
  add("logsumexp", logsumexp(x, 1));
  for (const int axis : {0, 1}) {
    add("cumsum", cumsum(x, axis));
    add("linear_recurrence", linear_recurrence(x * 0.1, x, axis));
    add("logcumsumexp", logcumsumexp(x, axis));
    add("cummax", cummax(x, axis).values);
    add("sort", sort(x, axis).values);
    add("topk", topk(x, 19, axis).values);
    add("gather", gather(x, argsort(x, axis), axis));
    add("scatter", scatter(x, topk(x, 19, axis).indices, topk(x, 19, axis).values, axis));
    add("scatter_add", scatter_add(x, topk(x, 19, axis).indices, topk(x, 19, axis).values, axis));
    add("index_select", index_select(x, ints(3000, 257), axis));
    add("index_add", index_add(x, ints(3000, 257), index_select(x, ints(3000, 100), axis), axis));
  }
  add("one_hot", one_hot(ints(3000, 100), 100));
  add("pad", pad(x, {{3, 5}, 2}));
  add("pad_edge", pad(x, {{3, 5}, 200}, pad::Reflective{}));
  add("unfold", unfold(x, 0, 9, 2) * 1.0);
  add("tril", tril(x, 5));
  add("repeat", repeat(x, std::array<std::int64_t, 2>{2, 3}));
  add("flip", flip(x, std::array{0, 1}) * 1.0);
  add("softmax", softmax(x));
  add("log_softmax", log_softmax(x, 0));
  add("layer_norm", layer_norm(x, leaf({257}), leaf({257})));
  add("cross_entropy", cross_entropy(x, ints(700, 257)));
  add("linear", relu(linear(x, leaf({129, 257}), leaf({129}))));
  add("batched matmul", matmul(leaf({6, 70, 90}), leaf({6, 90, 80})));
  add("matmul of heads", relu(matmul(transpose(leaf({4, 90, 3, 40}), 1, 2), transpose(leaf({4, 80, 3, 40}), 1, 2),
                                     Trans::no, Trans::yes)));
  add("conv2d", relu(conv2d(image, leaf({12, 8, 3, 3}), leaf({12}), {.padding = {1, 1, 1, 1}})));
  add("depthwise conv2d", conv2d(image, leaf({8, 1, 3, 3}), {}, {.groups = 8}));
  add("batch_norm", relu(batch_norm(image, {}, {}, leaf({8}), leaf({8})).y));
  add("group_norm", group_norm(image, 4, leaf({8}), leaf({8})));
  add("rms_norm", rms_norm(x, leaf({257})));
  add("max_pool2d", max_pool2d(image, {}));
  add("avg_pool2d", avg_pool2d(image, {}));
  const Var volume = leaf({2, 8, 9, 14, 13}), rows = leaf({8, 16, 300});
  add("conv1d", conv1d(rows, leaf({24, 16, 5}), leaf({24}), {.padding = {2, 2}}));
  add("conv3d", conv3d(volume, leaf({12, 8, 3, 3, 3}), {}, {.stride = {1, 2, 2}}));
  add("conv_transpose2d", conv_transpose2d(image, leaf({8, 12, 4, 4}), {}, {.stride = {2, 2}}));
  add("grey conv2d", relu(conv2d(leaf({9, 1, 40, 41}), leaf({16, 1, 3, 3}), {}, {.padding = {1, 1, 1, 1}})));
  add("max_pool1d", max_pool1d(rows, {}));
  add("max_pool3d", max_pool3d(volume, {}));
  add("avg_pool3d", avg_pool3d(volume, {}));
  add("embedding", embedding(x, ints(3000, 700)));
  const Var q = leaf({2, 4, 300, 9}), k = leaf({2, 2, 270, 9});
  add("attention", scaled_dot_product_attention(q, k, leaf({2, 2, 270, 7}), {}, {.causal = true}));
  const RecurrentWeights cells[] = {{leaf({512, 257}), leaf({512, 128})}, {leaf({384, 257}), leaf({384, 128})}};
  const Var steps = leaf({3, 70, 257});
  add("lstm", lstm(steps, std::span(cells, 1)).y);
  add("gru", gru(steps, std::span(cells + 1, 1)).y);
  add("selective_scan", selective_scan(leaf({2, 70, 150}), rand({2, 70, 150}, 4), -1.0 * rand({150, 4}, 5),
                                       leaf({2, 70, 4}), leaf({2, 70, 4}))
                            .y);
  add("rotary_embedding", rotary_embedding(leaf({3, 300, 64})));
  add("sinusoidal_positions", sinusoidal_positions(leaf({3, 300, 64})));
  add("transposed copy", contiguous(t(x)) * 1.0);
  const Var xs[] = {x, x * 2.0, x};
  add("concat", concat(xs, 1));
  add("global_norm", global_norm(xs));
  const Var rng(Tensor::from<std::int64_t>({1, 2, 3}, {3}));
  add("dropout_mask", dropout_mask({700, 257}, 0.3, 4, rng));
  const Var lr = full({}, 0.1, DType::f64), scale = full({}, 0.5), step(Tensor::from<std::int64_t>({3}, {}));
  const auto updated = adam(x, randn({700, 257}, 1), randn({700, 257}, 2), rand({700, 257}, 3), lr, step, scale, {});
  out.emplace_back("adam", std::vector<Var>(updated.begin(), updated.end()));
  return out;
}

TEST_P(EveryOpRuns, NumberOfThreadsDoesNotChangeABitOfAnySample) {
  // Samples are small: work is divided into the smallest chunks there are, so that three threads share it.
  const OpDef& op = *GetParam();
  const int before = thread_count();
  const std::vector<Sample> samples = op.samples();
  std::vector<std::vector<Var>> wanted;
  for (const Sample& sample : samples)
    wanted.push_back(sweep::outputs_and_gradients(op, sample, sweep::draw(sample, DType::f32)));
  set_thread_count(1);
  std::vector<std::vector<Tensor>> one;
  for (const std::vector<Var>& values : wanted) one.push_back(sweep::run(values, Planning::full));
  set_thread_count(3);
  set_grain_divisor(std::int64_t{1} << 40);
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const std::vector<Tensor> many = sweep::run(wanted[s], Planning::full);
    for (std::size_t i = 0; i < many.size(); ++i)
      EXPECT_TRUE(sweep::same_bits(one[s][i], many[i])) << sweep::text(samples[s]) << ": value " << i;
  }
  set_grain_divisor(1);
  set_thread_count(before);
}

TEST(Ops, NumberOfThreadsDoesNotChangeABit) {
  const int before = thread_count();
  for (const auto& [name, wanted] : large_cases()) {
    set_thread_count(1);
    const auto one = sweep::run(wanted, Planning::full);
    for (const int threads : {2, 3}) {
      set_thread_count(threads);
      const auto many = sweep::run(wanted, Planning::full);
      for (std::size_t i = 0; i < one.size(); ++i)
        EXPECT_TRUE(sweep::same_bits(one[i], many[i])) << name << ", value " << i << ", " << threads << " threads";
    }
  }
  set_thread_count(before);
}

}  // namespace
}  // namespace neuro
