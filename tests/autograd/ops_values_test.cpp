// Values of operations that a sweep cannot know: closed forms, limits, ties, and numbers computed by PyTorch 1.13 from
//   def v(n, a, b): return torch.tensor([math.sin(a * i + b) for i in range(n)], dtype=torch.float64)
// with the call that stands beside each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "neuro/error.h"
#include "neuro/ops.h"
#include "neuro/plan.h"

namespace neuro {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

Var v(const Shape& shape, double a, double b) {
  Tensor t = Tensor::empty(shape, DType::f64);
  for (std::int64_t i = 0; i < t.size(); ++i) t.data<double>()[i] = std::sin(a * static_cast<double>(i) + b);
  return Var(t).requires_grad();
}

Var f32(std::initializer_list<float> values, const Shape& shape) {
  return Var(Tensor::from<float>(values, shape)).requires_grad();
}
Var i64(std::initializer_list<std::int64_t> values, const Shape& shape) {
  return Var(Tensor::from<std::int64_t>(values, shape));
}

std::vector<double> values(const Var& y) {
  Replay replay({{y}});
  replay.run();
  return replay.output(0).to_vector();
}

std::vector<double> gradient(const Var& y, const Var& x) { return values(grad(sum(y), std::span(&x, 1))[0]); }

auto near(std::vector<double> wanted) { return Pointwise(::testing::DoubleNear(1e-12), std::move(wanted)); }

// --- Activations: torch.nn.functional.* of v(6, 0.37, -1.1) ---

TEST(Gelu, ErfFormEqualsPyTorch) {
  const Var x = v({2, 3}, 0.37, -1.1);
  EXPECT_THAT(values(gelu(x)), near({-0.16612904454676425, -0.16833637090025372, -0.12763469855588616,
                                     0.005039808900483994, 0.23911447990214357, 0.5127738680398085}));
  EXPECT_THAT(gradient(gelu(x), x), near({-0.052602925402865014, 0.03942635728220861, 0.23023431805809252,
                                          0.5079784466856943, 0.7827903002357521, 0.9678276612571639}));
}

TEST(Gelu, TanhFormEqualsPyTorch) {
  const Var x = v({2, 3}, 0.37, -1.1);
  EXPECT_THAT(values(gelu(x, Gelu::tanh)), near({-0.16624337915941598, -0.16838352566107734, -0.1276393440836402,
                                                 0.0050398088971934695, 0.23910882443316311, 0.5127231670952276}));
  EXPECT_THAT(gradient(gelu(x, Gelu::tanh), x), near({-0.0522554468961465, 0.0396615749660478, 0.23028474185336475,
                                                      0.5079784453695084, 0.7827323003555168, 0.9675826860377787}));
}

TEST(Mish, EqualsPyTorch) {
  const Var x = v({2, 3}, 0.37, -1.1);
  EXPECT_THAT(values(mish(x)), near({-0.2947931855933042, -0.26149205262668773, -0.1716442299042295,
                                     0.006031882475981814, 0.2649118927171188, 0.543420378139927}));
  EXPECT_THAT(gradient(mish(x), x), near({0.09992462616712633, 0.20069775432299372, 0.3763426043990928,
                                          0.6063949100224022, 0.821721695864269, 0.9621963210947054}));
}

TEST(Silu, EqualsPyTorch) {
  const Var x = v({2, 3}, 0.37, -1.1);
  EXPECT_THAT(values(silu(x)), near({-0.2592172264959664, -0.22620093705897482, -0.1454297360774972,
                                     0.00502491562544364, 0.21946673430596697, 0.4526792680216901}));
  EXPECT_THAT(gradient(silu(x), x), near({0.10703961970616373, 0.18972413498872018, 0.3274392065765804,
                                          0.5049998333391664, 0.6812937321800439, 0.8161573488699029}));
}

TEST(Silu, StaysFiniteWhereExpOverflows) {  // exp(200) = inf in f32
  EXPECT_THAT(values(silu(f32({-200, 200}, {2}))), ElementsAre(0, 200));
}

TEST(Elu, EqualsPyTorch) {  // alpha = 0.7
  const Var x = v({2, 3}, 0.37, -1.1);
  EXPECT_THAT(values(elu(x, 0.7)), near({-0.4128878301889193, -0.3406809544681015, -0.207838900074772,
                                         0.009999833334166451, 0.37092046941298257, 0.6816387600233341}));
  EXPECT_THAT(gradient(elu(x, 0.7), x), near({0.2871121698110807, 0.3593190455318985, 0.492161099925228, 1, 1, 1}));
}

TEST(Softplus, EqualsPyTorchAndDoesNotOverflow) {
  const Var x = v({2, 3}, 0.37, -1.1);
  EXPECT_THAT(values(softplus(x)), near({0.34370334515772605, 0.4143012357535018, 0.5324426543938076, 0.698159596758288,
                                         0.8957074719879873, 1.0909547430450033}));
  EXPECT_THAT(values(softplus(f32({-200, 200}, {2}))), ElementsAre(0, 200));
}

TEST(Relu, GradientIsZeroAtZero) {
  const Var x = f32({-1, 0, 2}, {3});
  EXPECT_THAT(values(relu(x)), ElementsAre(0, 0, 2));
  EXPECT_THAT(gradient(relu(x), x), ElementsAre(0, 0, 1));
}

TEST(LeakyRelu, GradientOnTheNegativeSideIsTheSlopeTimesTheIncomingGradient) {
  const Var x = f32({-1, 3}, {2});
  EXPECT_THAT(gradient(leaky_relu(x, 0.25) * 4.0, x), ElementsAre(1, 4));
  EXPECT_THAT(gradient(leaky_relu(x, -0.5), x), ElementsAre(-0.5, 1)) << "the result's sign does not tell the side";
}

TEST(Prelu, SlopeReceivesTheNegativeOperands) {
  const Var x = f32({-1, 3, -2}, {3}), slope = f32({0.25}, {1});
  EXPECT_THAT(values(prelu(x, slope)), ElementsAre(-0.25, 3, -0.5));
  EXPECT_THAT(gradient(prelu(x, slope), x), ElementsAre(0.25, 1, 0.25));
  EXPECT_THAT(gradient(prelu(x, slope), slope), ElementsAre(-3));
}

// --- Arithmetic ---

TEST(Arithmetic, ScalarsOnEitherSide) {
  const Var x = f32({1, -0.0f, 4}, {3});
  EXPECT_THAT(values(x + 1.0), ElementsAre(2, 1, 5));
  EXPECT_THAT(values(1.0 - x), ElementsAre(0, 1, -3));
  EXPECT_THAT(values(2.0 * x), ElementsAre(2, 0, 8));
  EXPECT_TRUE(std::signbit(values(2.0 * x)[1])) << "-0 keeps its sign";
  EXPECT_THAT(values(2.0 / f32({4, 8}, {2})), ElementsAre(0.5, 0.25));
  EXPECT_EQ(values(f32({5}, {1}) / 3.0)[0], static_cast<double>(5.0f / 3.0f)) << "a quotient is rounded once";
}

TEST(Powi, OfZeroToTheZerothHasNoGradient) {
  const Var x = f32({0, 2}, {2});
  EXPECT_THAT(values(powi(x, 0)), ElementsAre(1, 1));
  EXPECT_THAT(gradient(powi(x, 0), x), ElementsAre(0, 0));
  EXPECT_THAT(gradient(powi(x, 1), x), ElementsAre(1, 1));
  EXPECT_THAT(gradient(powi(x, 3), x), ElementsAre(0, 12));
}

TEST(Maximum, TiesShareTheGradient) {
  const Var a = f32({1, 2, 3}, {3}), b = f32({3, 2, 1}, {3});
  EXPECT_THAT(gradient(maximum(a, b), a), ElementsAre(0, 0.5, 1));
  EXPECT_THAT(gradient(maximum(a, b), b), ElementsAre(1, 0.5, 0));
  EXPECT_THAT(gradient(minimum(a, b), a), ElementsAre(1, 0.5, 0));
}

TEST(Abs, GradientIsZeroAtZero) {
  const Var x = f32({-2, 0, 2}, {3});
  EXPECT_THAT(gradient(abs(x), x), ElementsAre(-1, 0, 1));
}

TEST(Clamp, GradientIsOneOnTheBounds) {
  const Var x = f32({-2, -1, 0, 1, 2}, {5});
  EXPECT_THAT(values(clamp(x, -1, 1)), ElementsAre(-1, -1, 0, 1, 1));
  EXPECT_THAT(gradient(clamp(x, -1, 1), x), ElementsAre(0, 1, 1, 1, 0));
}

TEST(Where, NoGradientFlowsThroughTheBranchNotTaken) {  // log(-1) is NaN, its gradient -1
  const Var x = f32({-1, 2}, {2});
  const Var y = where(greater(x, constant(0)), x, x * 3.0);
  EXPECT_THAT(gradient(y, x), ElementsAre(3, 1));
}

// --- Reductions ---

TEST(Sum, AxesThatAreApart) {
  const Var x = reshape(arange(0, 24), {2, 3, 4});
  EXPECT_THAT(values(sum(x, std::array{0, 2})), ElementsAre(60, 92, 124));
  EXPECT_EQ(sum(x, std::array{0, 2}, KeepDim::yes).shape(), (Shape{1, 3, 1}));
  EXPECT_THAT(values(mean(x, std::array{-1, 0})), ElementsAre(7.5, 11.5, 15.5));
  EXPECT_THAT(values(sum(x)), ElementsAre(276));
  EXPECT_EQ(sum(x, std::span<const int>()).shape(), x.shape()) << "no axes: nothing is summed";
}

TEST(Mean, GradientIsOneOverTheCount) {
  const Var x = f32({1, 2, 3, 4}, {2, 2});
  EXPECT_THAT(gradient(mean(x), x), ElementsAre(0.25, 0.25, 0.25, 0.25));
  EXPECT_THROW(mean(zeros({0, 3})), Error);
}

TEST(Stddev, GivesNoGradientWhereAllElementsAreEqual) {
  const Var x = f32({2, 2, 2, 1, 2, 3}, {2, 3});
  const Var y = stddev(x, 1, KeepDim::no, 1);
  EXPECT_THAT(values(y), ElementsAre(0, 1));
  EXPECT_THAT(values(grad(sum(y), std::span(&x, 1))[0]), ElementsAre(0, 0, 0, -0.5, 0, 0.5));
}

TEST(Variance, IsBiased) { EXPECT_THAT(values(variance(f32({1, 2, 3, 4}, {4}), std::array{0})), ElementsAre(1.25)); }

TEST(Max, TiesShareTheGradientEqually) {
  const Var x = f32({1, 5, 5, 5, 2, 0}, {2, 3});
  EXPECT_THAT(values(max(x, 1)), ElementsAre(5, 5));
  const std::vector<double> g = gradient(max(x, 1), x);
  EXPECT_THAT(g, ElementsAre(0, 0.5, 0.5, 1, 0, 0));
  EXPECT_THAT(values(min(x, 0, KeepDim::yes)), ElementsAre(1, 2, 0));
  EXPECT_THAT(values(argmax(x, 1)), ElementsAre(1, 0));
  EXPECT_THAT(values(argmax(x, 0)), ElementsAre(1, 0, 0));
}

TEST(SumTo, UndoesABroadcast) {
  const Var x = reshape(arange(0, 12), {2, 2, 3});
  EXPECT_THAT(values(sum_to(x, {3})), ElementsAre(18, 22, 26));
  EXPECT_THAT(values(sum_to(x, {2, 1})), ElementsAre(24, 42));
  EXPECT_THAT(values(sum_to(x, {})), ElementsAre(66));
  EXPECT_THROW(sum_to(x, {2}), Error);
  EXPECT_THROW(sum_to(x, {1, 2, 2, 3}), Error);
}

// --- Shape ---

TEST(Shape, OperationsMoveElementsAsNumPyDoes) {
  const Var x = reshape(arange(0, 6), {2, 3});
  EXPECT_THAT(values(t(x)), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(values(reshape(t(x), {6})), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(values(slice(x, 1, 0, 3, 2)), ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(values(slice_scatter(slice(x, 1, 0, 3, 2), 1, 1, 2, 5)), ElementsAre(0, 0, 0, 2, 0, 0, 3, 0, 5, 0));
  const Var both[] = {x, x * 10.0};
  EXPECT_THAT(values(concat(both, 1)), ElementsAre(0, 1, 2, 0, 10, 20, 3, 4, 5, 30, 40, 50));
  EXPECT_THAT(values(stack(both, 2)), ElementsAre(0, 0, 1, 10, 2, 20, 3, 30, 4, 40, 5, 50));
  EXPECT_EQ(reshape(x, {3, -1}).shape(), (Shape{3, 2}));
  EXPECT_EQ(flatten(zeros({2, 3, 4}), 1).shape(), (Shape{2, 12}));
  EXPECT_EQ(unsqueeze(x, -1).shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(squeeze(unsqueeze(x, 0), 0).shape(), (Shape{2, 3}));
}

TEST(Convert, GradientComesBackInTheOperandsType) {
  const Var x = f32({1.5f, -2.5f}, {2});
  const Var y = square(convert(x, DType::f64));
  EXPECT_EQ(y.dtype(), DType::f64);
  EXPECT_EQ(grad(sum(y), std::span(&x, 1))[0].dtype(), DType::f32);
  EXPECT_THAT(gradient(y, x), ElementsAre(3, -5));
  EXPECT_THAT(values(convert(x, DType::i64)), ElementsAre(1, -2)) << "toward zero";
  EXPECT_FALSE(convert(x, DType::i64).differentiable());
}

TEST(Leaves, HaveTheirValues) {
  EXPECT_THAT(values(eye(2) + 0.0), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(arange(0, 1, 0.3).data().to_vector(), Pointwise(DoubleNear(1e-7), std::vector<double>{0, 0.3, 0.6, 0.9}));
  EXPECT_THAT(arange(3, 0, -1).data().to_vector(), ElementsAre(3, 2, 1));
  EXPECT_EQ(arange(3, 0).shape(), (Shape{0}));
  EXPECT_THAT(linspace(0, 1, 5).data().to_vector(), ElementsAre(0, 0.25, 0.5, 0.75, 1));
  EXPECT_THAT(linspace(2, 9, 1).data().to_vector(), ElementsAre(2));
  EXPECT_EQ(rand({5}, 1).data().to_vector(), rand({5}, 1).data().to_vector());
  EXPECT_NE(rand({5}, 1).data().to_vector(), rand({5}, 2).data().to_vector());
  EXPECT_THROW(arange(0, 1, 0), Error);
}

// --- Products ---

TEST(Matmul, TransposedOperandsAreReadInPlace) {
  const Var a = f32({1, 2, 3, 4, 5, 6}, {2, 3}), b = f32({1, 0, -1, 2, 1, 0}, {2, 3});
  EXPECT_THAT(values(matmul(a, t(b))), ElementsAre(-2, 4, -2, 13));
  EXPECT_THAT(values(mm_t(a, b)), ElementsAre(-2, 4, -2, 13));
  EXPECT_EQ(Replay({{matmul(t(a), b)}}).entries(), 1u) << "no copy of the transposed operand";
  EXPECT_THAT(values(mv(a, f32({1, 0, 1}, {3}))), ElementsAre(4, 10));
  EXPECT_THAT(values(vm(f32({1, -1}, {2}), a)), ElementsAre(-3, -3, -3));
  EXPECT_THAT(values(vv(f32({1, 2}, {2}), f32({3, 4}, {2}))), ElementsAre(11));
}

TEST(Matmul, LeadingAxesBroadcastAgainstEachOther) {
  const Var a = v({2, 1, 3, 4}, 0.3, 0.1), b = v({5, 4, 2}, 0.7, 0.2);
  const Var y = matmul(a, b);
  ASSERT_EQ(y.shape(), (Shape{2, 5, 3, 2}));
  const std::vector<double> got = values(y), pa = a.data().to_vector(), pb = b.data().to_vector();
  for (std::size_t i = 0, k = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      for (std::size_t m = 0; m < 3; ++m) {
        for (std::size_t n = 0; n < 2; ++n, ++k) {
          double want = 0;
          for (std::size_t q = 0; q < 4; ++q) want += pa[i * 12 + m * 4 + q] * pb[j * 8 + q * 2 + n];
          EXPECT_NEAR(got[k], want, 1e-14);
        }
      }
    }
  }
  EXPECT_EQ(grad(sum(y), std::span(&a, 1))[0].shape(), a.shape());
}

TEST(Matmul, EmptySizesGiveZerosOrNothing) {
  EXPECT_THAT(values(matmul(zeros({2, 0}), zeros({0, 2}))), ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(matmul(zeros({0, 3}), zeros({3, 2})).shape(), (Shape{0, 2}));
}

TEST(Linear, OneEntryForwardAndThreeForTheGradients) {
  const Var x = v({4, 5, 3}, 0.3, 0.1), w = v({2, 3}, 0.5, 0.2), b = v({2}, 0.9, 0);
  const Var y = linear(x, w, b);
  EXPECT_EQ(Replay({{y}}).entries(), 1u) << "leading axes are rows of one product, the bias its epilogue";
  const Var xs[] = {x, w};
  EXPECT_EQ(Replay({grad(y, xs, Var(Tensor::full(y.shape(), 0.5, DType::f64)))}).entries(), 2u);
  EXPECT_THAT(values(linear(slice(reshape(x, {20, 3}), 0, 0, 1), w, b)), ElementsAre(values(y)[0], values(y)[1]));
  EXPECT_EQ(linear(v({3}, 1, 1), w, b).shape(), (Shape{2}));
}

// --- Convolution and pooling ---

TEST(Conv2d, EqualsPyTorch) {
  // x = v(80, 0.7, 0.3).reshape(2, 2, 5, 4), w = v(36, 1.1, -0.2).reshape(3, 2, 3, 2)
  // y = conv2d(pad(x, (1, 0, 2, 1)), w, stride=(2, 1), dilation=(1, 2)); gradients of (y * y).sum()
  const Var x = v({2, 2, 5, 4}, 0.7, 0.3), w = v({3, 2, 3, 2}, 1.1, -0.2);
  const Var y = conv2d(x, w, {}, {.stride = {2, 1}, .padding = {2, 1, 1, 0}, .dilation = {1, 2}});
  ASSERT_EQ(y.shape(), (Shape{2, 3, 3, 3}));
  const std::vector<double> got = values(y);
  EXPECT_THAT(
      std::vector<double>(got.begin(), got.begin() + 9),
      near({-1.102295951869272, -2.055781297723904, -1.5390252175973833, 0.6118718194560783, -1.4189419773208256,
            -3.5387061566987486, 1.1929061262144238, 1.3036336968287208, -1.482775470846192}));
  EXPECT_THAT(std::vector<double>(got.end() - 8, got.end()),
              near({0.059551629078278136, 0.8726223986466619, -2.9540205655028533, -4.513879395761842,
                    -3.0785964907393795, -1.507469580691917, -3.8671048602296536, -4.5034849902840985}));
  const std::vector<double> gx = gradient(square(y), x), gw = gradient(square(y), w);
  EXPECT_THAT(
      std::vector<double>(gx.begin(), gx.begin() + 20),
      near({16.548603691421004, 25.064390030173577,  12.380731834298187,  -0.9147716307337026, -1.959039041833617,
            -16.40532514412633, -9.917300605300614,  -3.1357176166251084, 3.063169949530945,   23.18588772710524,
            19.8484898456504,   15.545305200273237,  4.700611098124442,   -8.559215762884836,  -12.051522531125391,
            -9.799769206741598, -15.633658852907303, -8.957882427129134,  -2.131211507613392,  3.661849510855753}));
  EXPECT_THAT(std::vector<double>(gw.begin(), gw.begin() + 12),
              near({-15.355114798867092, -8.46080156030681, 11.43441522066482, 14.814565400680197, -12.556573526132851,
                    -35.973898138962326, -11.070154607637908, 19.077656913359597, 15.111220103744806,
                    -14.232108220984728, -30.505169930663477, 6.857030963237888}));
}

TEST(Conv2d, BiasIsAddedOnceAChannel) {
  const Var y = conv2d(ones({1, 1, 2, 2}), ones({2, 1, 1, 1}), f32({10, 20}, {2}));
  EXPECT_THAT(values(y), ElementsAre(11, 11, 11, 11, 21, 21, 21, 21));
  EXPECT_EQ(Replay({{y}}).entries(), 1u) << "the bias is the product's epilogue";
}

TEST(Pool2d, EqualsPyTorch) {  // max_pool2d(x, 3, 2, 1) and avg_pool2d(x, 3, 2, 1) of the same x, the first plane
  const Var x = v({2, 2, 5, 4}, 0.7, 0.3);
  const Pool2dOptions options{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}};
  const std::vector<double> largest = values(max_pool2d(x, options)), average = values(avg_pool2d(x, options));
  ASSERT_EQ(largest.size(), 24u);
  EXPECT_THAT(std::vector<double>(largest.begin(), largest.begin() + 6),
              near({0.8414709848078965, 0.9916648104524686, 0.6629692300821833, 0.9893582466233819, 0.6629692300821833,
                    0.8591618148564958}));
  EXPECT_THAT(std::vector<double>(average.begin(), average.begin() + 6),
              near({0.06296821810664534, 0.003972923498171872, 0.006125791745472676, -0.21141532078540684,
                    -0.060659644598857344, -0.08364716463873952}));
}

// --- Probabilities ---

TEST(Softmax, EqualsPyTorchOnEitherAxis) {
  const Var x = v({2, 3}, 0.37, -1.1);
  EXPECT_THAT(values(softmax(x, 0)), near({0.28880248195012403, 0.2615766197731608, 0.2623261923867036,
                                           0.7111975180498761, 0.7384233802268392, 0.7376738076132964}));
  EXPECT_THAT(values(log_softmax(x, 1)), near({-1.377674992230844, -1.1533372671731064, -0.8387418654444986,
                                               -1.479805741175031, -1.1188851050962147, -0.8081668144858631}));
  EXPECT_THAT(values(softmax(f32({1000, 1000, -1000}, {3}))), ElementsAre(0.5, 0.5, 0));
}

TEST(CrossEntropy, EqualsPyTorch) {  // cross_entropy(x, [2, 0], reduction='none')
  const Var x = v({2, 3}, 0.37, -1.1);
  const Var y = cross_entropy(x, i64({2, 0}, {2}));
  EXPECT_THAT(values(y), near({0.8387418654444986, 1.479805741175031}));
  EXPECT_THAT(gradient(y, x), near({0.252164155651664, 0.3155818291705729, -0.567745984822237, -0.7723180866909212,
                                    0.3266437651600202, 0.445674321530901}));
}

TEST(CrossEntropy, IgnoredRowsCountNothing) {
  const Var x = v({2, 3}, 0.37, -1.1);
  const Var y = cross_entropy(x, i64({-100, 1}, {2}));
  EXPECT_EQ(values(y)[0], 0);
  const std::vector<double> g = gradient(y, x);
  EXPECT_THAT(std::vector<double>(g.begin(), g.begin() + 3), ElementsAre(0, 0, 0));
}

TEST(CrossEntropy, TargetOutOfRangeIsAnError) {
  Replay replay({{cross_entropy(zeros({3, 4}), i64({0, 4, 9}, {3}))}});
  try {
    replay.run();
    FAIL() << "a target of 4 among 4 classes went unnoticed";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::index);
    EXPECT_THAT(e.what(), HasSubstr("cross_entropy: index 4 at position 1 is outside [0, 4)"));
  }
}

TEST(LayerNorm, EqualsPyTorch) {  // layer_norm(x, (3,), w, b, 1e-5), gradients of (y * y).sum()
  const Var x = v({2, 3}, 0.37, -1.1), w = v({3}, 0.9, 0.2), b = v({3}, 1.3, 0.4);
  const Var y = layer_norm(x, w, b), s = square(y);
  EXPECT_THAT(values(y), near({0.16077222789252316, 0.8703769783648423, 1.3113691264866725, 0.14028514337892772,
                               1.0460009068771707, 1.2259484545426227}));
  EXPECT_THAT(gradient(s, x), near({-0.9102687956334563, 1.5575695501676847, -0.6473007545342249, -0.7189831044529096,
                                    1.552976318059742, -0.8339932136068299}));
  EXPECT_THAT(gradient(s, w), near({-0.7218993637214113, -0.1093584565214707, 6.300627797029329}));
  EXPECT_THAT(gradient(s, b), near({0.6021147425429018, 3.832755770484026, 5.07463516205859}));
}

// --- Indexing, randomness ---

TEST(Embedding, RepeatedRowsAddUpAndThePaddingRowReceivesNothing) {
  const Var table = f32({1, 2, 3, 4, 5, 6}, {3, 2});
  const Var y = embedding(table, i64({2, 0, 2, 1}, {2, 2}), /*padding_index=*/1);
  EXPECT_EQ(y.shape(), (Shape{2, 2, 2}));
  EXPECT_THAT(values(y), ElementsAre(5, 6, 1, 2, 5, 6, 3, 4));
  EXPECT_THAT(gradient(y, table), ElementsAre(1, 1, 0, 0, 2, 2));
}

TEST(Embedding, IndexOutOfRangeIsAnErrorInBothDirections) {
  const Var table = f32({1, 2, 3, 4, 5, 6}, {3, 2}), index = i64({0, -1}, {2});
  Replay forward({{embedding(table, index)}}), backward({grad(sum(embedding(table, index)), std::span(&table, 1))});
  EXPECT_THROW(forward.run(), Error);
  EXPECT_THROW(backward.run(), Error);
}

TEST(DropoutMask, DependsOnSeedStepStreamAndRowOnly) {
  const auto mask = [](std::int64_t seed, std::int64_t step, std::int64_t row, std::int64_t stream, std::int64_t rows) {
    return values(dropout_mask({rows, 5}, 0.4, stream, i64({seed, step, row}, {3})));
  };
  const std::vector<double> whole = mask(1, 2, 0, 3, 40);
  for (const double m : whole) EXPECT_TRUE(m == 0 || m == static_cast<double>(static_cast<float>(1 / 0.6))) << m;
  EXPECT_EQ(mask(1, 2, 10, 3, 30), std::vector<double>(whole.begin() + 50, whole.end())) << "a part draws its rows";
  EXPECT_NE(mask(1, 3, 0, 3, 40), whole);
  EXPECT_NE(mask(1, 2, 0, 4, 40), whole);
  EXPECT_NE(mask(2, 2, 0, 3, 40), whole);
}

// --- Optimizer steps: three steps on sum(q^3), q = v(4, 0.5, 0.1), lr = 0.1 ---

struct Trained {
  Var q = v({4}, 0.5, 0.1), m{Tensor::zeros({4}, DType::f64)}, u{Tensor::zeros({4}, DType::f64)};
  Var lr = full({}, 0.1, DType::f64), scale = full({}, 1, DType::f64);
  Var step{Tensor::from<std::int64_t>({1}, {})};
  Var gradient() const { return grad(sum(powi(q, 3)), std::span(&q, 1))[0]; }
  std::vector<double> after_three(const std::vector<Assign>& assigns) const {
    Replay replay({{}, assigns});
    for (int i = 1; i <= 3; ++i) {
      step.data().data<std::int64_t>()[0] = i;
      replay.run();
    }
    return q.data().to_vector();
  }
};

TEST(Adam, EqualsPyTorch) {  // torch.optim.Adam([q], lr=0.1, weight_decay=0.01)
  const Trained s;
  const auto [q, m, u] = adam(s.q, s.gradient(), s.m, s.u, s.lr, s.step, s.scale, {.l2 = 0.01});
  EXPECT_THAT(s.after_three({{s.q, q}, {s.m, m}, {s.u, u}}),
              near({-0.13954873422075584, 0.27531884626216657, 0.5961887893771434, 0.7037192585752917}));
}

TEST(Adam, DecoupledDecayEqualsPyTorch) {  // torch.optim.AdamW([q], lr=0.1, weight_decay=0.05)
  const Trained s;
  const auto [q, m, u] = adam(s.q, s.gradient(), s.m, s.u, s.lr, s.step, s.scale, {.decay = 0.05});
  EXPECT_THAT(s.after_three({{s.q, q}, {s.m, m}, {s.u, u}}),
              near({-0.1410856704228498, 0.26892652812423695, 0.5847468876209392, 0.6906280307380555}));
}

TEST(Sgd, NesterovMomentum) {
  // v starts at 0 (autograd.md, section 6), so that without dampening the first step equals PyTorch's:
  // torch.optim.SGD([q], lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True)
  const Trained s;
  const auto [q, m] = sgd(s.q, s.gradient(), s.m, s.lr, s.scale, {.momentum = 0.9, .l2 = 0.01, .nesterov = true});
  EXPECT_THAT(s.after_three({{s.q, q}, {s.m, m}}),
              near({0.07737079732003148, 0.08617468398795815, -0.09798952631951327, -0.18861545931040918}));
}

TEST(GlobalNorm, SpansAllGradients) {
  const Var xs[] = {f32({3, 0}, {2}), f32({4}, {1, 1})};
  EXPECT_THAT(values(global_norm(xs)), ElementsAre(5));
}

// --- Errors name the operation, the shapes and the axis ---

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(OpErrors, SayWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(
      message([] {
        matmul(zeros({32, 768}), zeros({512, 768}));
      }),
      "matmul: inner sizes differ: a is [32, 768], b is [512, 768]; a's axis 1 (768) must equal b's axis 0 (512). "
      "Did you mean matmul(a, b, Trans::no, Trans::yes)?");
  EXPECT_EQ(
      message([] {
        add(zeros({2, 3}), zeros({4}));
      }),
      "add: shapes [2, 3] and [4] do not broadcast: axis -1 has sizes 3 and 4; they must be equal, or one of them "
      "1");
  EXPECT_THAT(message([] { add(zeros({2}), zeros({2}, DType::f64)); }), HasSubstr("add: operands are f32 and f64"));
  EXPECT_THAT(message([] { exp(zeros({2}, DType::i64)); }), HasSubstr("exp: operand 0 must be f32 or f64, got i64"));
  EXPECT_THAT(message([] { sum(zeros({2, 3}), 2); }), HasSubstr("sum: axis 2 is out of range for rank 2"));
  EXPECT_THAT(message([] { sum(zeros({2, 3}), std::array{0, -2}); }), HasSubstr("sum: axis -2 is given twice"));
  EXPECT_THAT(message([] { max(zeros({2, 0}), 1); }), HasSubstr("max: axis 1 of [2, 0] has no elements"));
  EXPECT_THAT(message([] { reshape(zeros({2, 3}), {4, -1}); }), HasSubstr("reshape: the size -1 cannot be found"));
  EXPECT_THAT(message([] { reshape(zeros({2, 3}), {4}); }), HasSubstr("reshape: shape [2, 3] has 6 elements"));
  EXPECT_THAT(message([] {
                slice(zeros({2, 3}), 1, 2, 5);
              }),
              HasSubstr("slice: [2 : 5 : 1] does not fit axis 1 of [2, 3]"));
  EXPECT_THAT(message([] { broadcast_to(zeros({2, 3}), {2, 4}); }), HasSubstr("axis -1 disagrees"));
  EXPECT_THAT(message([] { linear(zeros({4, 3}), zeros({2, 5})); }), HasSubstr("must have size 5"));
  EXPECT_THAT(message([] { linear(zeros({4, 5}), zeros({2, 5}), zeros({3})); }), HasSubstr("bias must have shape [2]"));
  EXPECT_THAT(message([] { conv2d(zeros({1, 3, 8, 8}), zeros({4, 2, 3, 3})); }), HasSubstr("weight's axis 1 (2)"));
  EXPECT_THAT(message([] { conv2d(zeros({1, 1, 2, 2}), zeros({1, 1, 3, 3})); }), HasSubstr("larger than axis 2"));
  EXPECT_THAT(message([] {
                max_pool2d(zeros({1, 1, 4, 4}), {.padding = {2, 0, 0, 0}});
              }),
              HasSubstr("half the kernel"));
  EXPECT_THAT(message([] { layer_norm(zeros({2, 3}), zeros({3}), {}); }), HasSubstr("weight and bias, or neither"));
  EXPECT_THAT(message([] {
                layer_norm(zeros({2, 3}), zeros({2}), zeros({3}));
              }),
              HasSubstr("weight must have shape [3]"));
  EXPECT_THAT(message([] { cross_entropy(zeros({2, 3}), zeros({2})); }), HasSubstr("target must be i64, got f32"));
  EXPECT_THAT(message([] { embedding(zeros({2, 3}), zeros({2})); }), HasSubstr("index must be i64"));
  EXPECT_THAT(message([] {
                concat(std::array{zeros({2, 3}), zeros({3, 3})}, 1);
              }),
              HasSubstr("only axis 1 may differ"));
  EXPECT_THAT(message([] { permute(zeros({2, 3}), std::array{0, 0}); }), HasSubstr("given twice"));
  EXPECT_THAT(message([] { clamp(zeros({2}), 1, -1); }), HasSubstr("clamp: lo 1 is not at most hi -1"));
}

}  // namespace
}  // namespace neuro
