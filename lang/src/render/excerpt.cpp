#include "render/excerpt.h"

#include <algorithm>
#include <map>
#include <string>

#include "render/width.h"

namespace neuro::render_detail {
namespace {

constexpr std::uint32_t kContext = 20;  // bytes kept before the first label of a line that is cut

/// A label within one line, in bytes of the source. Never empty: an empty place is drawn as one column.
struct Mark {
  std::uint32_t begin, end;
  const Label* label;
};

/// A label that spans lines: drawn as a bar in a column of its own, left of the text.
struct Bar {
  Line first, last;
  const Label* label;
  bool starts_line;  // only blanks before it: drawn as `/`, otherwise with an underline to its start
  enum class State { before, open, done } state = State::before;
};

struct MarkedLine {
  Line line;
  std::vector<Mark> marks;
};

/// The part of a line that is shown.
struct Window {
  std::uint32_t begin, end;
  bool cut_left, cut_right;
  std::vector<Mark> marks;
};

struct Cell {
  std::uint32_t at;
  Glyph glyph;
};

std::uint32_t glyph_start(std::string_view text, std::uint32_t at) {
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80u) ++at;
  return at;
}

/// One window where the line fits; otherwise as few as show the start of every label.
std::vector<Window> choose_windows(const Source& source, const MarkedLine& marked, std::size_t width) {
  const auto [number, begin, end] = marked.line;
  const std::string_view text = std::string_view(source.text).substr(begin, end - begin);
  if (text.size() <= width || (text.size() <= 4 * width && display_width(text) <= width)) {
    return {{begin, end, false, false, marked.marks}};
  }
  const auto room = static_cast<std::uint32_t>(width);
  if (marked.marks.empty()) {
    return {{begin, glyph_start(source.text, std::min(end, begin + room)), false, true, {}}};
  }
  std::vector<Window> windows;
  for (const Mark& mark : marked.marks) {
    if (!windows.empty() && mark.begin < windows.back().end &&
        (mark.end <= windows.back().end || windows.back().end == end)) {
      windows.back().marks.push_back(mark);
      continue;
    }
    std::uint32_t from = mark.begin - std::min(kContext, mark.begin - begin);
    if (end - from < room) from = end - std::min(room, end - begin);
    from = from == begin ? begin : std::min(mark.begin, glyph_start(source.text, from));
    const std::uint32_t to = std::min(end, glyph_start(source.text, from + std::min(room, end - from)));
    windows.push_back({from, to, from > begin, to < end, {mark}});
  }
  return windows;
}

class Drawing {
 public:
  Drawing(Painter& out, const Source& source, std::size_t gutter, Style primary, std::size_t width)
      : out_(out), source_(source), gutter_(gutter), primary_(primary), width_(width) {}

  void draw(const std::vector<Label>& labels) {
    collect(labels);
    const Line* before = nullptr;
    for (const auto& [number, marked] : lines_) {
      if (before != nullptr && number == before->number + 2) {  // a gap mark would be as high as the line itself
        draw_line({line_at(source_, before->end + 1), {}});
      } else if (before != nullptr && number > before->number + 2) {
        gutter_row(':');
        margin();
        out_.end_line();
      }
      draw_line(marked);
      before = &marked.line;
    }
  }

 private:
  void collect(const std::vector<Label>& labels) {
    for (const Label& label : labels) {
      const std::uint32_t size = static_cast<std::uint32_t>(source_.text.size());
      const std::uint32_t begin = std::min(label.span.begin, size);
      const std::uint32_t end = std::clamp(label.span.end, begin, size);
      const Line first = line_at(source_, begin);
      lines_[first.number].line = first;
      if (end <= first.end + 1) {  // + 1: the line's end itself belongs to the line
        const std::uint32_t clipped = std::max(std::min(end, first.end), begin + 1);
        lines_[first.number].marks.push_back({begin, clipped, &label});
        continue;
      }
      const Line last = line_at(source_, end - 1);
      lines_[last.number].line = last;
      const std::string_view lead = std::string_view(source_.text).substr(first.begin, begin - first.begin);
      bars_.push_back({first, last, &label, lead.find_first_not_of(" \t") == std::string_view::npos});
    }
    for (auto& [number, marked] : lines_) {
      std::stable_sort(marked.marks.begin(), marked.marks.end(),
                       [](const Mark& a, const Mark& b) { return a.begin < b.begin; });
    }
  }

  Style style(const Label& label) const { return label.primary ? primary_ : Style::secondary; }

  void gutter_row(char sign) { out_.repeat(gutter_ + 1, ' ').put(sign, Style::gutter); }

  void margin() {
    if (bars_.empty()) return;
    out_.put(' ');
    for (const Bar& bar : bars_) {
      out_.put(bar.state == Bar::State::open ? '|' : ' ', style(*bar.label)).put(' ');
    }
  }

  void draw_line(const MarkedLine& marked) {
    for (const Window& window : choose_windows(source_, marked, width_)) {
      const std::string number = std::to_string(marked.line.number);
      out_.repeat(gutter_ - number.size(), ' ').put(number, Style::gutter).put(" |", Style::gutter).put(' ');
      for (Bar& bar : bars_) {
        const bool opens = bar.first.number == marked.line.number && bar.starts_line;
        out_.put(opens ? '/' : bar.state == Bar::State::open ? '|' : ' ', style(*bar.label)).put(' ');
      }
      const std::vector<Cell> cells = cells_of(window);
      if (window.cut_left) out_.put("...");
      for (const Cell& cell : cells) out_.put(cell.glyph.shown);
      if (window.cut_right) out_.put("...");
      out_.end_line();
      draw_marks(window, cells);
    }
    draw_bar_ends(marked.line);
  }

  std::vector<Cell> cells_of(const Window& window) const {
    std::vector<Cell> cells;
    for (std::uint32_t at = window.begin; at < window.end;) {
      cells.push_back({at, first_glyph(std::string_view(source_.text).substr(at, window.end - at))});
      at += cells.back().glyph.bytes;
    }
    return cells;
  }

  void begin_under_row(const Window& window) {
    gutter_row('|');
    if (bars_.empty()) out_.put(' ');
    margin();
    if (window.cut_left) out_.put("   ");
  }

  void blank(const Glyph& glyph) {
    if (glyph.shown == "\t") {
      out_.put('\t');
    } else {
      out_.repeat(glyph.width, ' ');
    }
  }

  void draw_marks(const Window& window, const std::vector<Cell>& cells) {
    if (window.marks.empty()) return;
    begin_under_row(window);
    std::uint32_t reach = 0;
    for (const Mark& mark : window.marks) reach = std::max(reach, mark.end);
    for (const Cell& cell : cells) {
      if (cell.at >= reach) break;
      mark_cell(window.marks, cell);
    }
    if (reach > window.end && !window.cut_right) mark_cell(window.marks, {window.end, {" ", 1, 1}});

    std::vector<const Mark*> hanging;
    for (const Mark& mark : window.marks) {
      if (!mark.label->text.empty()) hanging.push_back(&mark);
    }
    if (!hanging.empty() && is_rightmost(*hanging.back(), window.marks)) {
      put_text(*hanging.back()->label, " ");
      hanging.pop_back();
    }
    out_.end_line();
    for (; !hanging.empty(); hanging.pop_back()) draw_hanging(window, cells, hanging);
  }

  static bool is_rightmost(const Mark& mark, const std::vector<Mark>& marks) {
    return std::all_of(marks.begin(), marks.end(), [&](const Mark& other) {
      return &other == &mark || (other.end <= mark.begin) || (other.begin == mark.begin && other.label->text.empty());
    });
  }

  void mark_cell(const std::vector<Mark>& marks, const Cell& cell) {
    const Mark* top = nullptr;
    for (const Mark& mark : marks) {
      const bool covers = mark.begin < cell.at + cell.glyph.bytes && cell.at < mark.end;
      if (covers && (top == nullptr || mark.label->primary)) top = &mark;
    }
    if (top == nullptr) {
      blank(cell.glyph);
    } else {
      out_.repeat(cell.glyph.width, top->label->primary ? '^' : '-', style(*top->label));
    }
  }

  // The last of `marks` is written under its start; bars lead on to those that are written below it.
  void draw_hanging(const Window& window, const std::vector<Cell>& cells, const std::vector<const Mark*>& marks) {
    begin_under_row(window);
    const Mark& written = *marks.back();
    for (const Cell& cell : cells) {
      if (cell.at >= written.begin) break;
      const auto waiting = std::find_if(marks.begin(), marks.end(), [&](const Mark* m) { return m->begin == cell.at; });
      if (waiting == marks.end()) {
        blank(cell.glyph);
      } else {
        out_.put('|', style(*(*waiting)->label)).repeat(cell.glyph.width - 1u, ' ');
      }
    }
    put_text(*written.label, "");
    out_.end_line();
  }

  void put_text(const Label& label, std::string_view before) {
    if (label.text.empty()) return;
    out_.put(before);
    put_clean(out_, label.text, style(label));
  }

  // Closes the bars that end at this line, and opens those that start in its middle.
  void draw_bar_ends(const Line& line) {
    for (std::size_t i = 0; i < bars_.size(); ++i) {
      Bar& bar = bars_[i];
      const bool starts = bar.first.number == line.number, ends = bar.last.number == line.number;
      if (starts && !bar.starts_line) underline_to(i, line, bar.label->span.begin, {});
      if (starts) bar.state = Bar::State::open;
      if (!ends) continue;
      underline_to(i, line, bar.label->span.end - 1, bar.label->text);
      bar.state = Bar::State::done;
    }
  }

  void underline_to(std::size_t index, const Line& line, std::uint32_t to, std::string_view text) {
    const Bar& bar = bars_[index];
    const Style paint = style(*bar.label);
    gutter_row('|');
    out_.put(' ');
    for (std::size_t i = 0; i < index; ++i) {
      out_.put(bars_[i].state == Bar::State::open ? '|' : ' ', style(*bars_[i].label)).put(' ');
    }
    out_.put(bar.state == Bar::State::open ? '|' : ' ', paint);
    out_.repeat(1 + 2 * (bars_.size() - index - 1), '_', paint);
    const std::uint32_t shown =
        line.begin + static_cast<std::uint32_t>(std::min<std::size_t>(width_, line.end - line.begin));
    for (const Cell& cell : cells_of({line.begin, std::min(to, shown), false, false, {}})) {
      if (cell.glyph.shown == "\t") {
        out_.put('\t');
      } else {
        out_.repeat(cell.glyph.width, '_', paint);
      }
    }
    out_.put(bar.label->primary ? '^' : '-', paint);
    if (!text.empty()) put_clean(out_.put(' '), text, paint);
    out_.end_line();
  }

  Painter& out_;
  const Source& source_;
  std::size_t gutter_;
  Style primary_;
  std::size_t width_;
  std::map<std::uint32_t, MarkedLine> lines_;
  std::vector<Bar> bars_;
};

}  // namespace

Line line_at(const Source& source, std::uint32_t offset) {
  const std::string_view text = source.text;
  const std::string_view before = text.substr(0, offset);
  const auto begin = static_cast<std::uint32_t>(before.rfind('\n') + 1);  // npos + 1 == 0
  auto end = static_cast<std::uint32_t>(std::min(text.find('\n', offset), text.size()));
  const auto number = source.first_line + static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  if (end > begin && end > offset && text[end - 1] == '\r') --end;
  return {number, begin, end};
}

void draw_excerpt(Painter& out, const Source& source, const std::vector<Label>& labels, std::size_t gutter,
                  Style primary, std::size_t width) {
  Drawing(out, source, gutter, primary, width).draw(labels);
}

}  // namespace neuro::render_detail
