#include "neuro/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace neuro {
namespace {

constexpr std::size_t kLongest = 64;  // no name that a person types is longer; bounds the table of the distance

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

template <class Text>
std::optional<std::string> nearest_of(std::string_view name, std::span<const Text> candidates) {
  if (name.empty() || name.size() > kLongest) return std::nullopt;
  const std::string wanted = lower(name);
  std::optional<std::string> best;
  std::size_t best_distance = 0, best_exact = 0;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongest || candidate == name) continue;
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    if (distance > std::max(name.size(), candidate.size()) / 3) continue;
    const std::size_t exact = edit_distance(name, candidate);  // of two that differ in case only, the closer case
    if (!best || distance < best_distance || (distance == best_distance && exact < best_exact)) {
      best = std::string(candidate);
      best_distance = distance;
      best_exact = exact;
    }
  }
  return best;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_above(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
    std::swap(two_above, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
  return nearest_of(name, candidates);
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string_view> candidates) {
  return nearest_of(name, candidates);
}

std::optional<std::string> nearest_file(const std::filesystem::path& missing) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::vector<std::string> names;
  for (fs::directory_iterator it(missing.has_parent_path() ? missing.parent_path() : fs::path("."), ignored), end;
       !ignored && it != end && names.size() < 10'000; it.increment(ignored)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());  // a directory has no order of its own
  const auto near = nearest(missing.filename().string(), names);
  return near ? std::optional((missing.parent_path() / *near).string()) : std::nullopt;
}

}  // namespace neuro
