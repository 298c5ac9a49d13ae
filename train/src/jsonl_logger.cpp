#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>

#include "files.h"
#include "neuro/json.h"
#include "neuro/logger.h"
#include "neuro/str.h"

namespace neuro {
namespace {

/// Times need no more than milliseconds, rates no more than four digits.
double rounded(double value, double unit) { return std::round(value / unit) * unit; }
std::string decimal(double value, int decimals) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, decimals).ptr;
  return {text, end};
}

class JsonlLogger final : public Logger {
 public:
  explicit JsonlLogger(const LoggerOptions& options) : path_(options.run.empty() ? "" : options.run / "metrics.jsonl") {
    if (path_.empty()) return;
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file_ < 0) files::fail("write", path_, errno);
  }
  ~JsonlLogger() override {
    if (file_ >= 0) ::close(file_);
  }
  JsonlLogger(const JsonlLogger&) = delete;
  JsonlLogger& operator=(const JsonlLogger&) = delete;

  void log(const MetricRecord& r) override {
    if (file_ < 0) return;
    json::Object object;
    object.raw("t", decimal(r.time, 2)).raw("elapsed", decimal(r.elapsed, 4)).add("phase", r.phase).add("step", r.step);
    object.add("epoch", rounded(r.epoch, 1e-6)).add("rows", r.rows).add("loss", r.loss);
    for (const auto& [name, value] : r.metrics) object.add(name, value);
    if (r.phase == "train") {
      object.add("lr", r.lr).add("grad_norm", r.grad_norm).raw("rows_per_s", decimal(r.rows_per_s, 0));
      object.raw("data_wait", decimal(r.data_wait, 4)).raw("eta_s", decimal(r.eta_s, 1));
    }
    object.add("rss_mb", r.rss_mb);
    const std::string line = object.text() + "\n";
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t done = ::write(file_, rest.data(), rest.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) files::fail("write", path_, errno);
      rest.remove_prefix(static_cast<std::size_t>(done));
    }
  }

  /// The file's size: what a resumed run cuts it back to.
  std::string state() const override {
    const off_t size = file_ < 0 ? 0 : ::lseek(file_, 0, SEEK_END);
    return str(static_cast<std::int64_t>(size));
  }

  void resume(const std::string& state) override {
    std::int64_t size = 0;
    std::from_chars(state.data(), state.data() + state.size(), size);
    if (file_ < 0 || ::lseek(file_, 0, SEEK_END) < size) return;  // somebody removed it: go on with what is left
    if (::ftruncate(file_, size) != 0) files::fail("cut back", path_, errno);
  }

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace

std::unique_ptr<Logger> make_jsonl_logger(const LoggerOptions& options) {
  return std::make_unique<JsonlLogger>(options);
}

}  // namespace neuro
