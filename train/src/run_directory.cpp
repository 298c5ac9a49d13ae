#include "neuro/run_directory.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "files.h"
#include "neuro/json.h"
#include "neuro/safetensors.h"
#include "neuro/str.h"

namespace neuro {
namespace fs = std::filesystem;
namespace {

std::string texts_json(const std::map<std::string, std::string>& texts) {
  json::Object object;
  for (const auto& [key, text] : texts) object.add(key, text);
  return object.text();
}

bool is_step(const fs::path& path) { return path.filename().string().starts_with("step-"); }

/// The checkpoint that a text file (LATEST, BEST) names, if it is there.
std::optional<fs::path> pointed(const fs::path& run, const char* file) {
  std::error_code ignored;
  if (!fs::exists(run / file, ignored)) return std::nullopt;
  std::string name = files::read(run / file, ErrorCode::checkpoint);
  while (!name.empty() && (name.back() == '\n' || name.back() == ' ')) name.pop_back();
  const fs::path path = run / name;
  // One name, of one of our checkpoints: not a way out of the directory.
  if (path.filename().string() != name || !is_step(path) || !fs::exists(path / "manifest.json", ignored))
    return std::nullopt;
  return path;
}

void remove_leftovers(const fs::path& run) {
  std::error_code ignored;
  std::vector<fs::path> stale;
  for (fs::directory_iterator it(run, ignored), end; !ignored && it != end; it.increment(ignored)) {
    if (it->path().filename().string().find(".tmp-") != std::string::npos) stale.push_back(it->path());
  }
  for (const fs::path& path : stale) fs::remove_all(path, ignored);
}

/// `XOR` becomes `XOR-20261120-131500`, by the time when it was started.
fs::path move_aside(const fs::path& run, const RunRecord& record) {
  std::string stamp;
  for (const char c : record.started.substr(0, 19)) {
    if (c >= '0' && c <= '9') stamp += c;
    if (c == 'T') stamp += '-';
  }
  const std::string name = str(run.filename().string(), "-", stamp.empty() ? "old" : stamp);
  fs::path aside = run.parent_path() / name;
  for (int n = 2; fs::exists(aside); ++n) aside = run.parent_path() / str(name, "-", n);
  std::error_code error;
  fs::rename(run, aside, error);
  if (error) files::fail("set aside", run, error.value());
  return aside;
}

std::uint64_t bytes_of(const StateDict& state) {
  std::uint64_t bytes = 0;
  for (const auto& item : state) bytes += item.second.bytes();
  return bytes;
}

}  // namespace

struct RunDirectory::State {
  fs::path path;
  files::Lock lock;
  std::optional<fs::path> aside;
  RunRecord record;
};

RunDirectory::RunDirectory(const fs::path& base, const std::string& neuron, Start start)
    : state_(std::make_unique<State>()) {
  state_->path = (base / neuron).lexically_normal();
  const fs::path& run = state_->path;
  const auto take = [&] {
    files::make_directories(run);
    if (!state_->lock.acquire(run / ".lock")) {
      throw Error(ErrorCode::config, str("another process is training in ", run.string(),
                                         "; wait for it, or give this run another `checkpoint.dir`"));
    }
  };
  std::error_code ignored;
  if (start == Start::resume && !fs::exists(run, ignored)) {
    throw Error(ErrorCode::checkpoint, str("nothing to resume: there is no ", run.string()));
  }
  take();
  remove_leftovers(run);
  const auto earlier = read_run_record(run);
  if (start == Start::resume) {
    if (!latest()) throw Error(ErrorCode::checkpoint, str("nothing to resume: ", run.string(), " has no checkpoint"));
    if (earlier) state_->record = *earlier;
    return;
  }
  if (!earlier && !latest()) return;
  if (start == Start::normal && latest() && (!earlier || earlier->status != "finished")) {
    throw Error(ErrorCode::config,
                str("an unfinished run stands in ", run.string(), " (", latest()->filename().string(),
                    "): go on with --resume, or set it aside with --fresh"));
  }
  state_->aside = move_aside(run, earlier.value_or(RunRecord()));
  state_->lock = files::Lock();
  take();
}

RunDirectory::RunDirectory(RunDirectory&&) noexcept = default;
RunDirectory::~RunDirectory() = default;

const fs::path& RunDirectory::path() const { return state_->path; }
const std::optional<fs::path>& RunDirectory::set_aside() const { return state_->aside; }
const RunRecord& RunDirectory::record() const { return state_->record; }

void RunDirectory::write_record(const RunRecord& record) {
  state_->record = record;
  // Not synced: nothing but the wording of messages depends on it, and a checkpoint is found without it.
  files::replace(state_->path / "run.json",
                 json::Object()
                         .add("id", record.id)
                         .add("neuron", record.neuron)
                         .add("status", record.status)
                         .add("started", record.started)
                         .add("ended", record.ended)
                         .add("source_hash", record.source_hash)
                         .raw("config", texts_json(record.settings))
                         .raw("data", texts_json(record.data))
                         .text() +
                     "\n",
                 files::Sync::no);
}

fs::path RunDirectory::step_path(std::int64_t step) const {
  std::string digits = str(step);
  if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
  return state_->path / str("step-", digits);
}

fs::path RunDirectory::save(Checkpoint& format, const Snapshot& snapshot, bool best, std::int64_t keep_last_n) {
  const fs::path& run = state_->path;
  const fs::path target = step_path(snapshot.state.step);
  const fs::path temporary = run / str(".tmp-", ::getpid(), "-", target.filename().string());
  std::error_code ignored;
  files::require_space(run, bytes_of(snapshot.model) + bytes_of(snapshot.optimizer) +
                                2 * snapshot.bundle.source.size() + snapshot.config.size() + 64 * 1024);
  try {
    files::make_directories(temporary);
    format.save(snapshot, temporary);
    if (fs::exists(target, ignored)) {  // left by a run that went further and was resumed from an earlier step
      const fs::path old = run / str(".tmp-", ::getpid(), "-old");
      fs::rename(target, old);
      fs::rename(temporary, target);
      fs::remove_all(old, ignored);
    } else {
      fs::rename(temporary, target);
    }
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(temporary, ignored);
    files::fail("save the checkpoint", target, error.code().value());
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
  const std::string name = target.filename().string() + "\n";
  files::replace(run / "LATEST", name, files::Sync::no);
  if (best) files::replace(run / "BEST", name, files::Sync::no);
  // The names and the pointers' texts together; a pointer that is lost all the same falls back to the newest.
  std::vector<fs::path> changed{run, run / "LATEST"};
  if (best) changed.push_back(run / "BEST");
  files::sync_all(changed);

  std::vector<fs::path> all = checkpoints_of(run);
  const auto best_path = this->best();
  std::erase_if(all, [&](const fs::path& path) { return path == target || (best_path && path == *best_path); });
  const auto keep = static_cast<std::size_t>(std::max<std::int64_t>(keep_last_n - 1, 0));
  for (std::size_t i = 0; i + keep < all.size(); ++i) fs::remove_all(all[i], ignored);
  return target;
}

void RunDirectory::mark_best(const fs::path& checkpoint) {
  files::replace(state_->path / "BEST", checkpoint.filename().string() + "\n");
  files::sync_directory(state_->path);
}

fs::path RunDirectory::write_final(const StateDict& model, const Bundle& bundle) {
  const fs::path target = state_->path / "final.safetensors";
  files::require_space(state_->path, bytes_of(model) + bundle.source.size() + 64 * 1024);
  files::replace_with(target, [&](const fs::path& temporary) {
    write_safetensors(temporary, {model, bundle_metadata(bundle)});
  });
  files::sync_directory(state_->path);
  return target;
}

std::optional<fs::path> RunDirectory::latest() const {
  if (auto path = pointed(state_->path, "LATEST")) return path;
  const std::vector<fs::path> all = checkpoints_of(state_->path);
  if (all.empty()) return std::nullopt;
  return all.back();
}

std::optional<fs::path> RunDirectory::best() const { return pointed(state_->path, "BEST"); }

std::optional<RunRecord> read_run_record(const fs::path& run) {
  std::error_code ignored;
  if (!fs::exists(run / "run.json", ignored)) return std::nullopt;
  json::Problem problem;
  const auto value = json::parse(files::read(run / "run.json", ErrorCode::checkpoint), problem);
  if (!value) return std::nullopt;
  const auto text = [&](const char* key) {
    const json::Value* found = value->find(key);
    return found ? found->string : std::string();
  };
  const auto texts = [&](const char* key) {
    std::map<std::string, std::string> out;
    if (const json::Value* found = value->find(key)) {
      for (const auto& [name, item] : found->object) out[name] = item.string;
    }
    return out;
  };
  return RunRecord{text("id"),    text("neuron"), text("source_hash"), text("started"),
                   text("ended"), text("status"), texts("config"),     texts("data")};
}

std::vector<fs::path> checkpoints_of(const fs::path& run) {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (fs::directory_iterator it(run, ignored), end; !ignored && it != end; it.increment(ignored)) {
    if (is_step(it->path()) && fs::exists(it->path() / "manifest.json", ignored)) out.push_back(it->path());
  }
  // By the number behind "step-": longer is later once numbers outgrow their eight digits.
  std::sort(out.begin(), out.end(), [](const fs::path& a, const fs::path& b) {
    const std::string x = a.filename().string(), y = b.filename().string();
    return std::pair(x.size(), x) < std::pair(y.size(), y);
  });
  return out;
}

}  // namespace neuro
