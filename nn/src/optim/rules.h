#pragma once
// What the optimizers know of each other.
#include "neuro/optim.h"

namespace neuro::optim {

/// Throws Error(invalid_argument) for a negative learning rate, penalty or decay.
void check(const GroupRule& group, double lr, const char* name);

}  // namespace neuro::optim
