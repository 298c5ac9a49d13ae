#pragma once
// All of libneuro's public interface.
#include "neuro/diagnostic.h"
#include "neuro/error.h"
#include "neuro/model.h"
#include "neuro/ops.h"
#include "neuro/parallel.h"
#include "neuro/plan.h"
#include "neuro/program.h"
#include "neuro/render.h"
#include "neuro/shape.h"
#include "neuro/tensor.h"
#include "neuro/var.h"
