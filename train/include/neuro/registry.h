#pragma once
// Named implementations of a contract. A registry is a value that an explicit call fills: nothing global.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "neuro/error.h"
#include "neuro/str.h"

namespace neuro {

template <class Contract, class... Args>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Contract>(Args...)>;

  /// `what`: the contract's name in messages ("optimizer").
  explicit Registry(std::string what) : what_(std::move(what)) {}

  /// Adds or replaces.
  void add(std::string name, Factory factory) { factories_[std::move(name)] = std::move(factory); }

  /// Throws Error(config) for an unknown name, listing the known ones.
  std::unique_ptr<Contract> create(const std::string& name, Args... args) const {
    const auto found = factories_.find(name);
    if (found != factories_.end()) return found->second(std::forward<Args>(args)...);
    std::string known;
    for (const std::string& each : names()) known += str(known.empty() ? "" : ", ", each);
    throw Error(ErrorCode::config, str("unknown ", what_, " `", name, "`; there are: ", known));
  }

  bool has(const std::string& name) const { return factories_.count(name) > 0; }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& item : factories_) out.push_back(item.first);
    return out;
  }

 private:
  std::string what_;
  std::map<std::string, Factory> factories_;
};

}  // namespace neuro
