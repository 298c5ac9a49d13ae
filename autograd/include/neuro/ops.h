#pragma once
// The operations. Each checks shapes when it is called and computes nothing: it records. Axes may be negative. Unless
// stated otherwise operands are f32 or f64, one operation does not mix them, and a wrong shape, axis or type throws
// Error naming the operation, the shapes and the axis. (spec: autograd.md, section 2)
#include "neuro/ops/drop.h"
#include "neuro/ops/elementwise.h"
#include "neuro/ops/indexing.h"
#include "neuro/ops/leaves.h"
#include "neuro/ops/loss.h"
#include "neuro/ops/norm.h"
#include "neuro/ops/order.h"
#include "neuro/ops/pad.h"
#include "neuro/ops/probability.h"
#include "neuro/ops/product.h"
#include "neuro/ops/reduction.h"
#include "neuro/ops/scan.h"
#include "neuro/ops/sequence.h"
#include "neuro/ops/shape.h"
#include "neuro/ops/resample.h"
#include "neuro/ops/spatial.h"
#include "neuro/ops/update.h"
