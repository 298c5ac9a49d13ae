#include "neuro/parallel.h"
