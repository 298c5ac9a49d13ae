#pragma once
// The questions that `nsrun infer` reads and the answers it writes: JSON to tensors and back.
#include <string>
#include <string_view>
#include <vector>

#include "neuro/diagnostic.h"
#include "neuro/json.h"
#include "neuro/model.h"
#include "neuro/tensor.h"

namespace nsrun {

/// How questions stand in a text; answers come back in the same form.
enum class Form { single, list, lines };

/// One question, brought into the shapes of the model's input ports.
struct Question {
  std::vector<neuro::Tensor> inputs;  ///< one for each port: i64 where every number is an integer, else f32
  bool row = false;                   ///< it was one row: the answer loses its batch axis again
};

/// A text of questions, parsed but not yet brought into shapes.
class Questions {
 public:
  /// Throws Error(data) showing what is not JSON. `name`: the file, as messages call it.
  Questions(const std::string& name, std::string text);

  Form form() const { return form_; }
  /// Throws Error(data) with every question that does not fit the model's ports: NS0504 missing field, NS0505 ragged
  /// lists, NS0506 not a number, NS0507 a shape that does not fit.
  std::vector<Question> shape_for(const neuro::Model& model);

 private:
  void parse(std::string text);

  neuro::Diagnostics diags_;
  std::uint32_t source_ = 0;
  Form form_ = Form::single;
  std::vector<neuro::json::Value> values_;
};

/// `{"output": ..., "shape": ...}` of one question; numbers are the shortest texts that read back as the same f32.
std::string answer_text(const neuro::Model& model, const Question& question, std::span<const neuro::Tensor> outputs);

/// All answers in the form of the questions, with a newline at the end.
std::string join_answers(Form form, const std::vector<std::string>& answers);

}  // namespace nsrun
