#pragma once
// Random masks of values, over `dropout_mask`, whose `stream` and `rng` these take. (`neuro/ops.h` says what holds for
// all operations.) p is the probability to drop, in [0, 1]; 0 gives x, 1 zeros. For training: evaluation calls none.
#include "neuro/var.h"

namespace neuro {

enum class ScaleKept { no, yes };  ///< whether what is kept is multiplied by 1 / (1 - p)

/// Each element is dropped, the others are scaled by 1 / (1 - p).  source: Srivastava et al. 2014, Dropout.
Var dropout(const Var& x, double p, std::int64_t stream, const Var& rng);
/// Whole samples (axis 0) are dropped.  source: Huang et al. 2016, arXiv:1603.09382.
Var drop_path(const Var& x, double p, std::int64_t stream, const Var& rng, ScaleKept scale = ScaleKept::yes);
/// Whole channels of x [N, C, ...] are dropped, the others scaled by 1 / (1 - p).
/// source: Tompson et al. 2015, arXiv:1411.4280.
Var dropout2d(const Var& x, double p, std::int64_t stream, const Var& rng);
/// The same for the elements of a weight.
/// source: Wan et al. 2013, Regularization of neural networks using DropConnect.
Var drop_connect(const Var& x, double p, std::int64_t stream, const Var& rng);
/// Squares of `block` x `block` elements of each plane of x [N, C, H, W] are dropped: their centres are drawn with
/// probability p H W / (block^2 max(H - block + 1, 1) max(W - block + 1, 1)), at most 1, and what is kept is multiplied
/// by (elements of x) / max(elements kept, 1).  source: Ghiasi, Lin, Le 2018, arXiv:1810.12890, algorithm 1.
Var drop_block(const Var& x, double p, std::int64_t block, std::int64_t stream, const Var& rng);

}  // namespace neuro
