#pragma once
// The Logger contract and its defaults. Console and file agree because both are fed the same records.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "neuro/registry.h"

namespace neuro {

/// What is about to be trained: the header lines of a run, as data.
struct RunInfo {
  std::string neuron, source_place;  ///< "XOR", "examples/01-xor.ns:1"
  std::int64_t parameters = 0;
  std::string inputs, outputs;  ///< "[batch, 2]"
  std::uint64_t train_rows = 0, val_rows = 0;
  std::string train_path, val_path;  ///< empty val_path: no validation set
  std::string loss, rule, reason;    ///< "mse", "R5" ("config": named there), "out [batch, 1], ..."
  std::string optimizer;
  double lr = 0;
  std::int64_t batch_size = 0, steps_per_epoch = 0, epochs = 0, total_steps = 0;
  std::uint64_t seed = 0;
  int threads = 1;
  std::string isa;
  std::filesystem::path run;       ///< the run's directory; empty in a dry run
  std::int64_t resumed_step = 0;   ///< 0: from the start
  std::vector<std::string> notes;  ///< "an earlier run was set aside as ..."
};

/// One measurement.
struct MetricRecord {
  double time = 0;     ///< seconds since 1970
  double elapsed = 0;  ///< seconds of training
  std::string phase;   ///< "train" or "val"
  std::int64_t step = 0;
  double epoch = 0;         ///< epochs done, with the fraction of the current one
  std::int64_t epochs = 0;  ///< of the whole run
  std::int64_t rows = 0;    ///< rows trained on so far; rows looked at when validating
  double loss = 0;          ///< mean over the rows since the record before
  double lr = 0, grad_norm = 0;
  double rows_per_s = 0, data_wait = 0, eta_s = 0;
  std::int64_t rss_mb = 0;
  std::vector<std::pair<std::string, double>> metrics;  ///< "accuracy"
  bool best = false;                                    ///< the best validation loss so far
};

/// Between records, for a bar that moves.
struct Progress {
  std::int64_t step = 0, total_steps = 0, epoch = 0, epochs = 0;
  double loss = 0, rows_per_s = 0, eta_s = 0;
};

struct Summary {
  std::string status;  ///< finished, stopped, complete (there was nothing left to do)
  std::int64_t step = 0, epochs = 0;
  double seconds = 0, loss = 0;
  std::vector<std::pair<std::string, double>> val;  ///< of the last validation: "loss", "accuracy"
  std::filesystem::path final_path, checkpoint;
  std::string next;  ///< a command to type next
};

class Logger {
 public:
  virtual ~Logger() = default;
  virtual void on_start(const RunInfo&) {}
  virtual void log(const MetricRecord&) {}
  virtual void on_progress(const Progress&) {}
  virtual void on_note(const std::string&) {}  ///< something happened that a person may wonder about later
  virtual void on_checkpoint(const std::filesystem::path&, bool /*best*/) {}
  virtual void on_end(const Summary&) {}
  /// Whether on_progress should be called (a few times a second).
  virtual bool wants_progress() const { return false; }
  /// What brings the log back to this moment; `resume` is called with it before on_start.
  virtual std::string state() const { return {}; }
  virtual void resume(const std::string& /*state*/) {}
};

/// Where a console logger's text goes: the library writes to no stream of its own.
using Sink = std::function<void(std::string_view)>;

struct LoggerOptions {
  Sink sink;              ///< for `console`; empty: silent
  bool terminal = false;  ///< the sink is a terminal: a bar that is redrawn in place
  bool color = false;
  int width = 80;             ///< of the terminal
  std::filesystem::path run;  ///< the run's directory; empty: files are not written
};
using LoggerRegistry = Registry<Logger, const LoggerOptions&>;

/// The header, one line a record (a bar with the time left on a terminal) and where the result is.
std::unique_ptr<Logger> make_console_logger(const LoggerOptions& options);
/// `metrics.jsonl` in the run's directory: one object a line, each written at once. Resuming cuts the file back to
/// where the checkpoint was made, so that no record appears twice. Throws Error(checkpoint) or Error(resource) when the
/// file cannot be written.
std::unique_ptr<Logger> make_jsonl_logger(const LoggerOptions& options);

/// "41.2k", "3.1M", "870": a rate in three digits.
std::string short_number(double value);
/// "00:07", "1:02:03".
std::string clock_text(double seconds);

}  // namespace neuro
