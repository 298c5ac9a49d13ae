#include "neuro/print.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <ostream>

#include "neuro/str.h"

namespace neuro {
namespace {

constexpr std::int64_t kGap = -1;  // stands for the elements that are left out of an axis

/// Indices of an axis that are shown, in order.
std::vector<std::int64_t> shown_indices(std::int64_t size, std::int64_t edge) {
  std::vector<std::int64_t> out;
  const bool elide = size > 2 * edge;
  for (std::int64_t i = 0; i < (elide ? edge : size); ++i) out.push_back(i);
  if (elide) out.push_back(kGap);
  for (std::int64_t i = elide ? size - edge : size; i < size; ++i) out.push_back(i);
  return out;
}

/// The elements of the shown part as texts of one width, and how they are laid out.
class Printer {
 public:
  Printer(const Tensor& tensor, const PrintOptions& options) : tensor_(tensor), options_(options) {
    const std::int64_t edge =
        tensor.size() > options.whole ? options.edge : std::numeric_limits<std::int64_t>::max() / 2;
    for (const std::int64_t size : tensor.shape()) axes_.push_back(shown_indices(size, edge));
    collect(0, 0);
    choose_form();
    for (const double v : values_) texts_.push_back(number(v));
    for (const std::string& text : texts_) width_ = std::max(width_, text.size());
  }

  std::string run() {
    write(0);
    return std::move(out_);
  }

 private:
  void collect(int axis, std::int64_t offset) {
    if (axis == tensor_.rank()) {
      const Tensor one = Tensor::view(tensor_, {}, {}, offset);
      if (tensor_.dtype() == DType::i64) {
        texts_.push_back(str(*one.data<std::int64_t>()));  // f64 would not hold all of its digits
      } else {
        values_.push_back(one.item());
      }
      return;
    }
    for (const std::int64_t i : axes_[static_cast<std::size_t>(axis)]) {
      if (i != kGap) collect(axis + 1, offset + i * tensor_.strides()[static_cast<std::size_t>(axis)]);
    }
  }

  // The rules of PyTorch's printing, but for whole numbers, which are written without a point.
  void choose_form() {
    if (!is_floating(tensor_.dtype()) && tensor_.dtype() != DType::bf16) return;
    double largest = 0, smallest = std::numeric_limits<double>::infinity();
    bool whole = true;
    for (const double v : values_) {
      if (!std::isfinite(v) || v == 0) continue;
      largest = std::max(largest, std::abs(v));
      smallest = std::min(smallest, std::abs(v));
      whole = whole && v == std::floor(v);
    }
    if (whole && largest < 1e8) return;
    form_ = largest > 1e8 || smallest < 1e-4 || largest / smallest > 1000 ? Form::scientific : Form::fixed;
  }

  std::string number(double v) const {
    if (tensor_.dtype() == DType::boolean) return v != 0 ? "true" : "false";
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
    char buffer[400];  // %f of the largest double has 309 digits
    const int digits = form_ == Form::whole ? 0 : options_.precision;
    const int size = std::snprintf(buffer, sizeof buffer, form_ == Form::scientific ? "%.*e" : "%.*f", digits, v);
    return {buffer, static_cast<std::size_t>(std::clamp(size, 0, static_cast<int>(sizeof buffer) - 1))};
  }

  void element() {
    const std::string& text = texts_[next_++];
    out_.append(width_ - text.size(), ' ');
    out_ += text;
  }

  void write(int axis) {
    if (axis == tensor_.rank()) return element();
    const bool last = axis + 1 == tensor_.rank();
    const auto indent = static_cast<std::size_t>(axis) + 1;
    const std::size_t room = static_cast<std::size_t>(std::max(options_.columns, 1));
    const std::size_t in_line = std::max<std::size_t>(1, room > indent ? (room - indent) / (width_ + 2) : 1);
    out_ += '[';
    std::size_t written = 0;
    for (const std::int64_t i : axes_[static_cast<std::size_t>(axis)]) {
      if (written > 0) {
        out_ += ',';
        if (!last) {
          out_.append(static_cast<std::size_t>(tensor_.rank() - axis - 1), '\n');  // a blank line between matrices
          out_.append(indent, ' ');
        } else if (written % in_line == 0) {
          out_ += '\n';
          out_.append(indent, ' ');
        } else {
          out_ += ' ';
        }
      }
      ++written;
      if (i == kGap) {
        out_ += "...";
      } else {
        write(axis + 1);
      }
    }
    out_ += ']';
  }

  enum class Form { whole, fixed, scientific };

  const Tensor& tensor_;
  const PrintOptions& options_;
  std::vector<std::vector<std::int64_t>> axes_;
  std::vector<double> values_;  // of the shown part, row-major; i64 goes into texts_ at once
  std::vector<std::string> texts_;
  Form form_ = Form::whole;
  std::size_t width_ = 0, next_ = 0;
  std::string out_;
};

}  // namespace

std::string format(const Tensor& tensor, const PrintOptions& options) {
  return tensor.defined() ? Printer(tensor, options).run() : "(no tensor)";
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << format(tensor); }

}  // namespace neuro
