// Matrix products: chooses the kernel and the blocks, and divides large work over the worker pool.
#include "neuro/kernels/gemm.h"

#include <algorithm>

#include "neuro/parallel.h"
#include "serial_gemm.h"

namespace neuro::kernels {
namespace {

/// Multiply-adds below which handing work to another thread costs more than it saves (about 5 us of one core).
constexpr std::int64_t kSerialWork = 300'000;

/// Decides how a product is computed, from its sizes alone: the order of its sums must not depend on anything else.
template <class T>
GemmFn<T> choose(const GemmKernels<T>& kernels, GemmPart<T>& p) {
  const bool rows_meet = p.a_col == 1 && p.b_row == 1 && p.k >= 2 * kernels.vector;  // both contiguous along K
  if (rows_meet && std::min(p.m, p.n) <= kFewRows) return kernels.dots;
  p.k_blocks = gemm_k_blocks(p.k);
  // B is not worth packing when few row blocks read it, or when it fits L1 and L2 beside A as it is.
  p.b_in_place = p.b_col == 1 && (p.m <= 2 * kernels.tile_rows || p.k * p.n <= 24 * 1024);
  p.block_n = p.b_in_place ? p.n : gemm_block_n(kernels, p.n, p.k);
  const std::int64_t edge = p.n & (kernels.tile_cols - 1);
  p.dot_edge = rows_meet && edge > 0 && edge <= kFewRows;
  if (p.m <= kFewRows && p.b_col == 1 && p.n >= 4 * kernels.vector) return kernels.few_rows;
  return kernels.product;
}

/// How a result is cut into parts_m x parts_n rectangles for `threads` workers.
struct Grid {
  std::int64_t parts_m, parts_n;
};

/// The grid of at most `threads` parts whose largest part costs least: its tiles, and packing B for its columns.
template <class T>
Grid choose_grid(const GemmKernels<T>& kernels, std::int64_t m, std::int64_t n, int threads) {
  const std::int64_t rows = (m + kernels.tile_rows - 1) / kernels.tile_rows;
  const std::int64_t cols = (n + kernels.tile_cols - 1) / kernels.tile_cols;
  Grid best{1, 1};
  std::int64_t best_cost = INT64_MAX;
  for (std::int64_t parts_n = 1; parts_n <= std::min<std::int64_t>(threads, cols); ++parts_n) {
    const std::int64_t parts_m = std::min(threads / parts_n, rows);
    const std::int64_t part_rows = (rows + parts_m - 1) / parts_m, part_cols = (cols + parts_n - 1) / parts_n;
    const std::int64_t cost = (part_rows * 8 + 1) * part_cols;  // packing a panel costs about 1/8 of a row of tiles
    if (cost < best_cost) {
      best_cost = cost;
      best = {parts_m, parts_n};
    }
  }
  return best;
}

/// Part [index / parts, (index + 1) / parts) of n, cut at multiples of `unit`.
struct Range {
  std::int64_t begin, end;
};
Range slice(std::int64_t n, std::int64_t unit, std::int64_t parts, std::int64_t index) {
  const std::int64_t units = (n + unit - 1) / unit;
  return {std::min(n, units * index / parts * unit), std::min(n, units * (index + 1) / parts * unit)};
}

/// The whole of problem 0 as one part.
template <class T>
GemmPart<T> whole(const GemmArgs<T>& g, T* pack) {
  GemmPart<T> p;
  p.m = g.M;
  p.n = g.N;
  p.k = g.K;
  p.a = g.a;
  p.a_row = g.ta == Trans::no ? g.lda : 1;
  p.a_col = g.ta == Trans::no ? 1 : g.lda;
  p.b = g.b;
  p.b_row = g.tb == Trans::no ? g.ldb : 1;
  p.b_col = g.tb == Trans::no ? 1 : g.ldb;
  p.c = g.c;
  p.ldc = g.ldc;
  p.accumulate = g.accumulate;
  p.pack = pack;
  p.epilogue = g.epilogue;
  p.origin = 0;
  p.worker = 0;
  return p;
}

/// Runs problems [begin, end) of a batch; `p` describes its problem 0.
template <class T>
void run_problems(GemmFn<T> kernel, GemmPart<T> p, const GemmArgs<T>& g, std::int64_t begin, std::int64_t end) {
  p.a += begin * g.batch_a;
  p.b += begin * g.batch_b;
  p.c += begin * g.batch_c;
  for (p.batch = begin; p.batch < end; ++p.batch) {
    kernel(p);
    p.a += g.batch_a;
    p.b += g.batch_b;
    p.c += g.batch_c;
  }
}

}  // namespace

template <class T>
std::size_t gemm_scratch(const Table& table, std::int64_t /*M*/, std::int64_t N, std::int64_t K, Trans /*ta*/,
                         Trans /*tb*/) {
  return static_cast<std::size_t>(gemm_pack_elements(gemm_kernels_of<T>(table), N, K)) * sizeof(T);
}

template <class T>
void serial_gemm(const GemmKernels<T>& kernels, const GemmArgs<T>& g, T* pack) noexcept {
  if (g.M == 0 || g.N == 0) return;
  if (g.M * g.N * g.K <= kTinyWork) return kernels.tiny(g);
  GemmPart<T> p = whole(g, pack);
  const GemmFn<T> kernel = choose(kernels, p);
  p.batch = 0;
  kernel(p);
}

template <class T>
void gemm(const Exec& exec, const GemmArgs<T>& g) noexcept {
  if (g.M == 0 || g.N == 0) return;
  const GemmKernels<T>& kernels = gemm_kernels_of<T>(*exec.table);
  const std::int64_t work = g.M * g.N * g.K;
  if (work <= kTinyWork) return kernels.tiny(g);
  GemmPart<T> p = whole(g, reinterpret_cast<T*>(exec.scratch));
  const GemmFn<T> kernel = choose(kernels, p);

  if (work * g.batch < 2 * grain(kSerialWork) || thread_count() == 1) return run_problems(kernel, p, g, 0, g.batch);
  const int threads = static_cast<int>(std::min<std::int64_t>(thread_count(), work * g.batch / grain(kSerialWork)));
  if (g.batch >= threads) {  // whole problems; a few chunks a thread even out what the machine does meanwhile
    const std::int64_t chunks = std::min<std::int64_t>(g.batch, 4 * threads);
    parallel_for(chunks, [&](std::int64_t chunk, int worker) {
      GemmPart<T> mine = p;
      mine.worker = worker;
      mine.pack = reinterpret_cast<T*>(exec.of(worker));
      const Range problems = slice(g.batch, 1, chunks, chunk);
      run_problems(kernel, mine, g, problems.begin, problems.end);
    });
    return;
  }
  const Grid grid = choose_grid(kernels, g.M, g.N, threads);
  const std::int64_t parts = grid.parts_m * grid.parts_n;
  parallel_for(g.batch * parts, [&](std::int64_t chunk, int worker) {
    const std::int64_t part = chunk % parts;
    const Range rows = slice(g.M, kernels.tile_rows, grid.parts_m, part / grid.parts_n);
    const Range cols = slice(g.N, kernels.tile_cols, grid.parts_n, part % grid.parts_n);
    GemmPart<T> mine = p;
    mine.m = rows.end - rows.begin;
    mine.n = cols.end - cols.begin;
    mine.a += rows.begin * p.a_row;
    mine.b += cols.begin * p.b_col;
    mine.c += rows.begin * g.ldc + cols.begin;
    mine.origin = rows.begin * g.ldc + cols.begin;
    mine.worker = worker;
    mine.pack = reinterpret_cast<T*>(exec.of(worker));
    run_problems(kernel, mine, g, chunk / parts, chunk / parts + 1);
  });
}

// --- bf16 ---

namespace {

// A block of A is then at most 256 KiB of f32 and one of B 512 KiB; widening costs each element 1 / 128 of its
// products.
constexpr std::int64_t kWideRows = 128, kWideCols = 256;

std::int64_t wide_a(std::int64_t m, std::int64_t k) {
  return (std::min(m, kWideRows) * gemm_block_k(k) + 15) / 16 * 16;
}
std::int64_t wide_b(std::int64_t n, std::int64_t k) {
  return (std::min(n, kWideCols) * gemm_block_k(k) + 15) / 16 * 16;
}

/// A block of an operand in f32: the f32 operand itself, or the bf16 one's `rows` of `cols` elements, widened into
/// `to`.
struct Block {
  const float* data;
  std::int64_t ld;
};
Block widen(const float* f32, const bf16* stored, std::int64_t ld, std::int64_t at, std::int64_t rows,
            std::int64_t cols, float* to) {
  if (stored == nullptr) return {f32 + at, ld};
  for (std::int64_t i = 0; i < rows; ++i) {
    const bf16* from = stored + at + i * ld;
    for (std::int64_t j = 0; j < cols; ++j) to[i * cols + j] = static_cast<float>(from[j]);
  }
  return {to, cols};
}

}  // namespace

std::size_t gemm_bf16_scratch(const Table& table, std::int64_t M, std::int64_t N, std::int64_t K) {
  const std::int64_t pack = gemm_pack_elements(gemm_kernels_of<float>(table), std::min(N, kWideCols), gemm_block_k(K));
  return static_cast<std::size_t>(wide_a(M, K) + wide_b(N, K) + pack) * sizeof(float);
}

void gemm_bf16(const Exec& exec, const GemmArgs<float>& g, const bf16* a, const bf16* b) noexcept {
  if (g.M == 0 || g.N == 0) return;
  if (g.K == 0) return gemm(exec, g);  // reads neither operand
  const GemmKernels<float>& kernels = gemm_kernels_of<float>(*exec.table);
  const std::int64_t blocks_m = (g.M + kWideRows - 1) / kWideRows, blocks_n = (g.N + kWideCols - 1) / kWideCols;
  const std::int64_t blocks_k = gemm_k_blocks(g.K), chunks = g.batch * blocks_m * blocks_n;
  const auto run = [&](std::int64_t chunk, int worker) {
    const std::int64_t batch = chunk / (blocks_m * blocks_n), i0 = chunk / blocks_n % blocks_m * kWideRows,
                       j0 = chunk % blocks_n * kWideCols;
    auto* scratch = reinterpret_cast<float*>(exec.of(worker));
    GemmPart<float> p;
    p.m = std::min(kWideRows, g.M - i0);
    p.n = std::min(kWideCols, g.N - j0);
    p.c = g.c + batch * g.batch_c + i0 * g.ldc + j0;
    p.ldc = g.ldc;
    p.pack = scratch + wide_a(g.M, g.K) + wide_b(g.N, g.K);
    p.batch = batch;
    p.origin = i0 * g.ldc + j0;
    p.worker = worker;
    for (std::int64_t block = 0; block < blocks_k; ++block) {
      const std::int64_t k0 = part_begin(g.K, blocks_k, block);
      p.k = part_begin(g.K, blocks_k, block + 1) - k0;
      const bool a_rows = g.ta == Trans::no, b_rows = g.tb == Trans::no;
      const Block wide_of_a = widen(g.a, a, g.lda, batch * g.batch_a + (a_rows ? i0 * g.lda + k0 : k0 * g.lda + i0),
                                    a_rows ? p.m : p.k, a_rows ? p.k : p.m, scratch);
      const Block wide_of_b = widen(g.b, b, g.ldb, batch * g.batch_b + (b_rows ? k0 * g.ldb + j0 : j0 * g.ldb + k0),
                                    b_rows ? p.k : p.n, b_rows ? p.n : p.k, scratch + wide_a(g.M, g.K));
      p.a = wide_of_a.data;
      p.a_row = a_rows ? wide_of_a.ld : 1;
      p.a_col = a_rows ? 1 : wide_of_a.ld;
      p.b = wide_of_b.data;
      p.b_row = b_rows ? wide_of_b.ld : 1;
      p.b_col = b_rows ? 1 : wide_of_b.ld;
      p.accumulate = g.accumulate || block > 0;
      p.epilogue = block + 1 == blocks_k ? g.epilogue : Epilogue{};
      choose(kernels, p)(p);
    }
  };
  if (g.M * g.N * g.K * g.batch < 2 * grain(kSerialWork) || thread_count() == 1) {
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk, 0);
  } else {
    parallel_for(chunks, run);
  }
}

template std::size_t gemm_scratch<float>(const Table&, std::int64_t, std::int64_t, std::int64_t, Trans, Trans);
template std::size_t gemm_scratch<double>(const Table&, std::int64_t, std::int64_t, std::int64_t, Trans, Trans);
template void serial_gemm(const GemmKernels<float>&, const GemmArgs<float>&, float*) noexcept;
template void serial_gemm(const GemmKernels<double>&, const GemmArgs<double>&, double*) noexcept;
template void gemm<float>(const Exec&, const GemmArgs<float>&) noexcept;
template void gemm<double>(const Exec&, const GemmArgs<double>&) noexcept;

}  // namespace neuro::kernels
