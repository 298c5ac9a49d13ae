#include "neuro/trainer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <set>

#include "neuro/parallel.h"
#include "neuro/safetensors.h"
#include "neuro/str.h"
#include "prepare.h"
#include "step.h"

namespace neuro {
namespace fs = std::filesystem;
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// "2026-11-20T13:15:00Z".
std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::int64_t peak_memory_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// One run from its first step, or the one after its checkpoint's, to its last.
class TrainingRun {
 public:
  TrainingRun(RunParts parts, const TrainOptions& options, const Contracts& contracts)
      : p_(std::move(parts)),
        options_(options),
        config_(p_.config),
        train_(p_.train),
        val_(p_.val),
        contracts_(contracts),
        step_parts_(config_.training.seed),
        format_(contracts.checkpoints.create("safetensors")) {
    step_parts_.model = p_.model;
    step_parts_.loss = &p_.loss;
    step_parts_.max_grad_norm = config_.training.max_grad_norm;
    const bool resumes = options_.start == Start::resume && !options_.dry_run && !config_.checkpoint.dir.empty();
    if (!resumes) build_for_first_batch();
    adopt({});
    step_parts_.adopt = [this] { adopt({}); };
    if (!resumes) require_parameters();
    if (p_.info.steps_per_epoch == 0 && config_.training.epochs > 0) {
      throw Error(ErrorCode::config, str("no batch to train on: ", train_.size(), " rows are fewer than `batch_size: ",
                                         config_.training.batch_size, "`, and `drop_last` leaves out the rest"));
    }
    state_.seed = config_.training.seed;
    state_.lr = config_.training.lr;
    open_run(contracts);
  }

  TrainResult run() {
    if (options_.dry_run) return dry_run();
    if (resumed_ && state_.step >= p_.info.total_steps) return nothing_to_do();
    begin();
    while (state_.step < p_.info.total_steps) {
      if (train_.upcoming() == 0) {
        state_.epoch = {};
        train_.seek({train_.position().epoch + 1, 0});
      }
      if (!take_step()) diverged();
      after_step();
      if (const int signal = asked_to_stop(); signal != 0 && state_.step < p_.info.total_steps) return stop(signal);
    }
    return finish();
  }

 private:
  // ---- parameters ----

  /// What the first batch needs is built before there is an optimizer (spec: neuroscript.md, 4.3).
  void build_for_first_batch() const {
    const std::int64_t rows = train_.upcoming();
    if (rows == 0) return;
    const NoGrad no_grad;
    std::vector<Var> inputs;
    for (const Column& column : train_.columns())
      inputs.push_back(placeholder(column.row.inserted(0, rows), column.dtype));
    ForwardContext context;
    p_.model.record(std::span<const Var>(inputs.data(), inputs.size() - 1), context);
  }

  void require_parameters() const {
    if (!step_parts_.blocks.empty()) return;
    throw Error(ErrorCode::source, str(p_.info.neuron, " has no parameters: there is nothing to train"));
  }

  /// Takes in the parameters that passes have built since the last time; they begin with fresh optimizer states and the
  /// current learning rate. `born`: the steps after which a resumed run's parameters joined.
  void adopt(const std::map<std::string, std::int64_t>& born) {
    if (adopted_ == p_.model.generation()) return;
    std::set<std::string> known;
    for (const ParameterBlock& block : step_parts_.blocks) {
      for (const Parameter& parameter : block.parameters) known.insert(parameter.name);
    }
    std::map<std::int64_t, std::vector<Parameter>> fresh;
    std::string names;
    std::int64_t numbers = 0;
    for (const Parameter& parameter : p_.model.parameters()) {
      if (!parameter.trainable || parameter.buffer || known.count(parameter.name) > 0) continue;
      const auto at = born.find(parameter.name);
      fresh[at == born.end() ? state_.step : at->second].push_back(parameter);
      names += str(names.empty() ? "" : ", ", parameter.name);
      numbers += parameter.var.shape().elements();
    }
    for (auto& [step, parameters] : fresh) {
      auto optimizer = contracts_.optimizers.create(config_.training.optimizer, config_.training, parameters);
      step_parts_.blocks.emplace_back(std::move(parameters), std::move(optimizer), step);
    }
    if (adopted_ >= 0) {
      replan_ = true;  // what was planned before leaves the new ones out
      p_.info.parameters = p_.model.parameter_count();
      if (begun_ && !names.empty()) {
        const std::string note = str("step ", state_.step, ": ", numbers, " new parameters join: ", names);
        for (auto& [name, logger] : loggers_) logger->on_note(note);
      }
    } else {
      p_.info.parameters = p_.model.parameter_count();
    }
    adopted_ = p_.model.generation();
  }

  StateDict optimizer_state() const {
    StateDict all;
    for (const ParameterBlock& block : step_parts_.blocks) {
      for (auto& item : block.optimizer->state()) all.push_back(std::move(item));
    }
    return all;
  }

  // ---- before the first step ----

  void open_run(const Contracts& contracts) {
    const bool files = !config_.checkpoint.dir.empty() && !options_.dry_run;
    if (files) run_.emplace(config_.checkpoint.dir, p_.info.neuron, options_.start);
    LoggerOptions log = options_.console;
    if (files) {
      log.run = p_.info.run = run_->path();
      if (run_->set_aside())
        p_.info.notes.push_back(str("the earlier run was set aside as ", run_->set_aside()->string()));
    }
    for (const std::string& name : config_.logging.loggers) {
      loggers_.emplace_back(name, contracts.loggers.create(name, log));
      wants_progress_ = wants_progress_ || loggers_.back().second->wants_progress();
    }
    if (files && options_.start == Start::resume) resume();
  }

  fs::path checkpoint_to_resume() const {
    const fs::path& given = options_.resume_from;
    if (given.empty() || fs::weakly_canonical(given) == fs::weakly_canonical(run_->path())) return *run_->latest();
    if (fs::weakly_canonical(given).parent_path() != fs::weakly_canonical(run_->path())) {
      throw Error(ErrorCode::config,
                  str("--resume takes a checkpoint of ", run_->path().string(), ", not ", given.string()));
    }
    return given;
  }

  void resume() {
    const fs::path from = checkpoint_to_resume();
    Snapshot snapshot = [&] {
      try {
        return format_->load(from);
      } catch (const Error& error) {
        const std::vector<fs::path> all = checkpoints_of(run_->path());
        std::string older;
        for (const fs::path& path : all) {
          if (path.filename() < from.filename()) older = path.string();
        }
        if (older.empty()) throw;
        throw Error(error.code(), str(error.what(), "\nan older checkpoint may be whole: --resume ", older));
      }
    }();
    try {
      p_.model.materialise(snapshot.bundle.instances);
      step_parts_.blocks.clear();
      adopted_ = -1;
      adopt(snapshot.state.born);
      require_parameters();
      p_.model.load_state_dict(snapshot.model);
      for (const ParameterBlock& block : step_parts_.blocks) block.optimizer->load(snapshot.optimizer);
    } catch (const Error& error) {
      throw Error(ErrorCode::checkpoint, str(from.string(), ": ", error.what(),
                                             "\nthe model or the optimizer is another than that of the checkpoint"));
    }
    compare_settings(snapshot.state, from);
    if (snapshot.bundle.source != p_.source)
      p_.info.notes.push_back("the source was edited since the checkpoint; its parameters are the same");
    state_ = std::move(snapshot.state);
    saved_step_ = state_.step;
    last_checkpoint_ = from;
    train_.seek(state_.position);
    p_.info.resumed_step = state_.step;
    resumed_ = true;
    if (state_.step >= p_.info.total_steps) return;  // nothing will be logged
    for (auto& [name, logger] : loggers_) {
      if (const auto found = state_.loggers.find(name); found != state_.loggers.end()) logger->resume(found->second);
    }
  }

  void compare_settings(const RunState& before, const fs::path& from) const {
    if (options_.allow_config_change) return;
    std::string changed;
    for (const auto& [key, value] : fixed_settings()) {
      const auto found = before.settings.find(key);
      if (found == before.settings.end() || found->second == value) continue;
      changed += str("\n  ", key, ": ", found->second, " then, ", value, " now");
    }
    if (before.data_fingerprint != train_.fingerprint()) changed += "\n  the training data is not the same";
    if (changed.empty()) return;
    throw Error(ErrorCode::config, str("the run in ", from.parent_path().string(), " was trained with other settings:",
                                       changed, "\nuse those, start anew with --fresh, or give --allow-config-change"));
  }

  std::map<std::string, std::string> fixed_settings() const {
    std::map<std::string, std::string> out;
    for (Setting& setting : settings(config_)) {
      if (setting.fixed) out[setting.key] = std::move(setting.value);
    }
    return out;
  }

  void begin() {
    if (run_) {
      state_.settings = fixed_settings();
      state_.data_fingerprint = train_.fingerprint();
      RunRecord record = run_->record();
      if (!resumed_) {
        record = RunRecord();
        record.started = timestamp();
        record.id = str(record.started, "-", ::getpid());
        record.neuron = p_.info.neuron;
      }
      record.source_hash = source_hash(p_.source);
      for (Setting& setting : settings(config_)) record.settings[setting.key] = std::move(setting.value);
      record.data["train"] = state_.data_fingerprint;
      if (val_) record.data["val"] = val_->fingerprint();
      record.status = "running";
      record.ended.clear();
      run_->write_record(record);
    }
    for (auto& logger : loggers_) logger.second->on_start(p_.info);
    begun_ = true;
    started_ = window_started_ = progress_shown_ = seconds_now();
    elapsed_before_ = state_.elapsed;
  }

  // ---- one step ----

  Step& step_for(Step::Kind kind, const DataLoader& data, std::int64_t rows) {
    auto& plans = kind == Step::Kind::train ? train_steps_ : val_steps_;
    const auto found = plans.find(rows);
    if (found != plans.end()) return found->second;
    Step& step = plans.emplace(rows, Step(kind, step_parts_, data.columns(), rows)).first->second;
    if (options_.profiler != nullptr) {
      step.profile(options_.profiler, str(kind == Step::Kind::train ? "train, " : "validate, ", rows, " rows"));
    }
    return step;
  }

  bool take_step() {
    const std::int64_t rows = train_.upcoming();
    if (replan_) {
      train_steps_.clear();
      replan_ = false;
      step_rows_ = -1;
    }
    if (rows != step_rows_) {
      step_ = &step_for(Step::Kind::train, train_, rows);
      if (replan_) {  // this one knows what it has built itself
        auto own = train_steps_.extract(rows);
        train_steps_.clear();
        train_steps_.insert(std::move(own));
        replan_ = false;
      }
      step_rows_ = rows;
    }
    batch_begin_ = train_.position();
    train_.next(step_->inputs());
    step_parts_.set(state_.lr, state_.step + 1);
    if (!run(*step_, train_, batch_begin_, rows)) return false;
    ++state_.step;
    add(state_.window, *step_, rows);
    add(state_.epoch, *step_, rows);
    return true;
  }

  /// False: diverged. Numbers of a row that are no index of the model's table show only when they are looked up.
  bool run(Step& step, const DataLoader& data, Position begin, std::int64_t rows) {
    try {
      return step.run();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::index) throw;
      set_status("failed");
      throw Error(ErrorCode::data, str("the data does not fit the model: ", error.what(), "\nthe batch's rows: ",
                                       rows_text(data, begin, rows), "; indices are whole numbers from 0"));
    }
  }

  /// The first rows of a batch: "train.jsonl:3, train.jsonl:8 and 30 more".
  static std::string rows_text(const DataLoader& data, Position begin, std::int64_t rows) {
    std::string text;
    constexpr std::int64_t kShown = 4;
    for (std::int64_t i = 0; i < rows && i < kShown; ++i) {
      const std::uint64_t row = data.row_at({begin.epoch, begin.row + static_cast<std::uint64_t>(i)});
      text += str(i > 0 ? ", " : "", data.place(row));
    }
    if (rows > kShown) text += str(" and ", rows - kShown, " more");
    return text;
  }

  static void add(Totals& totals, const Step& step, std::int64_t rows) {
    const auto weight = static_cast<double>(rows);
    totals.loss += static_cast<double>(step.loss()) * weight;
    totals.rows += rows;
    ++totals.steps;
    totals.metrics.resize(step.metric_names().size());
    for (std::size_t i = 0; i < totals.metrics.size(); ++i)
      totals.metrics[i] += static_cast<double>(step.metric(i)) * weight;
  }

  void after_step() {
    const bool last = state_.step == p_.info.total_steps;
    if (state_.step % config_.logging.every == 0) log_window();
    if (wants_progress_) show_progress();
    bool improved = false;
    if (val_ && due(config_.eval.every)) {
      improved = validate();
    }
    const bool save_now = due(config_.checkpoint.every) || last;
    if (run_ && (save_now || (improved && config_.checkpoint.keep_best))) save(improved);
  }

  bool due(const Interval& every) const {
    if (!every.epochs) return state_.step % every.count == 0;
    return train_.upcoming() == 0 && (train_.position().epoch + 1) % static_cast<std::uint64_t>(every.count) == 0;
  }

  int asked_to_stop() const {
    if (options_.stop_signal) {
      if (const int signal = options_.stop_signal->load(std::memory_order_relaxed)) return signal;
    }
    return options_.stop.stop_requested() ? -1 : 0;
  }

  // ---- records ----

  double elapsed() const { return elapsed_before_ + (seconds_now() - started_); }

  /// Epochs begun so far count as whole once their last row is done.
  double epochs_done() const {
    const Position at = train_.position();
    const double rows = static_cast<double>(std::max<std::uint64_t>(train_.size(), 1));
    const double part = train_.upcoming() == 0 ? 1 : static_cast<double>(at.row) / rows;
    return static_cast<double>(at.epoch) + part;
  }

  MetricRecord record(const char* phase, const Totals& totals, const std::vector<std::string>& names) const {
    MetricRecord r;
    r.time = static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count()) /
             1000;
    r.elapsed = elapsed();
    r.phase = phase;
    r.step = state_.step;
    r.epoch = epochs_done();
    r.epochs = config_.training.epochs;
    r.loss = totals.mean_loss();
    for (std::size_t i = 0; i < names.size() && i < totals.metrics.size(); ++i) {
      r.metrics.emplace_back(names[i], totals.metrics[i] / static_cast<double>(std::max<std::int64_t>(totals.rows, 1)));
    }
    r.rss_mb = peak_memory_mb();
    return r;
  }

  double time_left(double spent) const {
    const auto done = static_cast<double>(state_.step - p_.info.resumed_step);
    return done > 0 ? spent / done * static_cast<double>(p_.info.total_steps - state_.step) : 0;
  }

  void log_window() {
    const double now = seconds_now(), waited = train_.waited();
    MetricRecord r = record("train", state_.window, step_->metric_names());
    r.rows = rows_so_far();
    r.lr = state_.lr;
    r.grad_norm = static_cast<double>(step_->grad_norm());
    r.rows_per_s = static_cast<double>(state_.window.rows) / std::max(now - window_started_, 1e-9);
    r.data_wait = waited - window_waited_;
    r.eta_s = time_left(now - started_);
    for (auto& logger : loggers_) logger.second->log(r);
    state_.window = {};
    window_started_ = now;
    window_waited_ = waited;
  }

  std::int64_t rows_so_far() const {
    const Position at = train_.position();
    const std::uint64_t whole = train_.batches() * static_cast<std::uint64_t>(config_.training.batch_size);
    return static_cast<std::int64_t>(at.epoch * std::min(whole, train_.size()) + at.row);
  }

  void show_progress() {
    const double now = seconds_now();
    if (now - progress_shown_ < 0.1) return;
    progress_shown_ = now;
    const double spent = now - started_;
    Progress p{state_.step,
               p_.info.total_steps,
               static_cast<std::int64_t>(train_.position().epoch) + 1,
               config_.training.epochs,
               state_.epoch.mean_loss(),
               0,
               time_left(spent)};
    p.rows_per_s = static_cast<double>(state_.window.rows) / std::max(now - window_started_, 1e-9);
    for (auto& logger : loggers_) logger.second->on_progress(p);
  }

  /// Looks at all validation rows; true when the loss is the best so far.
  bool validate() {
    Totals totals;
    const Step* step = nullptr;
    for (val_->seek({0, 0}); const std::int64_t rows = val_->upcoming();) {
      Step& plan = step_for(Step::Kind::validate, *val_, rows);
      const Position begin = val_->position();
      val_->next(plan.inputs());
      run(plan, *val_, begin, rows);
      add(totals, plan, rows);
      step = &plan;
    }
    validated_step_ = state_.step;
    val_loss_ = totals.mean_loss();
    MetricRecord r = record("val", totals, step ? step->metric_names() : std::vector<std::string>());
    r.rows = totals.rows;
    val_metrics_ = r.metrics;
    r.best = is_best(val_loss_);
    for (auto& logger : loggers_) logger.second->log(r);
    return r.best;
  }

  bool is_best(double loss) {
    if (!(loss < state_.best)) return false;
    state_.best = loss;
    state_.best_step = state_.step;
    return true;
  }

  // ---- checkpoints ----

  void save(bool best) {
    if (!val_) best = is_best(state_.epoch.mean_loss());
    best = best && config_.checkpoint.keep_best;
    state_.position = train_.position();
    state_.elapsed = elapsed();
    for (auto& [name, logger] : loggers_) state_.loggers[name] = logger->state();
    for (const ParameterBlock& block : step_parts_.blocks) {
      for (const Parameter& parameter : block.parameters) {
        if (block.born > 0) state_.born[parameter.name] = block.born;
      }
    }
    const Snapshot snapshot{p_.model.state_dict(), optimizer_state(), state_, bundle(), config_.text};
    last_checkpoint_ = run_->save(*format_, snapshot, best, config_.checkpoint.keep_last_n);
    saved_step_ = state_.step;
    for (auto& logger : loggers_) logger.second->on_checkpoint(last_checkpoint_, best);
  }

  Bundle bundle() const {
    return {p_.info.neuron, p_.source, str(p_.info.inputs, " -> ", p_.info.outputs), config_.model.params,
            p_.model.lazy_instances()};
  }

  void set_status(const char* status) {
    if (!run_) return;
    RunRecord record = run_->record();
    record.status = status;
    record.ended = timestamp();
    run_->write_record(record);
  }

  // ---- ends ----

  TrainResult result(TrainStatus status, int signal = 0) const {
    TrainResult r;
    r.status = status;
    r.signal = signal;
    r.step = state_.step;
    r.epochs = state_.step == 0 ? 0 : static_cast<std::int64_t>(train_.position().epoch) + 1;
    r.loss = state_.epoch.mean_loss();
    r.val_loss = val_loss_;
    r.val_metrics = val_metrics_;
    r.seconds = saved_step_ == state_.step ? state_.elapsed : elapsed();  // the last save is not training
    if (run_) r.run = run_->path();
    r.checkpoint = last_checkpoint_;
    if (run_ && fs::exists(run_->path() / "final.safetensors")) r.final_path = run_->path() / "final.safetensors";
    return r;
  }

  Summary summary(const char* status, const TrainResult& r, std::string next) const {
    Summary s{status, r.step, r.epochs, r.seconds, r.loss, {}, r.final_path, r.checkpoint, std::move(next)};
    if (std::isfinite(val_loss_)) {
      s.val.emplace_back("loss", val_loss_);
      s.val.insert(s.val.end(), val_metrics_.begin(), val_metrics_.end());
    }
    return s;
  }

  TrainResult finish() {
    if (run_ && saved_step_ != state_.step) save(false);  // no step was taken at all
    // What follows is not in the checkpoint: a run that is given more epochs goes on as if it had never ended here.
    if (state_.window.steps > 0) log_window();
    if (val_ && validated_step_ != state_.step && validate() && run_ && config_.checkpoint.keep_best)
      run_->mark_best(last_checkpoint_);
    if (run_) {
      run_->write_final(p_.model.state_dict(), bundle());
      set_status("finished");
    }
    const TrainResult r = result(TrainStatus::finished);
    const std::string next =
        config_.model.file.empty() ? "" : str("nsrun infer ", config_.model.file.string(), " input.json");
    for (auto& logger : loggers_) logger.second->on_end(summary("finished", r, next));
    return r;
  }

  TrainResult nothing_to_do() {
    const TrainResult r = result(TrainStatus::nothing_to_do);
    for (auto& logger : loggers_) logger.second->on_end(summary("complete", r, ""));
    return r;
  }

  TrainResult stop(int signal) {
    if (run_ && saved_step_ != state_.step) save(false);
    set_status("stopped");
    const TrainResult r = result(TrainStatus::stopped, signal > 0 ? signal : 0);
    const std::string next =
        config_.path.empty() || !run_ ? "" : str("nsrun train ", config_.path.string(), " --resume");
    for (auto& logger : loggers_) logger.second->on_end(summary("stopped", r, next));
    return r;
  }

  TrainResult dry_run() {
    begin();
    if (p_.info.total_steps > 0 && !take_step()) diverged();
    return result(TrainStatus::finished);
  }

  [[noreturn]] void diverged() {
    const float loss = step_->loss();
    set_status("diverged");
    const std::string last = last_checkpoint_.empty() ? std::string("no checkpoint was saved before")
                                                      : str("the last checkpoint is ", last_checkpoint_.string());
    throw Error(ErrorCode::diverged,
                str("training diverged at step ", state_.step + 1, ": the loss is ", loss,
                    ", the norm of the gradient ", step_->grad_norm(),
                    "; nothing was updated. The batch's rows: ", rows_text(train_, batch_begin_, step_rows_), "; ",
                    last, ". Try a smaller `lr` (now ", state_.lr, ")",
                    config_.training.max_grad_norm == 0 ? " or `max_grad_norm: 1.0`" : "", ", and look at those rows"));
  }

  RunParts p_;
  const TrainOptions& options_;
  const TrainConfig& config_;
  DataLoader& train_;
  DataLoader* val_;
  const Contracts& contracts_;
  StepParts step_parts_;
  std::unique_ptr<Checkpoint> format_;
  std::int64_t adopted_ = -1;  ///< generation of the model whose parameters are in blocks
  bool replan_ = false, begun_ = false;
  std::optional<RunDirectory> run_;
  std::vector<std::pair<std::string, std::unique_ptr<Logger>>> loggers_;
  bool wants_progress_ = false;

  std::map<std::int64_t, Step> train_steps_, val_steps_;  // by rows of the batch
  Step* step_ = nullptr;
  std::int64_t step_rows_ = -1;
  Position batch_begin_;

  RunState state_;
  bool resumed_ = false;
  std::int64_t saved_step_ = -1, validated_step_ = -1;
  fs::path last_checkpoint_;
  double val_loss_ = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::pair<std::string, double>> val_metrics_;
  double started_ = 0, elapsed_before_ = 0, window_started_ = 0, window_waited_ = 0, progress_shown_ = 0;
};

}  // namespace

TrainResult run_training(RunParts parts, const TrainOptions& options, const Contracts& contracts) {
  return TrainingRun(std::move(parts), options, contracts).run();
}

TrainResult train(Prepared& prepared, const TrainOptions& options, const Contracts& contracts) {
  return run_training({prepared.model, prepared.config, *prepared.train, prepared.val.get(), *prepared.loss,
                       prepared.info, prepared.program.source()},
                      options, contracts);
}

Trainer::Trainer(Model model, TrainConfig config, Contracts contracts)
    : model_(std::move(model)), config_(std::move(config)), contracts_(std::move(contracts)) {}

TrainResult Trainer::fit(std::unique_ptr<DataLoader> train, std::unique_ptr<DataLoader> val,
                         const TrainOptions& options) {
  RunInfo info;
  describe(info, model_, config_, *train, val.get());
  info.train_path = "rows in memory";
  const auto loss = choose_loss(model_, config_, *train, val.get(), contracts_, info);
  return run_training({model_, config_, *train, val.get(), *loss, info, ""}, options, contracts_);
}

}  // namespace neuro
