#pragma once
// Program: NeuroScript source, parsed and checked; the way from text to Model.
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "neuro/diagnostic.h"
#include "neuro/elaborate.h"
#include "neuro/model.h"

namespace neuro {

/// A neuron as `nsrun list` shows it.
struct NeuronInfo {
  std::string name;
  std::string signature;  ///< "FFN(dim, expansion=4)"
  std::string inputs;     ///< "[*batch, dim]"; several as "(a: [..], b: [..])"
  std::string outputs;
  std::string doc;  ///< first line of its doc comment
  bool primitive = false;
  Span span;  ///< of its name
};

/// The text of a source file. Throws Error(source) when it cannot be read ("Failed to read", and the nearest name).
std::string read_source(const std::filesystem::path& path);

/// A checked set of neurons. Cheap to copy.
class Program {
 public:
  /// Parses and checks; problems are in `diagnostics()`, nothing is thrown for them. Throws Error(source) when the file
  /// cannot be read ("Failed to read").
  static Program from_file(const std::filesystem::path& path);
  static Program from_source(std::string text, std::string name = "<memory>");

  const Diagnostics& diagnostics() const;
  bool ok() const { return !diagnostics().has_errors(); }
  const std::vector<NeuronInfo>& neurons() const;  ///< those of this file, in source order
  const std::string& source() const;               ///< the text
  const std::string& name() const;                 ///< the file name as given

  /// The neuron to use when none is named: PascalCase of the file stem, else the only one that no other uses.
  /// Throws Error(source) listing the candidates.
  std::string default_neuron() const;

  /// Instantiates a neuron. Throws Error(source) with diagnostics when the program has errors, when the name is unknown
  /// (with the nearest names), or when arguments are missing or do not satisfy its shapes.
  Model instantiate(std::string_view neuron, const Params& params = {}, const InitOptions& init = {}) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace neuro
