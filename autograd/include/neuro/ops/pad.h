#pragma once
// Padding. (`neuro/ops.h` says what holds for all operations.)
#include <initializer_list>
#include <span>
#include <variant>

#include "neuro/var.h"

namespace neuro {

/// What the padding holds, as the modes of autograd.md are called: zeros, a number, the axis mirrored without its edge,
/// the edge itself, or the elements of the other end.
struct pad {
  struct Zero {};
  struct Constant {
    double value;
  };
  struct Reflective {};
  struct Replicative {};
  struct Circular {};
};
using PadMode = std::variant<pad::Zero, pad::Constant, pad::Reflective, pad::Replicative, pad::Circular>;

/// Elements added before and after an axis; one number stands for both.
struct PadAmount {
  std::int64_t before, after;
  PadAmount(std::int64_t both) : before(both), after(both) {}  // NOLINT: implicit on purpose
  PadAmount(std::int64_t first, std::int64_t second) : before(first), after(second) {}
};

// The struct above is only a name to qualify with, so that the function may have it too.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
/// x with its last axes padded: amounts[k] belongs to axis rank - amounts.size() + k, so that two amounts pad the
/// height and the width of [N, C, H, W]. x of any type. No amount is negative. Reflective needs amounts below the
/// axis's size, Circular at most that, Replicative an axis that is not empty. The gradient of Zero and Constant is
/// cropped; that of the others is added to where each element came from. (autograd.md, section 2)
///
///     pad(x, {1, 1});                              // a frame of zeros
///     pad(x, {{0, 2}, 1}, pad::Reflective{});      // two rows below, one column on either side
Var pad(const Var& x, std::span<const PadAmount> amounts, const PadMode& mode = pad::Zero{});
Var pad(const Var& x, std::initializer_list<PadAmount> amounts, const PadMode& mode = pad::Zero{});
#pragma GCC diagnostic pop

}  // namespace neuro
