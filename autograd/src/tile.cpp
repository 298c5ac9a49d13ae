#include "tile.h"

#include <algorithm>

#include "neuro/error.h"
#include "neuro/kernels/gather.h"
#include "neuro/parallel.h"
#include "neuro/str.h"

namespace neuro {
namespace {

// 1,024 f32 elements are 4 KiB a slot: five slots and their inputs fit a 32 KiB L1 cache.
constexpr std::int64_t kTile = 1024;
constexpr std::size_t kTempBytes = static_cast<std::size_t>(kTile) * 8;
// A chunk of the worker pool, in elements times instructions: about 8 us of serial work (performance.md).
constexpr std::int64_t kChunkWork = 32 * 1024;

}  // namespace

int TileProgram::last_use(int slot) const {
  int last = -1;
  for (int i = 0; i < static_cast<int>(instrs.size()); ++i) {
    for (const int arg : instrs[static_cast<std::size_t>(i)].args) {
      if (arg == slot) last = i;
    }
  }
  return last;
}

void TileProgram::finish(std::span<const std::size_t> slot_bytes) {
  elements = shape.elements();
  tile = std::min(kTile, std::max<std::int64_t>(elements, 1));
  slots.assign(slot_bytes.size(), {});
  NEURO_ASSERT(slots.size() == inputs.size() + instrs.size() && slots.size() <= kMaxSlots,
               "a tile program fits its slots");
  for (std::size_t s = 0; s < slots.size(); ++s) slots[s].bytes = slot_bytes[s];
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].direct) {
      slots[i].operand = inputs[i].operand;
    } else {
      slots[i].temp = temps++;  // never shared: a uniform input is gathered once and read by every piece
    }
  }
  for (const Output& out : outputs) slots[static_cast<std::size_t>(out.slot)].operand = out.operand;
  // Temporaries of results are reused once their last reader is done. A kernel may write over one of its inputs if the
  // elements have the same size: over a mask it would overtake its own reading.
  struct Busy {
    int last_use, temp;
    std::size_t bytes;
  };
  std::vector<int> free;
  std::vector<Busy> busy;
  for (int i = 0; i < static_cast<int>(instrs.size()); ++i) {
    const int slot = static_cast<int>(inputs.size()) + i;
    Slot& where = slots[static_cast<std::size_t>(slot)];
    std::erase_if(busy, [&](const Busy& b) {
      if (b.last_use > i || (b.last_use == i && b.bytes != where.bytes)) return false;
      free.push_back(b.temp);
      return true;
    });
    if (where.operand >= 0) continue;
    if (free.empty()) free.push_back(temps++);
    where.temp = free.back();
    free.pop_back();
    busy.push_back({std::max(last_use(slot), i), where.temp, where.bytes});
  }
}

std::size_t TileProgram::scratch_bytes() const { return static_cast<std::size_t>(temps) * kTempBytes; }

void TileProgram::run(const Operand* operands, std::int64_t begin, std::int64_t end,
                      std::byte* scratch) const noexcept {
  std::array<std::byte*, kMaxSlots> base;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    const Slot& slot = slots[s];
    base[s] = slot.operand >= 0 ? static_cast<std::byte*>(operands[slot.operand].data)
                                : scratch + static_cast<std::size_t>(slot.temp) * kTempBytes;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].uniform && !inputs[i].direct) {
      kernels::gather_range(slots[i].bytes, shape, operands[inputs[i].operand].data, inputs[i].strides, 0,
                            std::min(tile, end - begin), base[i]);
    }
  }
  for (std::int64_t at = begin; at < end; at += tile) {
    const std::int64_t n = std::min(tile, end - at);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].direct && !inputs[i].uniform) {
        kernels::gather_range(slots[i].bytes, shape, operands[inputs[i].operand].data, inputs[i].strides, at, at + n,
                              base[i]);
      }
    }
    const auto piece = [&](int s) {
      const Slot& slot = slots[static_cast<std::size_t>(s)];
      std::byte* p = base[static_cast<std::size_t>(s)];
      return slot.operand >= 0 ? p + static_cast<std::size_t>(at) * slot.bytes : p;
    };
    int result = static_cast<int>(inputs.size());
    for (const Instr& instr : instrs) {
      const void* args[3];
      for (int a = 0; a < instr.kernel->arity; ++a) args[a] = piece(instr.args[static_cast<std::size_t>(a)]);
      instr.run(args, piece(result++), n, instr.attrs.data());
    }
  }
}

void TileProgram::run_all(const Operand* operands, const kernels::Exec& exec) const noexcept {
  const std::int64_t work = elements * static_cast<std::int64_t>(instrs.size());
  const std::int64_t least = grain(kChunkWork);
  if (work < 2 * least) return run(operands, 0, elements, exec.of(0));
  const std::int64_t chunk = std::max(tile, least / static_cast<std::int64_t>(instrs.size()) / tile * tile);
  parallel_for((elements + chunk - 1) / chunk, [&](std::int64_t c, int worker) {
    run(operands, c * chunk, std::min(elements, (c + 1) * chunk), exec.of(worker));
  });
}

std::string TileProgram::text() const {
  std::string out;
  const auto name = [&](int s) {
    const int k = static_cast<int>(inputs.size());
    return s < k ? str("a", s) : str("t", s - k);
  };
  for (std::size_t i = 0; i < instrs.size(); ++i) {
    out += str(i ? "; " : "", name(static_cast<int>(inputs.size() + i)), " = ", instrs[i].kernel->name, "(");
    for (int a = 0; a < instrs[i].kernel->arity; ++a)
      out += str(a ? ", " : "", name(instrs[i].args[static_cast<std::size_t>(a)]));
    out += ")";
  }
  return out;
}

}  // namespace neuro
