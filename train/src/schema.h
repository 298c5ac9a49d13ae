#pragma once
// The schema of a config: one table. Adding a key is adding a line to it.
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "neuro/config.h"
#include "yaml.h"

namespace neuro::schema {

/// What a key's value must satisfy beyond its type.
struct Rule {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open_min = false, open_max = false;  ///< the bound itself is refused
  std::vector<std::string> choices = {};    ///< of a name: what it may be; empty: anything
  std::vector<std::string> later = {};      ///< names that are known, and not built in this version
  ErrorCode missing = ErrorCode::config;    ///< of a file: what kind of thing is missing
  bool written = false;                     ///< of a path: it is written to, so it need not exist
  bool fixed = false;                       ///< Setting::fixed
};

/// Reads one value: where it stands, and where problems go.
struct Reader {
  Diagnostics& diags;
  const std::filesystem::path& directory;
  std::string key;  ///< "training.lr", for messages
  const Rule& rule;
  bool& only_files;  ///< cleared by every problem that is not a missing file
  std::vector<ErrorCode>& missing_files;

  void wrong_type(const yaml::Node& node, const std::string& takes, const std::string& help = {}) const;
  void out_of_range(const yaml::Node& node, const std::string& must) const;
  void unsupported(const yaml::Node& node, const std::string& title) const;
};

struct Key {
  std::string path;  ///< "training.lr"
  /// Null: known, and not built in this version.
  std::function<void(TrainConfig&, const yaml::Node&, Reader&)> read;
  std::function<std::string(const TrainConfig&)> show;
  Rule rule;
  std::vector<std::string> aliases = {};  ///< other names of the same key
  bool required = false;
  std::vector<std::string> off = {};  ///< of a key not built: values that ask for nothing
};

std::vector<Key> keys(const KnownNames& names);

}  // namespace neuro::schema
