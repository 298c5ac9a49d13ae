#include "neuro/checkpoint.h"

#include <charconv>
#include <cmath>
#include <sstream>

#include "files.h"
#include "neuro/error.h"
#include "neuro/json.h"
#include "neuro/safetensors.h"
#include "neuro/str.h"
#include "safetensors_write.h"

namespace neuro {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kFormatVersion = 1;

/// A number that state.json must bring back to the last bit; JSON has no infinities, so those are text.
std::string exact(double value) { return std::isfinite(value) ? json::number(value) : json::quote(str(value)); }

std::string totals_json(const Totals& totals) {
  std::string metrics;
  for (const double sum : totals.metrics) metrics += str(metrics.empty() ? "" : ",", exact(sum));
  return json::Object()
      .raw("loss", exact(totals.loss))
      .add("rows", totals.rows)
      .add("steps", totals.steps)
      .raw("metrics", str("[", metrics, "]"))
      .text();
}

std::string texts_json(const std::map<std::string, std::string>& texts) {
  json::Object object;
  for (const auto& [key, text] : texts) object.add(key, text);
  return object.text();
}

/// Reads fields of a state file; a missing or mistyped one is Error(checkpoint).
class StateReader {
 public:
  StateReader(const json::Value& value, const fs::path& path) : value_(value), path_(path) {}

  const json::Value& field(std::string_view key) const {
    const json::Value* found = value_.find(key);
    if (!found) bad(key);
    return *found;
  }
  double number(std::string_view key) const { return number_in(field(key), key); }
  std::int64_t integer(std::string_view key) const {
    const json::Value& found = field(key);
    if (!found.integer) bad(key);
    return *found.integer;
  }
  std::uint64_t natural(std::string_view key) const {
    const std::int64_t value = integer(key);
    if (value < 0) bad(key);
    return static_cast<std::uint64_t>(value);
  }
  std::string text(std::string_view key) const { return field(key).string; }
  std::map<std::string, std::string> texts(std::string_view key) const {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : field(key).object) out[name] = value.string;
    return out;
  }
  Totals totals(std::string_view key) const {
    const StateReader inner(field(key), path_);
    Totals out{inner.number("loss"), inner.integer("rows"), inner.integer("steps"), {}};
    for (const json::Value& sum : inner.field("metrics").list) out.metrics.push_back(inner.number_in(sum, "metrics"));
    return out;
  }

 private:
  double number_in(const json::Value& value, std::string_view key) const {
    if (value.kind == json::Kind::number) return value.number;
    double out = 0;
    const auto [end, error] = std::from_chars(value.string.data(), value.string.data() + value.string.size(), out);
    if (value.kind != json::Kind::string || error != std::errc() || end == value.string.data()) bad(key);
    return out;
  }
  [[noreturn]] void bad(std::string_view key) const {
    throw Error(ErrorCode::checkpoint, str(path_.string(), ": `", key, "` is missing or damaged"));
  }

  const json::Value& value_;
  const fs::path& path_;
};

json::Value parse_file(const std::string& text, const fs::path& path) {
  json::Problem problem;
  auto value = json::parse(text, problem);
  if (!value) throw Error(ErrorCode::checkpoint, str(path.string(), " is damaged: ", problem.title));
  return std::move(*value);
}

class SafetensorsCheckpoint final : public Checkpoint {
 public:
  void save(const Snapshot& snapshot, const fs::path& directory) override {
    using files::Sync;
    write_safetensors(directory / "model.safetensors", {snapshot.model, bundle_metadata(snapshot.bundle)}, Sync::no);
    write_safetensors(directory / "optimizer.safetensors", {snapshot.optimizer, {}}, Sync::no);
    files::write(directory / "state.json", snapshot.state.to_json() + "\n", Sync::no);
    files::write(directory / "source.ns", snapshot.bundle.source, Sync::no);
    files::write(directory / "config.yml", snapshot.config, Sync::no);

    json::Object listed;
    std::vector<fs::path> written{directory / "manifest.json", directory};
    for (const char* name : kFiles) {
      const fs::path path = directory / name;
      listed.raw(name, json::Object()
                           .add("size", static_cast<std::uint64_t>(fs::file_size(path)))
                           .add("xxh3", files::checksum_of_file(path, ErrorCode::checkpoint))
                           .text());
      written.push_back(path);
    }
    files::write(directory / "manifest.json",
                 json::Object()
                         .add("format_version", kFormatVersion)
                         .add("neuron", snapshot.bundle.neuron)
                         .add("parameters", files::checksum(parameter_table(snapshot.model)))
                         .raw("files", listed.text())
                         .text() +
                     "\n",
                 Sync::no);
    files::sync_all(written);
  }

  Snapshot load(const fs::path& directory) override {
    check_manifest(directory);
    Snapshot out;
    TensorFile model = read_safetensors(directory / "model.safetensors");
    out.model = std::move(model.tensors);
    out.bundle = bundle_from(model.metadata);
    out.optimizer = read_safetensors(directory / "optimizer.safetensors").tensors;
    const fs::path state = directory / "state.json";
    out.state = RunState::from_json(files::read(state, ErrorCode::checkpoint), state);
    out.config = files::read(directory / "config.yml", ErrorCode::checkpoint);
    return out;
  }

 private:
  static constexpr const char* kFiles[] = {"model.safetensors", "optimizer.safetensors", "state.json", "source.ns",
                                           "config.yml"};

  static void check_manifest(const fs::path& directory) {
    const fs::path path = directory / "manifest.json";
    const json::Value manifest = parse_file(files::read(path, ErrorCode::checkpoint), path);
    const StateReader reader(manifest, path);
    if (reader.integer("format_version") > kFormatVersion) {
      throw Error(ErrorCode::checkpoint,
                  str(directory.string(), " was written by a newer version (format ", reader.integer("format_version"),
                      ", this one reads ", kFormatVersion, ")"));
    }
    const json::Value& listed = reader.field("files");
    for (const char* name : kFiles) {
      const json::Value* entry = listed.find(name);
      if (!entry) throw Error(ErrorCode::checkpoint, str(path.string(), " does not list ", name));
      const StateReader facts(*entry, path);
      const files::Mapped file(directory / name, ErrorCode::checkpoint);
      if (file.text().size() != facts.natural("size")) {
        throw Error(ErrorCode::checkpoint, str((directory / name).string(), " is damaged: it has ", file.text().size(),
                                               " bytes, ", facts.natural("size"), " were written"));
      }
      if (files::checksum(file.text()) != facts.text("xxh3")) {
        throw Error(ErrorCode::checkpoint,
                    str((directory / name).string(), " is damaged: its checksum is not that of what was written"));
      }
    }
  }
};

std::string param_json(const ParamValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return str(*integer);
  if (const auto* number = std::get_if<double>(&value)) {
    const std::string text = json::number(*number);  // keeps its point: 2.0 is a number, 2 an integer
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value)) return json::quote(*text);
  std::string items;
  for (const std::int64_t item : std::get<std::vector<std::int64_t>>(value))
    items += str(items.empty() ? "" : ",", item);
  return str("[", items, "]");
}

ParamValue param_from(const json::Value& value) {
  switch (value.kind) {
    case json::Kind::boolean: return value.boolean;
    case json::Kind::string: return value.string;
    case json::Kind::list: {
      std::vector<std::int64_t> items;
      for (const json::Value& item : value.list) items.push_back(item.integer.value_or(0));
      return items;
    }
    default: break;
  }
  if (value.integer) return *value.integer;
  return value.number;
}

}  // namespace

std::string RunState::to_json() const {
  json::Object object;
  object.add("step", step)
      .add("epoch", position.epoch)
      .add("row", position.row)
      .add("seed", seed)
      .raw("lr", exact(lr))
      .raw("elapsed", exact(elapsed))
      .raw("best", exact(best))
      .add("best_step", best_step)
      .raw("window", totals_json(window))
      .raw("epoch_totals", totals_json(epoch))
      .raw("loggers", texts_json(loggers))
      .raw("settings", texts_json(settings))
      .add("data", data_fingerprint);
  if (!born.empty()) {
    json::Object steps;
    for (const auto& [name, step_number] : born) steps.add(name, step_number);
    object.raw("born", steps.text());
  }
  return object.text();
}

RunState RunState::from_json(const std::string& text, const fs::path& path) {
  const json::Value value = parse_file(text, path);
  const StateReader reader(value, path);
  RunState out;
  out.step = reader.integer("step");
  out.position = {reader.natural("epoch"), reader.natural("row")};
  out.seed = reader.natural("seed");
  out.lr = reader.number("lr");
  out.elapsed = reader.number("elapsed");
  out.best = reader.number("best");
  out.best_step = reader.integer("best_step");
  out.window = reader.totals("window");
  out.epoch = reader.totals("epoch_totals");
  out.loggers = reader.texts("loggers");
  out.settings = reader.texts("settings");
  out.data_fingerprint = reader.text("data");
  if (const json::Value* born = value.find("born")) {
    for (const auto& [name, step_number] : born->object) out.born[name] = step_number.integer.value_or(0);
  }
  return out;
}

std::unique_ptr<Checkpoint> make_safetensors_checkpoint() { return std::make_unique<SafetensorsCheckpoint>(); }

std::map<std::string, std::string> bundle_metadata(const Bundle& bundle) {
  json::Object params;
  for (const auto& [name, value] : bundle.params) params.raw(name, param_json(value));
  std::map<std::string, std::string> out{{"neuro.format", "1"},
                                         {"neuro.neuron", bundle.neuron},
                                         {"neuro.source", bundle.source},
                                         {"neuro.params", params.text()},
                                         {"neuro.signature", bundle.signature}};
  for (const std::string& line : bundle.instances) out["neuro.instances"] += line + "\n";
  return out;
}

Bundle bundle_from(const std::map<std::string, std::string>& metadata) {
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  Bundle out{text("neuro.neuron"), text("neuro.source"), text("neuro.signature"), {}, {}};
  json::Problem ignored;
  if (const auto params = json::parse(text("neuro.params"), ignored)) {
    for (const auto& [name, value] : params->object) out.params[name] = param_from(value);
  }
  std::istringstream lines(text("neuro.instances"));
  for (std::string line; std::getline(lines, line);) out.instances.push_back(line);
  return out;
}

std::string source_hash(const std::string& source) { return files::checksum(source); }

}  // namespace neuro
