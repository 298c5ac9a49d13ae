#include "neuro/config.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuro/suggest.h"
#include "schema.h"
#include "yaml.h"

namespace neuro {
namespace fs = std::filesystem;
namespace {

using Kind = yaml::Node::Kind;
using schema::Key;
using schema::Reader;

/// One key that the config or the command line gives.
struct Given {
  std::string written;  ///< "training.save_every"
  const Key* key = nullptr;
  Span span;  ///< of the key
  yaml::NodePtr value;
};

std::string section_of(const std::string& path) {
  const auto dot = path.find('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}
std::string leaf_of(const std::string& path) { return path.substr(path.find('.') + 1); }

/// A value in the spelling of `Key::off`.
std::string plain_text(const yaml::Node& node) {
  if (node.kind == Kind::null) return "null";
  if (node.kind == Kind::scalar) return node.text;
  if (node.kind == Kind::list) return node.list.empty() ? "[]" : "[...]";
  return node.map.empty() ? "{}" : "{...}";
}

class ConfigReader {
 public:
  ConfigReader(const fs::path& directory, Diagnostics& diags, const KnownNames& names)
      : directory_(directory), diags_(diags), keys_(schema::keys(names)) {
    for (const Key& key : keys_) {
      by_name_[key.path] = &key;
      for (const std::string& alias : key.aliases) by_name_[alias] = &key;
      sections_.insert(section_of(key.path));
    }
    sections_.erase("");
  }

  ConfigResult read(std::uint32_t source, std::span<const std::string> overrides) {
    const std::size_t errors_before = diags_.error_count();
    source_ = source;
    const yaml::NodePtr root = yaml::parse(diags_, source, 0, diags_.sources()[source].text.size());
    if (root) {
      collect_root(*root, source);
      collect_overrides(overrides);
      for (const Given& given : given_) read_key(given);
      check_required(*root, source);
      check_contradictions();
      fill_defaults();
    } else {
      only_files_ = false;
    }
    if (diags_.error_count() > errors_before) {
      result_.problem = ErrorCode::config;
      if (only_files_ && !missing_files_.empty()) {
        const bool source_missing = std::count(missing_files_.begin(), missing_files_.end(), ErrorCode::source) > 0;
        result_.problem = source_missing ? ErrorCode::source : missing_files_.front();
      }
    }
    return std::move(result_);
  }

 private:
  Diagnostic& error(const char* code, std::string title) {
    only_files_ = false;
    return diags_.error(code, std::move(title));
  }

  void collect_root(const yaml::Node& root, std::uint32_t source) {
    if (root.kind == Kind::null) {
      error(codes::kMissingKey, str("the config is empty"))
          .primary({source, 0, 0})
          .help("it needs at least `model: {file: MODEL.ns}` and `data: {train: ROWS.jsonl}`");
      empty_ = true;
      return;
    }
    if (root.kind != Kind::map) {
      error(codes::kWrongType, "a config is a map of sections such as `model:` and `data:`").primary(root.span);
      empty_ = true;
      return;
    }
    std::map<std::string, Span> seen;
    for (const auto& [key, value] : root.map) {
      if (!is_name(*key) || is_duplicate(seen, key->text, *key)) continue;
      if (key->text.starts_with("x-")) continue;
      if (!sections_.count(key->text)) {
        add(key->text, "", *key, value);
      } else if (value->kind == Kind::map) {
        collect_section(key->text, *value);
      } else if (value->kind != Kind::null) {
        error(codes::kWrongType, str("`", key->text, "` takes keys of its own, indented below it"))
            .primary(value->span);
      }
    }
  }

  void collect_section(const std::string& section, const yaml::Node& map) {
    std::map<std::string, Span> seen;
    for (const auto& [key, value] : map.map) {
      if (!is_name(*key) || is_duplicate(seen, key->text, *key)) continue;
      if (key->text.starts_with("x-")) continue;
      add(section + "." + key->text, section, *key, value);
    }
  }

  bool is_name(const yaml::Node& key) {
    if (key.kind == Kind::scalar) return true;
    error(codes::kWrongType, "a key must be a name").primary(key.span);
    return false;
  }

  bool is_duplicate(std::map<std::string, Span>& seen, const std::string& name, const yaml::Node& key) {
    const auto [first, fresh] = seen.emplace(name, key.span);
    if (!fresh) {
      error(codes::kDuplicateKey, str("duplicate key `", name, "`"))
          .primary(key.span, "given again here")
          .secondary(first->second, "first given here");
    }
    return !fresh;
  }

  void add(const std::string& path, const std::string& section, const yaml::Node& key, const yaml::NodePtr& value) {
    const auto found = by_name_.find(path);
    if (found == by_name_.end()) {
      unknown(path, section, key.span);
      return;
    }
    Given given{path, found->second, key.span, value};
    for (const Given& other : given_) {
      if (other.key != given.key) continue;
      error(codes::kContradiction, str("`", path, "` and `", other.written, "` are the same setting"))
          .primary(given.span)
          .secondary(other.span, "given here too")
          .help(str("keep `", found->second->path, "`"));
      return;
    }
    given_.push_back(std::move(given));
  }

  void unknown(const std::string& path, const std::string& section, Span span) {
    const std::string leaf = section.empty() ? path : leaf_of(path);
    Diagnostic& d = error(codes::kUnknownKey, section.empty() ? str("unknown key `", path, "`")
                                                              : str("unknown key `", leaf, "` in `", section, "`"));
    std::vector<std::string> here(section.empty() ? std::vector<std::string>(sections_.begin(), sections_.end())
                                                  : std::vector<std::string>());
    std::string elsewhere;
    for (const auto& [name, key] : by_name_) {
      if (section_of(name) == section) here.push_back(section.empty() ? name : leaf_of(name));
      if (elsewhere.empty() && name == key->path && section_of(name) != section && leaf_of(name) == leaf) {
        elsewhere = section_of(name);
      }
    }
    if (!elsewhere.empty()) {
      d.primary(span, str("exists in `", elsewhere, "`"));
    } else if (const auto near = nearest(leaf, here)) {
      d.primary(span, str("did you mean `", *near, "`?"));
    } else {
      d.primary(span);
    }
  }

  /// `--set key=value` replaces what the file says; the value is YAML, and the same table reads it.
  void collect_overrides(std::span<const std::string> overrides) {
    for (const std::string& text : overrides) {
      const std::uint32_t source = diags_.sources().add("<command line>", text);
      const auto equals = text.find('=');
      const Span whole{source, 0, static_cast<std::uint32_t>(text.size())};
      if (equals == std::string::npos || equals == 0) {
        error(codes::kWrongType, str("`", text, "` is not of the form key=value")).primary(whole);
        continue;
      }
      const std::string path = text.substr(0, equals);
      const Span span{source, 0, static_cast<std::uint32_t>(equals)};
      const auto found = by_name_.find(path);
      if (found == by_name_.end()) {
        unknown(path, section_of(path), span);
        continue;
      }
      yaml::NodePtr value = yaml::parse(diags_, source, equals + 1, text.size());
      if (!value) {
        only_files_ = false;
        continue;
      }
      std::erase_if(given_, [&](const Given& given) { return given.key == found->second; });
      given_.push_back({path, found->second, span, std::move(value)});
    }
  }

  void read_key(const Given& given) {
    const Key& key = *given.key;
    if (!key.read) {
      const std::string value = plain_text(*given.value);
      if (std::find(key.off.begin(), key.off.end(), value) != key.off.end()) return;
      Diagnostic& d = error(codes::kUnsupportedSetting, str("`", given.written, "` is not built yet"));
      d.primary(given.span, "this version does not know how to do this");
      d.help(key.off.empty() ? std::string("remove the key")
                             : str("remove the key, or write `", leaf_of(key.path), ": ", key.off.front(), "`"));
      return;
    }
    Reader reader{diags_, directory_, given.written, key.rule, only_files_, missing_files_};
    key.read(result_.config, *given.value, reader);
    const Span at = given.value->span;
    if (at.source == source_) result_.config.places[key.path] = {at.begin, at.end - at.begin};
  }

  const Given* find(std::string_view path) const {
    for (const Given& given : given_) {
      if (given.key->path == path) return &given;
    }
    return nullptr;
  }

  void check_required(const yaml::Node& root, std::uint32_t source) {
    if (empty_) return;
    for (const Key& key : keys_) {
      if (!key.required || find(key.path)) continue;
      Diagnostic& d = error(codes::kMissingKey, str("`", key.path, "` is missing"));
      const auto section = std::find_if(root.map.begin(), root.map.end(),
                                        [&](const auto& item) { return item.first->text == section_of(key.path); });
      if (section != root.map.end()) {
        d.primary(section->first->span, str("needs `", leaf_of(key.path), ":`"));
      } else {
        d.primary({source, 0, 0}, str("nowhere here is `", section_of(key.path), ":` with `", leaf_of(key.path), ":`"));
      }
    }
  }

  void contradiction(const Given& given, const std::string& title, const std::string& help) {
    error(codes::kContradiction, title).primary(given.span).help(help);
  }

  void check_contradictions() {
    const TrainingConfig& t = result_.config.training;
    struct Use {
      const char* key;
      std::vector<std::string> optimizers;  // those that read the key
    };
    static const std::vector<Use> uses = {
        {"training.momentum", {"sgd", "rmsprop"}},
        {"training.nesterov", {"sgd"}},
        {"training.dampening", {"sgd"}},
        {"training.betas", {"adam", "adamw", "amsgrad", "lion"}},
        {"training.eps", {"adam", "adamw", "amsgrad", "adagrad", "rmsprop"}},
        {"training.alpha", {"rmsprop"}},
        {"training.centered", {"rmsprop"}},
        {"training.lr_decay", {"adagrad"}},
    };
    static const std::vector<std::string> known = {"sgd", "adam", "adamw", "amsgrad", "adagrad", "rmsprop", "lion"};
    const auto among = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), t.optimizer) != names.end();
    };
    for (const auto& [key, optimizers] : uses) {
      if (const Given* given = find(key); given && among(known) && !among(optimizers)) {
        contradiction(*given, str("`", leaf_of(key), "` is not used by `optimizer: ", t.optimizer, "`"),
                      str("write `optimizer: ", optimizers.front(), "`, or remove the key"));
      }
    }
    const bool still = t.optimizer == "sgd" && t.momentum == 0;
    if (const Given* given = find("training.nesterov"); given && still && t.nesterov) {
      contradiction(*given, "`nesterov` needs a momentum above 0", "add `momentum: 0.9`");
    }
    if (const Given* given = find("training.dampening"); given && still && t.dampening != 0) {
      contradiction(*given, "`dampening` needs a momentum above 0", "add `momentum: 0.9`");
    }
  }

  /// What depends on another key.
  void fill_defaults() {
    TrainingConfig& t = result_.config.training;
    if (!t.betas) t.betas = {0.9, t.optimizer == "lion" ? 0.99 : 0.999};
    if (!t.eps) t.eps = t.optimizer == "adagrad" ? 1e-10 : 1e-8;
  }

  const fs::path& directory_;
  Diagnostics& diags_;
  std::uint32_t source_ = 0;
  std::vector<Key> keys_;
  std::map<std::string, const Key*> by_name_;
  std::set<std::string> sections_;
  std::vector<Given> given_;
  std::vector<ErrorCode> missing_files_;
  bool only_files_ = true;
  bool empty_ = false;
  ConfigResult result_;
};

}  // namespace

std::string Interval::text() const { return epochs ? str(count, count == 1 ? "epoch" : "epochs") : str(count); }

ConfigResult parse_config(std::string name, std::string text, const fs::path& directory,
                          std::span<const std::string> overrides, Diagnostics& diags, const KnownNames& names) {
  const fs::path path = name;
  const std::uint32_t source = diags.sources().add(std::move(name), text);
  ConfigResult result = ConfigReader(directory, diags, names).read(source, overrides);
  result.config.path = path;
  result.config.text = std::move(text);
  return result;
}

ConfigResult read_config(const fs::path& path, std::span<const std::string> overrides, Diagnostics& diags,
                         const KnownNames& names) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path, ignored)) {
    Diagnostic& d = diags.error(codes::kMissingFile, str("failed to read the config `", path.string(), "`"));
    d.note(fs::is_directory(path, ignored) ? "it is a directory"
           : fs::exists(path, ignored)     ? "it exists, but may not be read"
                                           : "there is no such file");
    return {{}, ErrorCode::config};
  }
  std::string text((std::istreambuf_iterator<char>(file)), {});
  return parse_config(path.string(), std::move(text), path.parent_path(), overrides, diags, names);
}

std::vector<Setting> settings(const TrainConfig& config) {
  std::vector<Setting> out;
  for (const Key& key : schema::keys({})) {
    if (key.read) out.push_back({key.path, key.show(config), key.rule.fixed});
  }
  return out;
}

}  // namespace neuro
