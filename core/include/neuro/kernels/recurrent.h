#pragma once
// The recurrent part of LSTM, GRU and plain recurrent layers: all steps of a sequence, after the product on x.
#include <cstddef>
#include <cstdint>

#include "neuro/kernels/exec.h"

namespace neuro::kernels {

/// What a step does with its gates a = gates_x + gates_h, where gates_h = h W^T + bias; units side by side in this
/// order. s is the logistic function.
///   lstm            i, f, g, o:  c' = s(f) c + s(i) tanh(g),  h' = s(o) tanh(c')
///   neuronika_lstm  the same with tanh(f) and s(g)
///   gru             r, z, n:     m = tanh(n_x + s(r) n_h),  h' = m + s(z) (h - m)
///   rnn_tanh, rnn_relu           h' = tanh(a) or max(a, 0)
enum class Cell : std::uint8_t { lstm, neuronika_lstm, gru, rnn_tanh, rnn_relu };
inline constexpr int kCells = 5;
inline constexpr std::int64_t gates_of(Cell cell) {
  return cell <= Cell::neuronika_lstm ? 4 : cell == Cell::gru ? 3 : 1;
}
/// Values a unit that a step keeps for its gradient: LSTM the four gates as they are applied, GRU s(r), s(z), m, n_h.
inline constexpr std::int64_t saved_of(Cell cell) { return cell <= Cell::gru ? 4 : 0; }

/// T steps of a batch of B rows with H units; G = gates_of(cell).
struct Recurrence {
  Cell cell;
  bool reverse;  ///< from the last step to the first
  std::int64_t T, B, H;
};

template <class T>
struct RecurrentState {
  const T* weight;  ///< [G H, H]
  const T* bias;    ///< [G H]
  const T* h0;      ///< [B, H]
  const T* c0;      ///< [B, H], LSTM only
  T* y;             ///< [T, B, H]: h after each step
  T* c;             ///< [T, B, H], LSTM only
  T* saved;         ///< [T, B, saved_of(cell) H]
};

template <class T>
struct RecurrentGradient {
  const T *gy, *gc, *gsaved;  ///< gradients of y, c and saved, or null
  T* gates_x;                 ///< [T, B, G H]
  T* gates_h;                 ///< the same, GRU only: of h W^T + bias; the other cells' equals gates_x
  T *h0, *c0;                 ///< [B, H]
};

/// Bytes of scratch per worker, for either direction.
template <class T>
std::size_t recurrent_scratch(const Table& table, const Recurrence& r);

/// Writes y, c and saved; gates_x is [T, B, G H]. Steps follow each other; products and rows of a step are divided.
template <class T>
void recurrent(const Exec& exec, const Recurrence& r, const T* gates_x, const RecurrentState<T>& state) noexcept;

/// Writes the gradients of the gates and of the first states, from what recurrent() left in `state`.
template <class T>
void recurrent_backward(const Exec& exec, const Recurrence& r, const RecurrentState<T>& state,
                        const RecurrentGradient<T>& gradient) noexcept;

}  // namespace neuro::kernels
