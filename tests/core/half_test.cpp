#include "neuro/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "neuro/tensor.h"

namespace neuro {
namespace {

struct Row {
  std::uint32_t f32;
  std::uint16_t bf16, f16;
};

// torch.tensor(...).to(torch.bfloat16) and .to(torch.float16), PyTorch 1.13: halves between neighbours, overflow,
// subnormal numbers, infinities.
const Row kTorch[] = {
    {0x00000000, 0x0000, 0x0000}, {0x80000000, 0x8000, 0x8000}, {0x3f800000, 0x3f80, 0x3c00},
    {0xbf800000, 0xbf80, 0xbc00}, {0x3f808000, 0x3f80, 0x3c04}, {0x3f818000, 0x3f82, 0x3c0c},
    {0x3f808001, 0x3f81, 0x3c04}, {0x40490fdb, 0x4049, 0x4248}, {0xc02df84d, 0xc02e, 0xc170},
    {0x3dcccccd, 0x3dcd, 0x2e66}, {0x477fe000, 0x4780, 0x7bff}, {0x7f7f0000, 0x7f7f, 0x7c00},
    {0x7f7f8000, 0x7f80, 0x7c00}, {0x7f7fffff, 0x7f80, 0x7c00}, {0x000116c2, 0x0001, 0x0000},
    {0x00010075, 0x0001, 0x0000}, {0x0000803b, 0x0001, 0x0000}, {0x00000001, 0x0000, 0x0000},
    {0x7f800000, 0x7f80, 0x7c00}, {0xff800000, 0xff80, 0xfc00}, {0x006ce3ee, 0x006d, 0x0000},
    {0x47f12065, 0x47f1, 0x7c00}, {0x00010000, 0x0001, 0x0000}, {0x00008000, 0x0000, 0x0000},
    {0x0000c000, 0x0001, 0x0000},
};

TEST(Half, RoundsAsPyTorchDoes) {
  for (const Row& row : kTorch) {
    const auto x = std::bit_cast<float>(row.f32);
    EXPECT_EQ(bf16(x).bits, row.bf16) << x;
    EXPECT_EQ(f16_of_f32(x), row.f16) << x;
  }
}

TEST(Half, EveryBf16SurvivesTheWayThroughF32) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    bf16 x;
    x.bits = static_cast<std::uint16_t>(bits);
    const auto wide = static_cast<float>(x);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(wide), bits << 16);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(static_cast<float>(bf16(wide)))) << bits;
    } else {
      EXPECT_EQ(bf16(wide).bits, bits);
    }
  }
}

TEST(Half, EveryF16IsItsDefinitionAndSurvivesTheWayThroughF32) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31u), fraction = static_cast<int>(bits & 0x3ffu);
    double magnitude = std::ldexp(exponent == 0 ? fraction : 1024 + fraction, exponent == 0 ? -24 : exponent - 25);
    if (exponent == 31) {
      magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }
    const float wide = f32_of_f16(static_cast<std::uint16_t>(bits));
    if (std::isnan(magnitude)) {
      EXPECT_TRUE(std::isnan(wide)) << bits;
      EXPECT_TRUE(std::isnan(f32_of_f16(f16_of_f32(wide)))) << bits;
    } else {
      EXPECT_EQ(static_cast<double>(wide), (bits & 0x8000u) != 0 ? -magnitude : magnitude) << bits;
      EXPECT_EQ(f16_of_f32(wide), bits);
    }
  }
}

/// The f16 nearest to x by looking at all of them.
std::uint16_t nearest_f16(double x) {
  std::uint16_t best = 0;
  double error = x;
  for (std::uint16_t bits = 1; bits < 0x7c00; ++bits) {
    const double e = std::abs(static_cast<double>(f32_of_f16(bits)) - x);
    if (e < error || (e == error && bits % 2 == 0)) {
      best = bits;
      error = e;
    }
  }
  return best;
}

TEST(Half, F16IsTheNearestWithTiesToEven) {
  for (const float x : {1e-8f, 0x1p-25f, 0x1.8p-24f, 3.1e-5f, 6.1e-5f, 6.103e-5f, 0.3333333f, 1.00048828125f, 2049.f,
                        2051.f, 12345.678f, 65503.f, 65519.f}) {
    EXPECT_EQ(f16_of_f32(x), nearest_f16(static_cast<double>(x))) << x;
  }
  EXPECT_EQ(f16_of_f32(65520.f), 0x7c00) << "the first that rounds to infinity";
}

TEST(Half, TensorsConvertToAndFromBf16) {
  const Tensor x = Tensor::from<float>({1.f, -2.5f, 3.14159274f, 1e30f, -0.f, 300.f}, {2, 3}),
               narrow = x.to(DType::bf16);
  EXPECT_EQ(narrow.bytes(), 12u);
  EXPECT_EQ(narrow.to_vector(),
            (std::vector<double>{1, -2.5, 3.140625, static_cast<double>(static_cast<float>(bf16(1e30f))), 0, 300}));
  EXPECT_EQ(narrow.to(DType::f32).to_vector(), narrow.to_vector());
  EXPECT_EQ(narrow.to(DType::i64).to_vector()[1], -2);
  EXPECT_EQ(Tensor::full({2}, 0.1, DType::bf16).to_vector()[1], 0.10009765625);
  EXPECT_EQ(narrow.clone().text(), narrow.to(DType::f64).text());
}

}  // namespace
}  // namespace neuro
