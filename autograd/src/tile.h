#pragma once
// Tile programs: a chain of elementwise kernels run over pieces that stay in L1 cache, so that fusion needs no code
// generation. Operands are what one plan step reads and writes; the program names them by index.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "neuro/kernels/elementwise.h"
#include "neuro/kernels/gemm.h"
#include "neuro/op.h"

namespace neuro {

struct TileProgram {
  /// A value inside the program. Slots 0 .. inputs.size() - 1 are the inputs, the rest the results of the instructions.
  struct Slot {
    int operand = -1;  // the piece lies in this operand's memory ...
    int temp = -1;     // ... or in this temporary buffer
    std::size_t bytes = 4;
  };
  /// An operand that is read. One that is not laid out like the result is first gathered into a temporary.
  struct Input {
    int operand = 0;
    Strides strides{};     // over `shape`, 0 along repeated axes
    bool direct = false;   // contiguous over `shape`: read in place
    bool uniform = false;  // one value for all elements: gathered once
  };
  struct Instr {
    const kernels::Elementwise* kernel = nullptr;
    kernels::ElementwiseFn run = nullptr;
    std::array<double, 4> attrs{};
    std::array<int, 3> args{-1, -1, -1};  // slots
  };
  struct Output {
    int slot = 0;
    int operand = 0;
  };

  Shape shape;
  std::int64_t elements = 0;
  std::int64_t tile = 0;  // elements a piece
  std::vector<Input> inputs;
  std::vector<Instr> instrs;
  std::vector<Output> outputs;
  std::vector<Slot> slots;
  int temps = 0;

  static constexpr int kMaxSlots = 32;

  /// Chooses where every slot lies. Call once, when inputs, instrs and outputs are complete. `types` gives each slot's
  /// element size.
  void finish(std::span<const std::size_t> slot_bytes);
  /// Bytes of scratch per worker.
  std::size_t scratch_bytes() const;
  /// Computes elements [begin, end) of the flat row-major order.
  void run(const Operand* operands, std::int64_t begin, std::int64_t end, std::byte* scratch) const noexcept;
  /// Computes everything, in parallel when the work pays for it.
  void run_all(const Operand* operands, const kernels::Exec& exec) const noexcept;
  /// The slot's last reader among the instructions, or -1.
  int last_use(int slot) const;
  std::string text() const;  ///< "t = mul(in0, in1); out0 = add(t, in2)"
};

}  // namespace neuro
