// The list of every operation.
#include "ops/ops_internal.h"

namespace neuro {

std::span<const OpDef* const> op_defs() {
  static const std::vector<const OpDef*> all = [] {
    std::vector<const OpDef*> defs;
    // A line each:
    // clang-format off
    for (const OpList ops : {
             arithmetic_ops(),
             math_ops(),
             function_ops(),
             rounding_ops(),
             activation_ops(),
             piecewise_ops(),
             reduction_ops(),
             reduction_exact_ops(),
             statistics_ops(),
             scan_ops(),
             order_ops(),
             shape_ops(),
             arrange_ops(),
             split_ops(),
             pad_ops(),
             product_ops(),
             einsum_ops(),
             conv_ops(),
             pool_ops(),
             resample_ops(),
             drop_ops(),
             probability_ops(),
             norm_ops(),
             indexing_ops(),
             gather_ops(),
             loss_ops(),
             class_loss_ops(),
             update_ops(),
             attention_ops(),
             recurrent_ops(),
             recurrent_layer_ops(),
             position_ops(),
             selective_scan_ops(),
             select_ops(),
         }) {
      // clang-format on
      defs.insert(defs.end(), ops.begin(), ops.end());
    }
    return defs;
  }();
  return all;
}

}  // namespace neuro
