// Convolutions: divides images, groups and pixels over the worker pool.
#include "neuro/kernels/conv.h"

#include <algorithm>
#include <numeric>

#include "direct_conv.h"
#include "kernels/gemm_kernels.h"
#include "neuro/parallel.h"

namespace neuro::kernels {
namespace {

/// Multiply-adds of one chunk at least: handing it to another thread then costs little beside it.
constexpr std::int64_t kSerialWork = 300'000;

/// Elements of turned weights that a worker keeps (input gradient): a quarter of L2 in f32.
constexpr std::int64_t kTurnedElements = 65'536;

/// Elements of a strided input gradient that are computed before they are spread over their places.
constexpr std::int64_t kPhaseElements = 32'768;
/// Channels of one such piece at most, so that it holds a tile of each.
constexpr std::int64_t kPhaseChannels = 1'024;

/// Elements of all partial weight gradients together.
constexpr std::int64_t kPartialElements = 65'536;
/// Partial weight gradients at most.
constexpr std::int64_t kPartials = 8;

std::int64_t taps(const Conv& p) { return p.KD * p.KH * p.KW; }
std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

template <class T>
T* scratch_of(const Exec& exec, int worker) {
  return reinterpret_cast<T*>(exec.of(worker));
}

/// One slice and group of a product over patches: the part that every chunk completes with pointers and pixels.
template <class T>
GemmPart<T> patch_product(const GemmKernels<T>& kernels, std::int64_t m, std::int64_t pixels, std::int64_t k,
                          std::int64_t ldc) {
  GemmPart<T> g;
  g.m = m;
  g.n = pixels;
  g.k = k;
  g.a_row = k;
  g.a_col = 1;
  g.b = nullptr;
  g.b_row = g.b_col = 0;
  g.ldc = ldc;
  g.accumulate = false;
  g.dot_edge = false;
  g.b_in_place = false;
  g.k_blocks = gemm_k_blocks(k);
  g.block_n = gemm_block_n(kernels, pixels, k);
  g.batch = 0;
  return g;
}

Patches patches_of(const Conv& p, std::int64_t depth) {
  return {p.D,        p.H,   p.W,    p.KD,         p.KH,         p.KW,         p.OW, p.stride_h,
          p.stride_w, p.top, p.left, p.dilation_d, p.dilation_h, p.dilation_w, depth};
}

/// Columns of a chunk of pixels when `items` products can be divided further to occupy every thread.
std::int64_t chunk_pixels(std::int64_t pixels, std::int64_t unit, std::int64_t items, std::int64_t work_per_item) {
  const std::int64_t wanted = ceil_div(2 * thread_count(), std::max<std::int64_t>(items, 1));
  const std::int64_t useful = std::max<std::int64_t>(work_per_item / grain(kSerialWork), 1);
  const std::int64_t parts = std::clamp<std::int64_t>(std::min(wanted, useful), 1, ceil_div(pixels, unit));
  return ceil_div(ceil_div(pixels, parts), unit) * unit;
}

/// Runs body(item, worker) for every item: consecutive items share a chunk so that each chunk is worth its hand-over.
template <class Body>
void for_items(std::int64_t items, std::int64_t work_per_item, const Body& body) {
  const std::int64_t useful = std::max<std::int64_t>(items * work_per_item / grain(kSerialWork), 1);
  const std::int64_t chunks = std::min({items, useful, std::int64_t{4} * thread_count()});
  parallel_for(chunks, [&](std::int64_t chunk, int worker) {
    for (std::int64_t i = items * chunk / chunks; i < items * (chunk + 1) / chunks; ++i) body(i, worker);
  });
}

/// Partial weight gradients, each the sum over near-equal runs of slices: a function of the sizes alone.
std::int64_t weight_grad_partials(const Conv& p) {
  const std::int64_t elements = std::max<std::int64_t>(p.O * (p.C / p.groups) * taps(p), 1);
  return std::clamp<std::int64_t>(kPartialElements / elements, 1,
                                  std::max<std::int64_t>(std::min(kPartials, p.N * p.OD), 1));
}

/// One axis of the pixels i = first + stride * t of an input gradient. They meet the same taps, first_tap + tap_step *
/// m, at output position t - before + dilation * (taps - 1 - m): a convolution with stride 1.
struct Phase {
  std::int64_t first, count, stride;
  std::int64_t first_tap, tap_step, taps;
  std::int64_t before, dilation;
};

Phase phase_of(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t before,
               std::int64_t remainder) {
  Phase f{};
  f.stride = stride;
  f.first = ((remainder - before) % stride + stride) % stride;  // (first + before) % stride == remainder
  f.count = f.first < size ? ceil_div(size - f.first, stride) : 0;
  f.tap_step = stride / std::gcd(dilation, stride);
  f.dilation = f.tap_step * dilation / stride;
  while (f.first_tap < f.tap_step && f.first_tap * dilation % stride != remainder) ++f.first_tap;
  f.taps = f.first_tap < f.tap_step && f.first_tap < kernel ? ceil_div(kernel - f.first_tap, f.tap_step) : 0;
  if (f.taps > 0) f.before = (f.taps - 1) * f.dilation - (f.first + before - f.first_tap * dilation) / stride;
  return f;
}

/// to[c][o][m'] = w[o][c][tap of m] with the taps of a phase in reverse, for `count` input channels of one group.
template <class T>
void turn_weights(const Conv& p, const Phase& d, const Phase& h, const Phase& v, const T* w, std::int64_t count,
                  T* to) {
  const std::int64_t channels = p.C / p.groups, outputs = p.O / p.groups, kept = d.taps * h.taps * v.taps;
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t c = 0; c < count; ++c) {
      const T* from = w + (o * channels + c) * taps(p);
      T* out = to + (c * outputs + o) * kept;
      for (std::int64_t s = d.taps - 1; s >= 0; --s) {
        const T* slice = from + (d.first_tap + s * d.tap_step) * p.KH * p.KW + v.first_tap;
        for (std::int64_t i = h.taps - 1; i >= 0; --i) {
          const T* row = slice + (h.first_tap + i * h.tap_step) * p.KW;
          for (std::int64_t j = v.taps - 1; j >= 0; --j) *out++ = row[j * v.tap_step];
        }
      }
    }
  }
}

/// Writes pixels [first, first + n) of a slice of a phase, rows of n for each of `count` channels, to their places.
template <class T>
void spread(const Conv& p, const Phase& h, const Phase& v, const T* values, std::int64_t first, std::int64_t n,
            std::int64_t count, T* planes) {
  for (std::int64_t c = 0; c < count; ++c, planes += p.D * p.H * p.W) {
    for (std::int64_t pixel = first; pixel < first + n;) {
      const std::int64_t row = pixel / v.count, column = pixel % v.count;
      const std::int64_t run = std::min(v.count - column, first + n - pixel);
      T* to = planes + (h.first + row * h.stride) * p.W + v.first + column * v.stride;
      for (std::int64_t i = 0; i < run; ++i) to[i * v.stride] = *values++;
      pixel += run;
    }
  }
}

}  // namespace

template <class T>
std::size_t conv_scratch(const Table& table, const Conv& p) {
  if (is_direct(p)) return direct_conv_scratch<T>(table, p);
  const std::int64_t k = p.C / p.groups * taps(p);
  return static_cast<std::size_t>(gemm_pack_elements(gemm_kernels_of<T>(table), p.OH * p.OW, k)) * sizeof(T);
}

template <class T>
void conv(const Exec& exec, const Conv& p, const T* x, const T* w, const T* bias, T* y,
          const Epilogue& epilogue) noexcept {
  const std::int64_t channels = p.C / p.groups, outputs = p.O / p.groups, pixels = p.OH * p.OW, k = channels * taps(p);
  if (p.N == 0 || outputs == 0 || pixels == 0) return;
  if (is_direct(p)) return direct_conv(exec, p, x, w, bias, y, epilogue);
  const GemmKernels<T>& kernels = gemm_kernels_of<T>(*exec.table);
  const GemmPart<T> product = patch_product(kernels, outputs, pixels, k, p.OD * pixels);
  const std::int64_t products = p.N * p.groups * p.OD;
  const std::int64_t chunk = chunk_pixels(pixels, kernels.tile_cols, products, outputs * pixels * k);
  const std::int64_t pieces = ceil_div(pixels, chunk);
  for_items(products * pieces, outputs * std::min(chunk, pixels) * k, [&](std::int64_t item, int worker) {
    const std::int64_t first = item % pieces * chunk, od = item / pieces % p.OD;
    const std::int64_t group = item / pieces / p.OD % p.groups, n = item / pieces / p.OD / p.groups;
    const Patches patches = patches_of(p, od * p.stride_d - p.front);
    GemmPart<T> mine = product;
    mine.n = std::min(chunk, pixels - first);
    mine.a = w + group * outputs * k;
    mine.origin = ((n * p.O + group * outputs) * p.OD + od) * pixels + first;
    mine.c = y + mine.origin;
    mine.bias = bias == nullptr ? nullptr : bias + group * outputs;
    mine.epilogue = epilogue;
    mine.worker = worker;
    mine.pack = scratch_of<T>(exec, worker);
    kernels.conv.forward({&mine, patches, x + (n * p.C + group * channels) * p.D * p.H * p.W, first});
  });
}

template <class T>
std::size_t conv_input_grad_scratch(const Table& table, const Conv& p) {
  if (is_direct(p)) return direct_conv_input_grad_scratch<T>(table, p);
  const std::int64_t k = p.O / p.groups * taps(p);
  const std::int64_t whole = gemm_pack_elements(gemm_kernels_of<T>(table), p.H * p.W, k);
  const bool strided = p.stride_d * p.stride_h * p.stride_w > 1;  // phases have sizes of their own
  return static_cast<std::size_t>(kTurnedElements + k + (strided ? kPhaseElements + gemm_pack_limit<T>() : whole)) *
         sizeof(T);
}

// The transpose of a convolution is a convolution of gy with the weights turned by half a turn and their channels
// exchanged (Dumoulin and Visin 2016, arXiv:1603.07285, section 4). With strides, each phase of gx is one of its own.
template <class T>
void conv_input_grad(const Exec& exec, const Conv& p, const T* gy, const T* w, T* gx) noexcept {
  const std::int64_t channels = p.C / p.groups, outputs = p.O / p.groups;
  if (p.N == 0 || channels == 0) return;
  if (is_direct(p)) return direct_conv_input_grad(exec, p, gy, w, gx);
  const GemmKernels<T>& kernels = gemm_kernels_of<T>(*exec.table);
  const std::int64_t phases = p.stride_d * p.stride_h * p.stride_w, plane = p.H * p.W;
  for (std::int64_t phase = 0; phase < phases; ++phase) {
    const Phase d = phase_of(p.D, p.KD, p.stride_d, p.dilation_d, p.front, phase / p.stride_w / p.stride_h);
    const Phase h = phase_of(p.H, p.KH, p.stride_h, p.dilation_h, p.top, phase / p.stride_w % p.stride_h);
    const Phase v = phase_of(p.W, p.KW, p.stride_w, p.dilation_w, p.left, phase % p.stride_w);
    const std::int64_t pixels = h.count * v.count, slices = p.N * d.count, k = outputs * d.taps * h.taps * v.taps;
    if (pixels * slices == 0) continue;
    const bool whole = phases == 1;  // the phase is gx itself: no detour through scratch

    const std::int64_t turned =
        std::clamp<std::int64_t>(kTurnedElements / std::max<std::int64_t>(k, 1), 1, std::min(channels, kPhaseChannels));
    const std::int64_t blocks = ceil_div(channels, turned), products = p.groups * blocks;
    const std::int64_t work = std::max<std::int64_t>(slices * p.groups * channels * pixels * k, 1);
    // Runs of slices share the turned weights; a single slice is divided into pieces.
    const std::int64_t wanted = std::min<std::int64_t>(work / grain(kSerialWork), 4 * thread_count());
    const std::int64_t runs = std::clamp<std::int64_t>(wanted / products, 1, slices);
    const std::int64_t unit = kernels.tile_cols;
    std::int64_t chunk = ceil_div(pixels, unit) * unit;
    if (runs == slices) chunk = chunk_pixels(pixels, unit, slices * products, work / slices / products);
    if (!whole) chunk = std::min(chunk, (kPhaseElements / turned / unit) * unit);
    const std::int64_t pieces = ceil_div(pixels, chunk), items = products * runs * pieces;

    for_items(items, work / items, [&](std::int64_t item, int worker) {
      const std::int64_t first = item % pieces * chunk, run = item / pieces % runs;
      const std::int64_t c0 = item / pieces / runs % blocks * turned, group = item / pieces / runs / blocks;
      const std::int64_t count = std::min(turned, channels - c0);
      T* const weights = scratch_of<T>(exec, worker);
      T* const values = weights + kTurnedElements + outputs * taps(p);  // of a strided phase
      turn_weights(p, d, h, v, w + (group * outputs * channels + c0) * taps(p), count, weights);
      GemmPart<T> mine = patch_product(kernels, count, pixels, k, p.D * plane);
      mine.n = std::min(chunk, pixels - first);
      mine.a = weights;
      mine.worker = worker;
      mine.pack = whole ? values : values + kPhaseElements;
      for (std::int64_t slice = slices * run / runs; slice < slices * (run + 1) / runs; ++slice) {
        const std::int64_t n = slice / d.count, t = slice % d.count;
        const Patches patches{p.OD, p.OH,     p.OW,     d.taps,     h.taps,     v.taps,     v.count,     1,
                              1,    h.before, v.before, d.dilation, h.dilation, v.dilation, t - d.before};
        T* const planes = gx + (n * p.C + group * channels + c0) * p.D * plane + (d.first + t * d.stride) * plane;
        mine.c = whole ? planes + first : values;
        if (!whole) mine.ldc = mine.n;
        kernels.conv.forward({&mine, patches, gy + (n * p.O + group * outputs) * p.OD * p.OH * p.OW, first});
        if (!whole) spread(p, h, v, values, first, mine.n, count, planes);
      }
    });
  }
}

template <class T>
std::size_t conv_weight_grad_scratch(const Table& table, const Conv& p) {
  if (is_direct(p)) return direct_conv_scratch<T>(table, p);
  const std::int64_t partials = weight_grad_partials(p);
  const std::int64_t kept = partials == 1 ? 0 : partials * p.O * (p.C / p.groups) * taps(p);
  return static_cast<std::size_t>(ConvWeightGradBlock::kElements + kept) * sizeof(T);
}

template <class T>
void conv_weight_grad(const Exec& exec, const Conv& p, const T* gy, const T* x, T* gw) noexcept {
  using Block = ConvWeightGradBlock;
  const std::int64_t channels = p.C / p.groups, outputs = p.O / p.groups, pixels = p.OH * p.OW, k = channels * taps(p);
  const std::int64_t elements = p.O * k;
  if (elements == 0) return;
  if (p.N == 0 || pixels == 0) {
    std::fill(gw, gw + elements, T(0));
    return;
  }
  if (is_direct(p)) return direct_conv_weight_grad(exec, p, gy, x, gw);
  const GemmKernels<T>& kernels = gemm_kernels_of<T>(*exec.table);
  const std::int64_t partials = weight_grad_partials(p);
  T* const sums = partials == 1 ? gw : scratch_of<T>(exec, 0) + Block::kElements;
  const std::int64_t row_blocks = ceil_div(k, Block::kRows), output_blocks = ceil_div(outputs, Block::kOutputs);
  const std::int64_t items = partials * p.groups * row_blocks * output_blocks;
  const std::int64_t slices = p.N * p.OD;
  for_items(items, slices * elements * pixels / items, [&](std::int64_t item, int worker) {
    const std::int64_t ob = item % output_blocks, rb = item / output_blocks % row_blocks;
    const std::int64_t group = item / output_blocks / row_blocks % p.groups;
    const std::int64_t partial = item / output_blocks / row_blocks / p.groups;
    const std::int64_t s0 = slices * partial / partials, s1 = slices * (partial + 1) / partials;
    const std::int64_t r0 = k * rb / row_blocks, o0 = outputs * ob / output_blocks;
    const std::int64_t o = group * outputs + o0;
    ConvWeightGradPart<T> mine;
    mine.patches = patches_of(p, 0);
    mine.rows = k * (rb + 1) / row_blocks - r0;
    mine.r0 = r0;
    mine.outputs = outputs * (ob + 1) / output_blocks - o0;
    mine.first_slice = s0;
    mine.slices = s1 - s0;
    mine.OD = p.OD;
    mine.stride_d = p.stride_d;
    mine.front = p.front;
    mine.pixels = pixels;
    mine.x = x + group * channels * p.D * p.H * p.W;
    mine.gy = gy + o * p.OD * pixels;
    mine.x_image = p.C * p.D * p.H * p.W;
    mine.gy_image = p.O * p.OD * pixels;
    mine.g = sums + partial * elements + o * k + r0;
    mine.g_row = k;
    mine.scratch = scratch_of<T>(exec, worker);
    kernels.conv.weight_grad(mine);
  });
  if (partials == 1) return;
  for (std::int64_t step = 1; step < partials; step *= 2) {  // pairs, then pairs of pairs
    for (std::int64_t i = 0; i + step < partials; i += 2 * step) {
      T* to = sums + i * elements;
      const T* from = sums + (i + step) * elements;
      for (std::int64_t e = 0; e < elements; ++e) to[e] += from[e];
    }
  }
  std::copy(sums, sums + elements, gw);
}

#define NEURO_INSTANTIATE(T)                                                                                   \
  template std::size_t conv_scratch<T>(const Table&, const Conv&);                                             \
  template void conv<T>(const Exec&, const Conv&, const T*, const T*, const T*, T*, const Epilogue&) noexcept; \
  template std::size_t conv_input_grad_scratch<T>(const Table&, const Conv&);                                  \
  template void conv_input_grad<T>(const Exec&, const Conv&, const T*, const T*, T*) noexcept;                 \
  template std::size_t conv_weight_grad_scratch<T>(const Table&, const Conv&);                                 \
  template void conv_weight_grad<T>(const Exec&, const Conv&, const T*, const T*, T*) noexcept;
NEURO_INSTANTIATE(float)
NEURO_INSTANTIATE(double)
#undef NEURO_INSTANTIATE

}  // namespace neuro::kernels
