#include "diff.h"

#include <algorithm>
#include <vector>

#include "neuro/str.h"

namespace nsrun {
namespace {

constexpr std::size_t kContext = 3;
constexpr int kMostEdits = 2000;  // memory grows with their square

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

/// A line of the result: kept (in both), removed or added.
struct Edit {
  char kind;  ///< ' ', '-' or '+'
  std::string_view line;
};

/// Myers' greedy search: far[k] is how far one gets in `a` on diagonal k with d edits; the path is read backwards.
std::vector<Edit> edits_of(const Lines& a, const Lines& b) {
  const int n = static_cast<int>(a.size()), m = static_cast<int>(b.size());
  std::vector<std::vector<int>> history;
  std::vector<int> far(2 * static_cast<std::size_t>(kMostEdits) + 3, 0);
  const auto at = [](std::vector<int>& v, int k) -> int& { return v[static_cast<std::size_t>(k + kMostEdits + 1)]; };
  int edits = -1;
  for (int d = 0; d <= std::min(n + m, kMostEdits) && edits < 0; ++d) {
    for (int k = -d; k <= d && edits < 0; k += 2) {
      int x = k == -d || (k != d && at(far, k - 1) < at(far, k + 1)) ? at(far, k + 1) : at(far, k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) ++x;
      at(far, k) = x;
      if (x >= n && x - k >= m) edits = d;
    }
    history.emplace_back(far.begin() + (kMostEdits + 1 - d), far.begin() + (kMostEdits + 2 + d));
  }
  std::vector<Edit> out;
  if (edits < 0) {
    for (const std::string_view line : a) out.push_back({'-', line});
    for (const std::string_view line : b) out.push_back({'+', line});
    return out;
  }
  int x = n, y = m;
  for (int d = edits; d > 0; --d) {
    const std::vector<int>& before = history[static_cast<std::size_t>(d - 1)];  // diagonals -(d-1) to d-1
    const auto reach = [&](int k) {
      return k < -(d - 1) || k > d - 1 ? -1 : before[static_cast<std::size_t>(k + d - 1)];
    };
    const int k = x - y;
    const bool down = k == -d || (k != d && reach(k - 1) < reach(k + 1));
    const int from_x = down ? reach(k + 1) : reach(k - 1), from_y = from_x - (down ? k + 1 : k - 1);
    for (; x > from_x && y > from_y; --x, --y) out.push_back({' ', a[static_cast<std::size_t>(x - 1)]});
    if (down) {
      out.push_back({'+', b[static_cast<std::size_t>(--y)]});
    } else {
      out.push_back({'-', a[static_cast<std::size_t>(--x)]});
    }
  }
  for (; x > 0; --x) out.push_back({' ', a[static_cast<std::size_t>(x - 1)]});
  std::reverse(out.begin(), out.end());
  return out;
}

std::string range_text(std::size_t first, std::size_t count) {
  if (count == 1) return neuro::str(first + 1);
  return neuro::str(count == 0 ? first : first + 1, ',', count);
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, std::string_view name) {
  if (before == after) return {};
  const std::vector<Edit> edits = edits_of(lines_of(before), lines_of(after));
  std::string out = neuro::str("--- ", name, "\n+++ ", name, '\n');
  std::size_t old_line = 0, new_line = 0;  // of edits[i]
  for (std::size_t i = 0; i < edits.size();) {
    if (edits[i].kind == ' ') {
      ++i, ++old_line, ++new_line;
      continue;
    }
    // A hunk: up to where more than twice the context is kept.
    const std::size_t lead = std::min(kContext, std::min(i, std::min(old_line, new_line)));
    std::size_t begin = i - lead, end = i, kept = 0;
    while (end < edits.size() && kept <= 2 * kContext) kept = edits[end++].kind == ' ' ? kept + 1 : 0;
    end -= kept > kContext ? kept - kContext : 0;
    std::string body;
    std::size_t removed = 0, added = 0;
    for (std::size_t j = begin; j < end; ++j) {
      body += edits[j].kind;
      body += edits[j].line;
      if (!edits[j].line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
      removed += edits[j].kind != '+' ? 1 : 0;
      added += edits[j].kind != '-' ? 1 : 0;
    }
    out += neuro::str("@@ -", range_text(old_line - lead, removed), " +", range_text(new_line - lead, added), " @@\n",
                      body);
    old_line += removed - lead;
    new_line += added - lead;
    i = end;
  }
  return out;
}

}  // namespace nsrun
