#include "elementwise_cases.h"

#include <gtest/gtest.h>

#include <vector>

#include "neuro/kernels/table.h"

namespace neuro::kernels {
namespace {

struct Sample {
  std::vector<std::vector<float>> in;
  std::vector<const void*> pointers;
  Sample(const Elementwise& e, const Case& c, std::int64_t n) : in(static_cast<std::size_t>(e.arity)) {
    for (std::size_t k = 0; k < in.size(); ++k) {
      for (std::int64_t i = 0; i < n; ++i) {
        const auto step = static_cast<double>((i * (k == 0 ? 1 : 7919)) % n);
        in[k].push_back(static_cast<float>(c.lo + (c.hi - c.lo) * step / static_cast<double>(n - 1)));
      }
      pointers.push_back(in[k].data());
    }
  }
};

TEST(ElementwiseAccuracy, EveryKernelWithNumbersHasABound) {
  for (const Elementwise& e : table().elementwise) {
    if (e.f32 == nullptr || e.mask_output || e.mask_input >= 0) continue;
    EXPECT_NE(find_case(e.name), nullptr) << e.name;
  }
}

TEST(ElementwiseAccuracy, F32StaysWithinItsDocumentedBound) {
  for (const Table* t : supported_tables()) {
    for (const Elementwise& e : t->elementwise) {
      const Case* c = find_case(e.name);
      if (c == nullptr) continue;
      const std::int64_t n = 20011;
      const Sample sample(e, *c, n);
      std::vector<float> out(n);
      e.f32(sample.pointers.data(), out.data(), n, c->attrs.data());
      double worst = 0, at = 0;
      for (std::size_t i = 0; i < n; ++i) {
        double x[3] = {};
        for (std::size_t k = 0; k < sample.in.size(); ++k) x[k] = sample.in[k][i];
        const double exact = c->exact(x, c->attrs.data());
        const double scale = c->scale == nullptr ? exact : c->scale(x, c->attrs.data());
        const double error = ulp_error(out[i], exact, scale);
        if (!(error <= worst)) {
          worst = error;
          at = x[0];
        }
      }
      EXPECT_LE(worst, c->ulp) << t->name << " " << e.name << "(" << at << ")";
    }
  }
}

TEST(ElementwiseAccuracy, F64AgreesWithTheDefinition) {
  for (const Elementwise& e : table().elementwise) {
    const Case* c = find_case(e.name);
    if (c == nullptr) continue;
    const std::int64_t n = 1001;
    std::vector<std::vector<double>> in(static_cast<std::size_t>(e.arity));
    std::vector<const void*> pointers;
    const Sample sample(e, *c, n);
    for (std::size_t k = 0; k < in.size(); ++k) {
      in[k].assign(sample.in[k].begin(), sample.in[k].end());
      pointers.push_back(in[k].data());
    }
    std::vector<double> out(n);
    e.f64(pointers.data(), out.data(), n, c->attrs.data());
    for (std::size_t i = 0; i < n; ++i) {
      double x[3] = {};
      for (std::size_t k = 0; k < in.size(); ++k) x[k] = in[k][i];
      // The reference is rounded too; 1e-13 is 450 units of f64, and far below what f32 could hide.
      const double exact = c->exact(x, c->attrs.data());
      const double scale = std::abs(c->scale == nullptr ? exact : c->scale(x, c->attrs.data()));
      if (out[i] == exact) continue;
      EXPECT_LE(std::abs(out[i] - exact), 1e-13 * scale) << e.name << "(" << x[0] << ", " << x[1] << ")";
    }
  }
}

}  // namespace
}  // namespace neuro::kernels
