// Rows picked by an index, and random masks.
#include "neuro/kernels/gather.h"
#include "neuro/ops.h"
#include "ops/index_rules.h"
#include "ops/ops_internal.h"
#include "ops/rules.h"

namespace neuro {
namespace {

struct TableCase {
  Shape table, index;
  std::int64_t padding = -1;
};

const std::vector<TableCase>& table_cases() {
  static const std::vector<TableCase> cases = {
      {{1, 1}, {1}},   {{3, 1}, {4}},    {{1, 5}, {3}},     {{7, 3}, {1}},       {{5, 2}, {}},
      {{5, 2}, {7}},   {{5, 2}, {7}, 0}, {{5, 2}, {7}, 4},  {{4, 3}, {2, 3}},    {{4, 3}, {2, 3}, 1},
      {{11, 17}, {5}}, {{2, 31}, {6}},   {{13, 8}, {3, 5}}, {{6, 4}, {2, 2, 2}}, {{6, 4}, {1, 3, 1}, 2},
      {{3, 3}, {0}},   {{9, 1}, {9}},    {{64, 3}, {33}},   {{2, 2}, {1, 1}},    {{17, 5}, {2, 7}, 16},
      {{3, 16}, {16}},
  };
  return cases;
}

SampleInput indices(const TableCase& c) {
  return {.shape = c.index, .lo = 0, .hi = static_cast<double>(c.table[0]), .dtype = DType::i64};
}

Shape gathered(const Shape& index, std::int64_t cols) { return index.inserted(index.rank(), cols); }

/// Reports the first index outside [0, rows); true when there is none.
bool check_indices(const Call& c, const Operand& index, std::int64_t rows) {
  const auto* at = index.as<std::int64_t>();
  for (std::int64_t r = 0; r < index.size(); ++r) {
    if (at[r] >= 0 && at[r] < rows) continue;
    *c.fault = {true, at[r], r, rows};
    return false;
  }
  return true;
}

}  // namespace

static Var embedding_backward(const Var& gy, const Var& index, std::int64_t rows, std::int64_t padding);

static constexpr OpDef embedding_def{
    .name = "embedding",  // attrs.i: padding index
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_float(c, 0, "table");
      check_type(c, 1, "index", DType::i64);
      if (c.in[0].shape.rank() != 2) shape_error(c.op, "table must be [rows, columns], got ", c.in[0].shape);
      return {{gathered(c.in[1].shape, c.in[0].shape[1]), c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const std::int64_t rows = c.in[0].shape[0], cols = c.in[0].shape[1];
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            const auto* index = c.in[1].as<std::int64_t>();
            const std::int64_t bad =
                kernels::gather_rows<T>(c.exec, c.in[0].as<T>(), rows, cols, index, c.in[1].size(), c.out[0].as<T>());
            if (bad >= 0) *c.fault = {true, index[bad], bad, rows};
          });
        },
    .vjp =
        [](const Vjp& v) {
          return Grads{embedding_backward(v.gy[0], v.in[1], v.in[0].shape()[0], v.attrs.i[0]), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const TableCase& c : table_cases()) {
            if (c.padding < 0) out.push_back({{{.shape = c.table}, indices(c)}, {.i = {-1}}});
          }
          for (const std::int64_t cols : {1, 2, 3, 5, 16, 33}) {
            const TableCase c{{5, cols}, {4}};
            out.push_back({{{.shape = c.table, .strided = true}, indices(c)}, {.i = {-1}}});
          }
          return out;
        },
    .source = "rows of a table",
    .shapes = "table [V, D], index [*s] -> [*s, D]",
};
Var embedding(const Var& table, const Var& index, std::int64_t padding_index) {
  return record(embedding_def, {table, indexing::as_index(index)}, {.i = {padding_index}});
}

static constexpr OpDef embedding_backward_def{
    .name = "embedding_backward",  // rows of gy added up where index sends them; attrs.i: rows of the table, padding
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      return {{{c.attrs.i[0], last_size(c.in[0].shape)}, c.in[0].dtype}};
    },
    .forward =
        [](const Call& c) noexcept {
          const std::int64_t rows = c.attrs->i[0], cols = last_size(c.in[0].shape);
          if (!check_indices(c, c.in[1], rows)) {
            kernels::fill(c.exec, c.out[0].dtype, c.out[0].data, 0, c.out[0].size());
            return;
          }
          visit_float(c.in[0].dtype, [&]<class T>(T) {
            kernels::scatter_add_rows<T>(c.exec, c.in[0].as<T>(), c.in[1].as<std::int64_t>(), c.in[1].size(), cols,
                                         c.out[0].as<T>(), rows, c.attrs->i[1]);
          });
        },
    .vjp =
        [](const Vjp& v) {
          const Var gy = v.gy[0], index = v.in[1];
          const Var g = embedding(gy, index);
          if (v.attrs.i[1] < 0) return Grads{g, Var()};
          const Var real =
              not_equal(convert(index, DType::f64), constant(static_cast<double>(v.attrs.i[1]), DType::f64));
          return Grads{where(unsqueeze(real, -1), g, constant(0, g.dtype())), Var()};
        },
    .samples =
        [] {
          std::vector<Sample> out;
          for (const TableCase& c : table_cases())
            out.push_back({{{.shape = gathered(c.index, c.table[1])}, indices(c)}, {.i = {c.table[0], c.padding}}});
          out.push_back(out[8]);
          out.back().in[0].strided = true;
          return out;
        },
    .source = "transpose of embedding",
};
static Var embedding_backward(const Var& gy, const Var& index, std::int64_t rows, std::int64_t padding) {
  return record(embedding_backward_def, {gy, index}, {.i = {rows, padding}});
}

// --- dropout_mask ---

static constexpr OpDef dropout_mask_def{
    .name = "dropout_mask",  // attrs.f: p; attrs.i: stream, type, then the shape
    .infer = [](const Infer& c) -> std::vector<ValueInfo> {
      check_type(c, 0, "rng", DType::i64);
      check_shape(c, 0, "rng", {3});
      return {{Shape(std::span<const std::int64_t>(c.attrs.i).subspan(2)), static_cast<DType>(c.attrs.i[1])}};
    },
    .forward =
        [](const Call& c) noexcept {
          const auto* rng = c.in[0].as<std::int64_t>();
          const Operand& y = c.out[0];
          // Elements are numbered over the whole batch, so that a batch in parts draws what it draws in one piece.
          const std::int64_t per_row = y.shape.rank() == 0 || y.shape[0] == 0 ? 1 : y.size() / y.shape[0];
          visit_float(y.dtype, [&]<class T>(T) {
            kernels::dropout_mask<T>(c.exec, y.as<T>(), y.size(), c.attrs->f[0], static_cast<std::uint64_t>(rng[0]),
                                     static_cast<std::uint64_t>(c.attrs->i[0]), static_cast<std::uint64_t>(rng[1]),
                                     static_cast<std::uint64_t>(rng[2] * per_row));
          });
        },
    .samples =
        [] {
          std::vector<Sample> out;
          const SampleInput rng{.shape = {3}, .lo = 0, .hi = 99, .dtype = DType::i64};
          for (const double p : {0.0, 0.1, 0.5, 1.0}) {
            for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{3, 5}, Shape{2, 3, 17}}) {
              Attrs attrs{.f = {p}, .i = {5, static_cast<std::int64_t>(DType::f64)}};
              attrs.i.insert(attrs.i.end(), shape.begin(), shape.end());
              out.push_back({{rng}, attrs});
            }
          }
          return out;
        },
    .source = "Srivastava et al. 2014, Dropout, scaled at training time",
    .shapes = "rng [3] i64 -> [*s]",
};
Var dropout_mask(const Shape& shape, double p, std::int64_t stream, const Var& rng, DType dtype) {
  if (!(p >= 0 && p <= 1)) throw Error(ErrorCode::invalid_argument, str("dropout_mask: p = ", p, " is outside [0, 1]"));
  if (!is_floating(dtype))
    throw Error(ErrorCode::dtype, str("dropout_mask: the mask must be f32 or f64, not ", name_of(dtype)));
  Attrs attrs{.f = {p}, .i = {stream, static_cast<std::int64_t>(dtype)}};
  attrs.i.insert(attrs.i.end(), shape.begin(), shape.end());
  return record(dropout_mask_def, {rng}, std::move(attrs));
}

OpList indexing_ops() {
  static constexpr const OpDef* ops[] = {&embedding_def, &embedding_backward_def, &dropout_mask_def};
  return ops;
}

}  // namespace neuro
