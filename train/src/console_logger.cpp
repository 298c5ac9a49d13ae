#include <algorithm>
#include <cmath>
#include <cstdio>

#include "neuro/logger.h"
#include "neuro/str.h"

namespace neuro {
namespace {

std::string printed(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string fixed(double value, int decimals) { return printed(str("%.", decimals, "f").c_str(), value); }

/// Four decimals, or an exponent where they would show nothing or too much: 0.1873, 3.2e-06, 1.5e+09.
std::string loss_text(double value) {
  const double size = std::abs(value);
  if (size != 0 && size < 5e-5) return printed("%.1e", value);
  return printed(size < 1e6 || !std::isfinite(value) ? "%.4f" : "%.3e", value);
}

std::string lr_text(double value) { return printed(value < 1e-3 ? "%.1e" : "%.4f", value); }

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string plural(std::int64_t n, const char* one) { return str(n, " ", one, n == 1 ? "" : "s"); }

class ConsoleLogger final : public Logger {
 public:
  explicit ConsoleLogger(const LoggerOptions& options) : options_(options) {}

  void on_start(const RunInfo& info) override {
    epochs_width_ = str(info.epochs).size();
    steps_width_ = str(info.total_steps).size();
    line("Model", str(info.neuron, "  ", info.source_place, info.source_place.empty() ? "" : "   ",
                      plural(info.parameters, "parameter"), "   ", info.inputs, " -> ", info.outputs));
    const std::string val =
        info.val_path.empty() ? "no validation set" : str(info.val_rows, " validation rows  ", info.val_path);
    line("Data", str(info.train_rows, " train rows  ", info.train_path, "   ", val));
    line("Loss", info.rule == "config"
                     ? str(info.loss, "   as the config says")
                     : str(info.loss, "   rule ", info.rule, ": ", info.reason, "   (nsrun explain loss)"));
    line("Optim", str(info.optimizer, " lr ", info.lr, "   batch ", info.batch_size, " (",
                      plural(info.steps_per_epoch, "step"), "/epoch, ", plural(info.total_steps, "step"), ")   seed ",
                      info.seed, "   ", plural(info.threads, "thread"), "  ", info.isa));
    for (const std::string& note : info.notes) line("Note", note);
    if (info.resumed_step > 0) line("Resume", str("from step ", info.resumed_step));
  }

  void on_note(const std::string& note) override { line("Note", note); }

  void log(const MetricRecord& r) override {
    const auto done = static_cast<std::int64_t>(std::ceil(r.epoch - 1e-9));
    std::string text =
        str("epoch ", right(str(done), epochs_width_), "/", r.epochs, "  step ", right(str(r.step), steps_width_), "  ",
            r.phase == "val" ? "val_loss " : "loss ", loss_text(r.loss));
    for (const auto& [name, value] : r.metrics)
      text += str("  ", r.phase == "val" ? "val_" : "", name, " ", fixed(value, 4));
    if (r.phase == "train") {
      text += str("  lr ", lr_text(r.lr), "  ", short_number(r.rows_per_s), " rows/s  eta ", clock_text(r.eta_s));
    } else if (r.best) {
      text += "  best";
    }
    emit(text);
  }

  bool wants_progress() const override { return options_.terminal && options_.sink; }

  void on_progress(const Progress& p) override {
    const double share = p.total_steps > 0 ? static_cast<double>(p.step) / static_cast<double>(p.total_steps) : 1;
    const std::string tail =
        str(" ", right(str(static_cast<int>(share * 100)), 3), "%  epoch ", p.epoch, "/", p.epochs, "  loss ",
            loss_text(p.loss), "  ", short_number(p.rows_per_s), " rows/s  eta ", clock_text(p.eta_s));
    const int room = std::clamp(options_.width - static_cast<int>(tail.size()) - 3, 0, 40);
    std::string bar;
    if (room >= 5) {
      const auto full = static_cast<std::size_t>(share * room);
      bar = str("[", std::string(full, '='), std::string(static_cast<std::size_t>(room) - full, ' '), "]");
    }
    std::string text = bar + tail;
    if (static_cast<int>(text.size()) >= options_.width)
      text.resize(static_cast<std::size_t>(std::max(options_.width - 1, 0)));
    write(str("\r\x1b[K", text));
    bar_shown_ = true;
  }

  void on_end(const Summary& s) override {
    std::string val;
    for (const auto& [name, value] : s.val)
      val += str("   val ", name, " ", name == "loss" ? loss_text(value) : fixed(value, 4));
    if (s.status == "finished") {
      line("Done", str(plural(s.epochs, "epoch"), " in ", fixed(s.seconds, 2), " s   final loss ", loss_text(s.loss),
                       val, "   ", s.final_path.string()));
    } else if (s.status == "complete") {
      line("Done", str("nothing left to do: all ", plural(s.step, "step"), " are taken   ", s.final_path.string()));
    } else {
      line("Stopped", str("at step ", s.step, " after ", fixed(s.seconds, 2), " s   saved ", s.checkpoint.string()));
    }
    if (!s.next.empty()) line("Next", s.next);
  }

 private:
  void line(const char* title, const std::string& text) {
    const std::string name = right(title, 8);
    emit(options_.color ? str("\x1b[1;32m", name, "\x1b[0m ", text) : str(name, " ", text));
  }
  void emit(const std::string& text) {
    write(str(bar_shown_ ? "\r\x1b[K" : "", text, "\n"));
    bar_shown_ = false;
  }
  void write(const std::string& text) {
    if (options_.sink) options_.sink(text);
  }

  LoggerOptions options_;
  std::size_t epochs_width_ = 1, steps_width_ = 1;
  bool bar_shown_ = false;
};

}  // namespace

std::unique_ptr<Logger> make_console_logger(const LoggerOptions& options) {
  return std::make_unique<ConsoleLogger>(options);
}

std::string short_number(double value) {
  const char* units[] = {"", "k", "M", "G"};
  std::size_t unit = 0;
  while (value >= 999.5 && unit < 3) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0) return fixed(value, 0);
  return fixed(value, value < 99.95 ? 1 : 0) + units[unit];
}

std::string clock_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e9) return "--:--";
  const auto all = static_cast<std::int64_t>(seconds + 0.5);
  char text[48];
  if (all >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02d:%02d", static_cast<long long>(all / 3600),
                  static_cast<int>(all / 60 % 60), static_cast<int>(all % 60));
  } else {
    std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(all / 60), static_cast<int>(all % 60));
  }
  return text;
}

}  // namespace neuro
