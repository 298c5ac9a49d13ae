#include "exit_code.h"

namespace nsrun {

ExitCode exit_code(neuro::ErrorCode code) {
  using neuro::ErrorCode;
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::shape:
    case ErrorCode::dtype:
    case ErrorCode::index:
    case ErrorCode::not_forwarded: return kFailed;
    case ErrorCode::unsupported:
    case ErrorCode::config: return kUsage;
    case ErrorCode::source: return kSource;
    case ErrorCode::data: return kData;
    case ErrorCode::checkpoint: return kCheckpoint;
    case ErrorCode::diverged: return kDiverged;
    case ErrorCode::resource: return kResource;
    case ErrorCode::internal: return kInternal;
  }
  return kInternal;
}

}  // namespace nsrun
