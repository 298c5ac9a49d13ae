#pragma once
// Golden values of tests/golden/torch: how each operation named there is called with ours.
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "neuro/ops.h"

namespace neuro::golden {

/// Attributes of a case. One that is asked for and not there fails the test, unless a default is given.
class Args {
 public:
  std::map<std::string, std::vector<double>> numbers;  ///< a single number is a list of one
  std::map<std::string, std::string> texts;

  bool has(const std::string& name) const { return numbers.count(name) + texts.count(name) > 0; }
  double number(const std::string& name) const { return list(name).at(0); }
  double number(const std::string& name, double otherwise) const { return has(name) ? number(name) : otherwise; }
  std::int64_t integer(const std::string& name) const { return static_cast<std::int64_t>(number(name)); }
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const {
    return has(name) ? integer(name) : otherwise;
  }
  int axis(const std::string& name = "axis") const { return static_cast<int>(integer(name)); }
  KeepDim keep() const { return integer("keep") != 0 ? KeepDim::yes : KeepDim::no; }
  std::vector<std::int64_t> integers(const std::string& name) const {
    const std::vector<double>& all = list(name);
    return {all.begin(), all.end()};
  }
  std::vector<int> axes(const std::string& name = "axes") const {
    const std::vector<std::int64_t> all = integers(name);
    return {all.begin(), all.end()};
  }
  /// The list as an array of an options struct; `otherwise` when the case does not give it.
  template <std::size_t n>
  std::array<std::int64_t, n> array(const std::string& name, std::array<std::int64_t, n> otherwise) const {
    if (!has(name)) return otherwise;
    for (std::size_t i = 0; i < n; ++i) otherwise[i] = integers(name).at(i);
    return otherwise;
  }
  Shape shape(const std::string& name = "shape") const { return Shape(integers(name)); }
  std::string text(const std::string& name, const std::string& otherwise = {}) const {
    return texts.count(name) > 0 ? texts.at(name) : otherwise;
  }

 private:
  const std::vector<double>& list(const std::string& name) const {
    if (numbers.count(name) == 0) throw std::runtime_error("the case has no attribute " + name);
    return numbers.at(name);
  }
};

using Operands = std::span<const Var>;
using Results = std::vector<Var>;
/// Records one case with our operations.
using Record = Results (*)(Operands in, const Args& args);
using Table = std::map<std::string, Record>;

/// Operand i, or an undefined value when the case does not have so many.
inline Var optional(Operands in, std::size_t i) { return i < in.size() ? in[i] : Var(); }

// One a file of rows, in golden_FAMILY_test.cpp.
Table elementwise(), reduction(), order(), shape(), product(), spatial(), probability(), indexing(), norm(), losses(),
    sequence(), resample();

}  // namespace neuro::golden
