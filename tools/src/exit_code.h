#pragma once
// The exit codes of nsrun: stable, and documented in README.md.
#include "neuro/error.h"

namespace nsrun {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,      ///< a check failed, or an unexpected error while running
  kUsage = 2,       ///< wrong usage, or a config that cannot be used
  kSource = 3,      ///< a `.ns` source that cannot be used
  kData = 4,        ///< data or input that cannot be used
  kCheckpoint = 5,  ///< a checkpoint or model file that is missing, damaged or incompatible
  kDiverged = 6,    ///< training produced numbers that are not finite
  kResource = 7,    ///< memory or disk refused
  kInternal = 70,   ///< a bug of ours
  kInterrupted = 130,
  kTerminated = 143,
};

/// The one mapping from the library's errors.
ExitCode exit_code(neuro::ErrorCode code);

}  // namespace nsrun
