// Eigen's product, compiled once for each instruction set with `Eigen` renamed (see CMakeLists.txt).
#include <Eigen/Core>

#define NEURO_BENCH_NAME_OF(arch) eigen_product_##arch
#define NEURO_BENCH_NAME(arch) NEURO_BENCH_NAME_OF(arch)

/// c[m, n] = op(a) op(b), row-major and dense; `ta` and `tb`: the operand is stored transposed.
void NEURO_BENCH_NAME(NEURO_BENCH_ARCH)(long m, long n, long k, const float* a, bool ta, const float* b, bool tb,
                                        float* c) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using In = Eigen::Map<const Matrix>;
  Eigen::Map<Matrix> out(c, m, n);
  const In x(a, ta ? k : m, ta ? m : k), y(b, tb ? n : k, tb ? k : n);
  if (ta && tb) {
    out.noalias() = x.transpose() * y.transpose();
  } else if (ta) {
    out.noalias() = x.transpose() * y;
  } else if (tb) {
    out.noalias() = x * y.transpose();
  } else {
    out.noalias() = x * y;
  }
}
