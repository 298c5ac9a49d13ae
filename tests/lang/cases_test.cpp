// Every file of tests/cases says in its comments what is reported for it and what its neurons become (case_file.h).
#include "case_file.h"
#include "check_source.h"
#include "neuro/error.h"
#include "neuro/program.h"
#include "neuro/render.h"
#include "neuro/str.h"

namespace neuro {
namespace {

using cases::Build;
using cases::Claim;
using cases::Verdict;

bool fits(const Verdict& verdict, const Diagnostic& diagnostic, const SourceMap& sources) {
  const auto primary = std::find_if(diagnostic.labels.begin(), diagnostic.labels.end(),
                                    [](const Label& label) { return label.primary; });
  if (primary == diagnostic.labels.end() || sources.line_column(primary->span).line != verdict.line) return false;
  const char* severity = diagnostic.severity == Severity::error ? "error" : "warning";
  if (verdict.severity != severity || diagnostic.code != verdict.code) return false;
  std::string all = diagnostic.title;
  for (const Label& label : diagnostic.labels) all += "\n" + label.text;
  for (const std::string& note : diagnostic.notes) all += "\n" + note;
  for (const std::string& help : diagnostic.helps) all += "\n" + help;
  return all.find(verdict.text) != std::string::npos;
}

void expect_verdicts(const std::string& name, const std::string& text, const std::vector<Verdict>& verdicts) {
  Diagnostics diagnostics;
  check_source(diagnostics.sources().add(name, text), diagnostics);
  std::vector<const Diagnostic*> left;
  for (const Diagnostic& d : diagnostics.items()) left.push_back(&d);
  for (const Verdict& verdict : verdicts) {
    const auto found = std::find_if(left.begin(), left.end(),
                                    [&](const Diagnostic* d) { return fits(verdict, *d, diagnostics.sources()); });
    if (found == left.end()) {
      ADD_FAILURE() << name << ":" << verdict.line << ": no " << verdict.severity << " " << verdict.code << " \""
                    << verdict.text << "\"";
    } else {
      left.erase(found);
    }
  }
  for (const Diagnostic* d : left) ADD_FAILURE() << "not expected:\n" << render(*d, diagnostics.sources());
}

std::string ports_text(const std::vector<Port>& ports) {
  if (ports.size() == 1) return ports[0].text();
  std::string all;
  for (const Port& port : ports) all += (all.empty() ? "" : ", ") + port.name + ": " + port.text();
  return "(" + all + ")";
}

std::vector<Tensor> counting(const std::vector<Shape>& shapes) {
  std::vector<Tensor> tensors;
  for (const Shape& shape : shapes) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < shape.elements(); ++i) values.push_back(static_cast<float>(i));
    tensors.push_back(Tensor::from(std::span<const float>(values), shape));
  }
  return tensors;
}

void expect_run(const Model& model, const Claim& claim) {
  const std::size_t arrow = claim.text.find(" -> "), equals = claim.text.find(" = ");
  std::string shapes, values;
  for (const Tensor& output : model.forward(counting(cases::parse_shapes(claim.text.substr(0, arrow))))) {
    shapes += (shapes.empty() ? "" : ", ") + output.shape().text();
    for (const double value : output.to_vector()) values += (values.empty() ? "" : " ") + str(value);
  }
  EXPECT_EQ(shapes, claim.text.substr(arrow + 4, equals - arrow - 4)) << "line " << claim.line;
  if (equals == std::string::npos) return;
  EXPECT_EQ(values, claim.text.substr(equals + 3)) << "line " << claim.line;
}

void expect_failure(const Model& model, const Claim& claim) {
  try {
    model.forward(counting(cases::parse_shapes(claim.text.substr(0, claim.text.find('"')))));
    ADD_FAILURE() << "line " << claim.line << ": the pass succeeds";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(cases::quoted(claim.text)), std::string::npos)
        << "line " << claim.line << ": " << error.what();
  }
}

void expect_claim(const Model& model, const Claim& claim) {
  if (claim.kind == "ports") {
    EXPECT_EQ(ports_text(model.inputs()) + " -> " + ports_text(model.outputs()), claim.text) << "line " << claim.line;
  } else if (claim.kind == "weights") {
    std::string all;
    for (const Parameter& p : model.parameters()) {
      all += (all.empty() ? "" : ", ") + p.name + " " + p.var.shape().text();
    }
    EXPECT_EQ(all.empty() ? "none" : all, claim.text) << "line " << claim.line;
  } else if (claim.kind == "numbers") {
    EXPECT_EQ(std::to_string(model.parameter_count()), claim.text) << "line " << claim.line;
  } else if (claim.kind == "run") {
    expect_run(model, claim);
  } else if (claim.kind == "fails") {
    expect_failure(model, claim);
  } else {
    ADD_FAILURE() << "line " << claim.line << ": the neuron is instantiated";
  }
}

void expect_build(const std::string& text, const Build& build) {
  const bool refused = !build.claims.empty() && build.claims[0].kind == "refused";
  Model model;
  try {
    model = Program::from_source(text, "case.ns").instantiate(build.neuron, build.params);
  } catch (const Error& error) {
    const std::string said = render(error.diagnostics()) + error.what();
    if (!refused) {
      ADD_FAILURE() << "line " << build.line << ": " << said;
      return;
    }
    const std::string code = build.claims[0].text.substr(0, 6), words = cases::quoted(build.claims[0].text);
    EXPECT_NE(said.find("error[" + code + "]"), std::string::npos) << "line " << build.line << ":\n" << said;
    EXPECT_NE(said.find(words), std::string::npos) << "line " << build.line << ":\n" << said;
    return;
  }
  for (const Claim& claim : build.claims) expect_claim(model, claim);
}

class Case : public testing::TestWithParam<std::string> {};

TEST_P(Case, IsWhatItsCommentsSay) {
  const std::string text = cases::read(cases::directory() / GetParam());
  const cases::CaseFile file = cases::parse(text);
  EXPECT_EQ(file.problem, "");
  expect_verdicts(GetParam(), text, file.verdicts);
  for (const Build& build : file.builds) expect_build(text, build);
  if (file.only_indented || HasFailure()) return;
  SCOPED_TRACE("without its indentation");
  const std::string flat = cases::left_stripped(text);
  expect_verdicts(GetParam(), flat, file.verdicts);
  for (const Build& build : file.builds) expect_build(flat, build);
}

std::string case_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(0, info.param.size() - 3);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, Case, testing::ValuesIn(cases::files()), case_name);

}  // namespace
}  // namespace neuro
