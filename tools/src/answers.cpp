#include "answers.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "neuro/codes.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace nsrun {
namespace {

using neuro::str;
using neuro::json::Kind;
using neuro::json::Value;
namespace codes = neuro::codes;

/// Nested lists of numbers, flattened in row-major order.
struct Numbers {
  std::vector<double> values;
  std::vector<std::int64_t> dims;
  bool integers = true;
};

/// Reads nested lists whose sizes agree at each depth. Reports the first value that is no number, or the first list
/// that differs from the ones before it.
class NumberReader {
 public:
  explicit NumberReader(neuro::Diagnostics& diags) : diags_(diags) {}

  std::optional<Numbers> read(const Value& value) {
    for (const Value* v = &value; v->kind == Kind::list; v = &v->list.front()) {
      out_.dims.push_back(static_cast<std::int64_t>(v->list.size()));
      if (v->list.empty()) break;
    }
    if (out_.dims.size() > neuro::kMaxRank) {
      diags_.error(codes::kInputShape, str("lists nested ", out_.dims.size(), " deep"))
          .primary(value.span, str("a tensor has at most ", neuro::kMaxRank, " axes"));
      return std::nullopt;
    }
    if (!fill(value, 0)) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool fill(const Value& value, std::size_t depth) {
    if (depth == out_.dims.size()) return add(value);
    if (value.kind != Kind::list || static_cast<std::int64_t>(value.list.size()) != out_.dims[depth]) {
      diags_.error(codes::kRaggedRow, "ragged lists: sizes differ at the same depth")
          .primary(value.span, str("this is ", value.what(), "; the first one here is a list of ", out_.dims[depth]));
      return false;
    }
    for (const Value& item : value.list) {
      if (!fill(item, depth + 1)) return false;
    }
    return true;
  }

  bool add(const Value& value) {
    if (value.kind == Kind::list) {
      diags_.error(codes::kRaggedRow, "ragged lists: a list stands beside numbers")
          .primary(value.span, str("this is ", value.what(), "; the first one here is a number"));
      return false;
    }
    if (value.kind != Kind::number) {
      diags_.error(codes::kNotANumber, str("not a number: ", value.what()))
          .primary(value.span, "a number belongs here");
      return false;
    }
    if (!std::isfinite(static_cast<float>(value.number))) {
      diags_.error(codes::kNotANumber, "a number that f32 cannot hold").primary(value.span, "at most 3.4e38");
      return false;
    }
    out_.integers = out_.integers && value.integer.has_value();
    out_.values.push_back(value.number);
    return true;
  }

  neuro::Diagnostics& diags_;
  Numbers out_;
};

neuro::Tensor tensor_of(const Numbers& numbers) {
  const neuro::Shape shape{std::span<const std::int64_t>(numbers.dims)};
  neuro::Tensor tensor = neuro::Tensor::empty(shape, numbers.integers ? neuro::DType::i64 : neuro::DType::f32);
  if (numbers.integers) {
    auto out = tensor.span<std::int64_t>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::int64_t>(numbers.values[i]);
  } else {
    auto out = tensor.span<float>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(numbers.values[i]);
  }
  return tensor;
}

bool is_variadic(const neuro::Port& port) {
  for (const neuro::PortDim& dim : port.shape) {
    if (dim.variadic()) return true;
  }
  return false;
}

/// Whether a value of shape `dims` may feed a port: fixed sizes agree, counted from the right of a variadic axis.
bool fits(const neuro::Port& port, std::span<const std::int64_t> dims) {
  const std::size_t n = port.shape.size();
  const bool variadic = is_variadic(port);
  if (variadic ? dims.size() + 1 < n : dims.size() != n) return false;
  std::size_t at = 0;
  for (const neuro::PortDim& dim : port.shape) {
    if (dim.variadic()) {
      at += dims.size() + 1 - n;
      continue;
    }
    if (dim.size && *dim.size != dims[at]) return false;
    ++at;
  }
  return true;
}

/// Whether the port's first axis may be left out by somebody who has one row.
bool has_batch_axis(const neuro::Port& port) {
  return !is_variadic(port) && !port.shape.empty() && !port.shape.front().size;
}

class QuestionReader {
 public:
  QuestionReader(const neuro::Model& model, neuro::Diagnostics& diags) : ports_(model.inputs()), diags_(diags) {}

  std::optional<Question> read(const Value& value) {
    const Value* input = value.find("input");
    if (input == nullptr) {
      diags_.error(codes::kMissingField, "no `input` here")
          .primary(value.span, "an object {\"input\": ...} belongs here");
      return std::nullopt;
    }
    if (ports_.size() == 1) return feed({input});
    std::vector<const Value*> values;
    for (const neuro::Port& port : ports_) {
      values.push_back(input->find(port.name));
      if (values.back() == nullptr) {
        diags_.error(codes::kMissingField, str("no value for the port `", port.name, '`'))
            .primary(input->span, str("takes an object with ", port_names()));
        return std::nullopt;
      }
    }
    return feed(values);
  }

 private:
  std::string port_names() const {
    std::string names;
    for (const neuro::Port& port : ports_) names += str(names.empty() ? "`" : ", `", port.name, '`');
    return names;
  }

  std::optional<Question> feed(const std::vector<const Value*>& values) {
    std::vector<Numbers> numbers;
    for (const Value* value : values) {
      auto read = NumberReader(diags_).read(*value);
      if (!read) return std::nullopt;
      numbers.push_back(*std::move(read));
    }
    Question question;
    question.row = true;
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      question.row = question.row && has_batch_axis(ports_[i]) && numbers[i].dims.size() + 1 == ports_[i].shape.size();
    }
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      const neuro::Shape given{std::span<const std::int64_t>(numbers[i].dims)};
      if (question.row) numbers[i].dims.insert(numbers[i].dims.begin(), 1);
      if (!fits(ports_[i], numbers[i].dims)) {
        auto& diagnostic = diags_.error(
            codes::kInputShape, str("input of the wrong shape: the model takes ", ports_[i].text(), ", got ", given));
        diagnostic.primary(values[i]->span, str("this is ", given));
        if (has_batch_axis(ports_[i])) {
          diagnostic.help(str("give one row, or a list of rows; a row is ", row_text(ports_[i])));
        }
        return std::nullopt;
      }
      question.inputs.push_back(tensor_of(numbers[i]));
    }
    return question;
  }

  static std::string row_text(neuro::Port port) {
    port.shape.erase(port.shape.begin());
    return port.text();
  }

  const std::vector<neuro::Port>& ports_;
  neuro::Diagnostics& diags_;
};

void append_number(std::string& out, float value) {
  if (!std::isfinite(value)) {  // JSON has no word for it
    out += "null";
    return;
  }
  char buffer[32];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

/// Nested lists of one tensor's values from axis `axis` on; `at` walks the values in row-major order.
void append_values(std::string& out, const neuro::Shape& shape, int axis, const float*& at) {
  if (axis == shape.rank()) return append_number(out, *at++);
  out += '[';
  for (std::int64_t i = 0; i < shape[axis]; ++i) {
    if (i > 0) out += ',';
    append_values(out, shape, axis + 1, at);
  }
  out += ']';
}

std::string shape_text(const neuro::Shape& shape) {
  std::string out = "[";
  for (const std::int64_t size : shape) out += str(out.size() > 1 ? "," : "", size);
  return out + ']';
}

}  // namespace

Questions::Questions(const std::string& name, std::string text) : source_(diags_.sources().add(name, text)) {
  parse(std::move(text));
  if (diags_.has_errors()) throw neuro::Error(neuro::ErrorCode::data, diags_);
}

void Questions::parse(std::string text) {
  neuro::json::Problem problem;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    diags_.error(codes::kNoRows, str("no input in ", diags_.sources()[source_].name))
        .help("write an object such as {\"input\": [[1, 0], [0, 0]]}");
    return;
  }
  if (auto document = neuro::json::parse(text, problem, source_)) {
    form_ = document->kind == Kind::list ? Form::list : Form::single;
    if (form_ == Form::list) {
      for (const Value& item : document->list) {
        if (item.kind == Kind::object) continue;
        diags_.error(codes::kInvalidRecord, str("not an object: ", item.what()))
            .primary(item.span, "an object {\"input\": ...} belongs here")
            .help("write {\"input\": [...]}, or a list of such objects");
        return;
      }
      values_ = std::move(document->list);
    } else {
      values_.push_back(*std::move(document));
    }
    return;
  }
  // Not one document: one a line, if the first line is one.
  form_ = Form::lines;
  std::uint32_t line_number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line_number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    neuro::json::Problem in_line;
    const std::uint32_t source = diags_.sources().add(diags_.sources()[source_].name, line, line_number);
    auto value = neuro::json::parse(line, in_line, source);
    if (!value) {
      if (!values_.empty()) problem = in_line;
      break;
    }
    values_.push_back(*std::move(value));
    if (text.find_first_not_of(" \t\r\n", begin) == std::string::npos) return;
  }
  diags_.error(codes::kInvalidRecord, str("not JSON: ", problem.title)).primary(problem.span);
}

std::vector<Question> Questions::shape_for(const neuro::Model& model) {
  std::vector<Question> questions;
  QuestionReader reader(model, diags_);
  for (const Value& value : values_) {
    if (auto question = reader.read(value)) questions.push_back(*std::move(question));
    constexpr std::size_t kShown = 5;  // a file whose every line has one mistake would bury it
    if (diags_.error_count() >= kShown) break;
  }
  if (diags_.has_errors()) throw neuro::Error(neuro::ErrorCode::data, diags_);
  return questions;
}

std::string answer_text(const neuro::Model& model, const Question& question, std::span<const neuro::Tensor> outputs) {
  std::string values, shapes;
  const bool named = outputs.size() > 1;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const neuro::Tensor tensor = outputs[i].to(neuro::DType::f32);
    const neuro::Shape shape = question.row ? tensor.shape().without(0) : tensor.shape();
    if (named) {
      const std::string key = str(i > 0 ? "," : "{", neuro::json::quote(model.outputs()[i].name), ':');
      values += key;
      shapes += key;
    }
    const float* at = tensor.data<float>();
    append_values(values, shape, 0, at);
    shapes += shape_text(shape);
  }
  const char* end = named ? "}" : "";
  return str("{\"output\":", values, end, ",\"shape\":", shapes, end, '}');
}

std::string join_answers(Form form, const std::vector<std::string>& answers) {
  std::string out = form == Form::list ? "[" : "";
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i > 0) out += form == Form::list ? ",\n " : "\n";
    out += answers[i];
  }
  return out + (form == Form::list ? "]\n" : "\n");
}

}  // namespace nsrun
