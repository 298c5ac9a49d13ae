#pragma once
// The primitives that random programs use, by the language's specification.
#include "sketch.h"

namespace neuro::sketch {

/// Thrown when a program cannot run.
struct Ill {
  std::string why;
};

struct Option {
  std::string name;
  std::optional<double> value = {};  ///< the default
  std::string alias = {};
  bool flag = false;
};
struct Signature {
  std::vector<Option> options;
  int inputs = 1;  ///< -n: n or more
  std::vector<std::string> ports = {};
};
using Options = std::map<std::string, double>;

const std::map<std::string, Signature>& signatures();
/// Elements of the weights of one instance. Throws Ill for values that no instance can have.
std::int64_t own_weights(const std::string& name, const Options& options);
std::vector<Sizes> sizes_after(const std::string& name, const Options& options, const std::vector<Sizes>& in,
                               std::set<std::int64_t>& met);

}  // namespace neuro::sketch
