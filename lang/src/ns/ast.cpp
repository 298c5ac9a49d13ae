#include "neuro/ns/ast.h"

#include <string_view>

namespace neuro::ns {

std::string Path::text() const {
  std::string out = package.text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += i == 0 ? ',' : '/';
    out += parts[i].text;
  }
  return out;
}

std::string Doc::brief() const {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos && line.front() != '#') return std::string(line);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace neuro::ns
