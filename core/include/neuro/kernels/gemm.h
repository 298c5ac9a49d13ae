#pragma once
// Packed matrix products.
#include <cstddef>
#include <cstdint>

#include "neuro/half.h"
#include "neuro/kernels/exec.h"

namespace neuro {
/// Whether an operand of a product is read transposed.
enum class Trans : std::uint8_t { no, yes };
}  // namespace neuro

namespace neuro::kernels {

/// What is done to finished parts of the result while they are in cache. Called with ranges [begin, end) of flat
/// row-major indices into one C of the batch (`batch` is its number), each element exactly once, after its sum over
/// all of K is complete, by the worker that computed it.
struct Epilogue {
  void (*run)(const void* context, std::int64_t batch, std::int64_t begin, std::int64_t end,
              int worker) noexcept = nullptr;
  const void* context = nullptr;
};

/// C = op(A) op(B), or C += op(A) op(B), for each of `batch` problems; then the epilogue. Row-major.
///
/// op(A) is [M, K]: element (i, k) is a[i * lda + k], or a[k * lda + i] when ta is yes.
/// op(B) is [K, N]: element (k, j) is b[k * ldb + j], or b[j * ldb + k] when tb is yes.
/// C is [M, N] with rows ldc apart. With an epilogue ldc must be N.
/// Any of M, N, K, batch may be 0 (K == 0 gives zeros). Strides between problems may be 0 (a shared operand).
///
/// error: |c - exact| <= (K + 2) eps sum_k |a_ik b_kj| per element (dot-product bound, Higham 2002, section 3.1).
/// Each element is summed in an order that depends on M, N, K, ta, tb and the table only, never on threads, on its
/// neighbours or on the epilogue.
template <class T>
struct GemmArgs {
  std::int64_t M = 0, N = 0, K = 0;
  const T* a = nullptr;
  std::int64_t lda = 0;
  Trans ta = Trans::no;
  const T* b = nullptr;
  std::int64_t ldb = 0;
  Trans tb = Trans::no;
  T* c = nullptr;
  std::int64_t ldc = 0;
  bool accumulate = false;
  std::int64_t batch = 1;
  std::int64_t batch_a = 0, batch_b = 0, batch_c = 0;  ///< elements between problems
  Epilogue epilogue;
};

/// Bytes of scratch per worker for problems of this size (packing buffers): at most 0.6 MiB.
template <class T>
std::size_t gemm_scratch(const Table& table, std::int64_t M, std::int64_t N, std::int64_t K, Trans ta, Trans tb);

/// Computes; uses the worker pool when the work pays for it (about 0.6 MFLOP).
template <class T>
void gemm(const Exec& exec, const GemmArgs<T>& args) noexcept;

/// The same with one or both operands stored as bf16: `a` and `b` stand for those of args when they are not null. Each
/// is widened to f32, block by block while it is in cache; products and sums are those of f32, so the bound above holds
/// for the stored values. Blocks, and so the order of the sums, depend on the sizes only.
std::size_t gemm_bf16_scratch(const Table& table, std::int64_t M, std::int64_t N, std::int64_t K);
void gemm_bf16(const Exec& exec, const GemmArgs<float>& args, const bf16* a, const bf16* b) noexcept;

}  // namespace neuro::kernels
