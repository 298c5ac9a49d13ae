#include "yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "neuro/codes.h"
#include "neuro/str.h"

namespace neuro::yaml {
namespace {

struct Refused {
  Span span;
  std::string title;
};

/// Builds the tree from yaml-cpp's events. The events arrive while the parser descends, so throwing from one at
/// kMaxDepth stops it long before its recursion could use up the stack.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view text, std::uint32_t source, std::size_t begin)
      : text_(text), source_(source), begin_(begin) {}

  NodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused{at(mark, 1), "a second YAML document in one config"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto node = std::make_shared<Node>();
    const std::size_t end = plain_end(offset(mark));
    const std::string_view written = text_.substr(offset(mark), end - offset(mark));
    const bool spelt = written == "~" || written == "null" || written == "Null" || written == "NULL";
    // A value left out has no text of its own: its place is its key.
    node->span =
        spelt || open_.empty() || !open_.back().key ? at(mark, spelt ? written.size() : 0) : open_.back().key->span;
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{at(mark, 1), "an alias inside the value that it names"};
    auto node = std::make_shared<Node>(*found->second);  // children are shared: a copy of any tree is one node
    node->span = at(mark, plain_end(offset(mark)) - offset(mark));
    add(std::move(node), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::scalar;
    node->text = value;
    node->quoted = tag == "!";
    const std::size_t end = scalar_end(offset(mark), *node);
    node->span = at(mark, end - offset(mark));
    if (end == kOpen) {  // yaml-cpp takes the rest of the file for the value
      throw Refused{at(mark, std::min(text_.find('\n', offset(mark)), text_.size()) - offset(mark)),
                    "a quote is never closed"};
    }
    if (value == "<<" && !node->quoted) throw Refused{node->span, "merge keys (`<<`) are not read; write the keys out"};
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Node::Kind::list, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Node::Kind::map, anchor);
  }
  void OnMapEnd() override { close(); }

  Span at(const YAML::Mark& mark, std::size_t length) const { return span(offset(mark), length); }

 private:
  struct Open {
    std::shared_ptr<Node> node;
    NodePtr key;  // of a map: the key that waits for its value
    YAML::anchor_t anchor;
  };

  std::size_t offset(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
  }
  Span span(std::size_t at, std::size_t length) const {
    const auto first = static_cast<std::uint32_t>(begin_ + at);
    return {source_, first, first + static_cast<std::uint32_t>(std::min(length, text_.size() - at))};
  }

  std::size_t plain_end(std::size_t at) const {
    return std::min(text_.find_first_of(" \t\r\n,]}#:", at), text_.size());
  }

  static constexpr std::size_t kOpen = std::string_view::npos;

  /// yaml-cpp tells where a scalar begins, not where it ends. kOpen: its quote is never closed.
  std::size_t scalar_end(std::size_t at, const Node& node) const {
    const std::size_t line_end = std::min(text_.find('\n', at), text_.size());
    if (at >= text_.size()) return at;
    const char first = text_[at];
    if (node.quoted && (first == '"' || first == '\'')) {
      for (std::size_t i = at + 1; i < text_.size(); ++i) {
        if (first == '"' && text_[i] == '\\') {
          ++i;
        } else if (text_[i] == first) {
          if (first == '\'' && i + 1 < text_.size() && text_[i + 1] == '\'') {
            ++i;
          } else {
            return i + 1;
          }
        }
      }
      return kOpen;
    }
    if (text_.substr(at, node.text.size()) == node.text) return at + node.text.size();
    return line_end;
  }

  void open(const YAML::Mark& mark, Node::Kind kind, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) {
      throw Refused{at(mark, 1), str("nested deeper than ", kMaxDepth, " levels")};
    }
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->span = at(mark, std::max<std::size_t>(1, plain_end(offset(mark)) - offset(mark)));
    open_.push_back({std::move(node), nullptr, anchor});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (Open& parent = open_.back(); parent.node->kind == Node::Kind::list) {
      parent.node->list.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      parent.node->map.emplace_back(std::move(parent.key), std::move(node));
      parent.key = nullptr;
    }
  }

  std::string_view text_;
  std::uint32_t source_;
  std::size_t begin_;
  NodePtr root_ = std::make_shared<Node>();
  int documents_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
};

}  // namespace

NodePtr parse(Diagnostics& diags, std::uint32_t source, std::size_t begin, std::size_t end) {
  // A byte order mark is skipped here, so that the parser's positions are ours.
  const std::string text = diags.sources()[source].text.substr(begin, end - begin);
  const std::size_t skip = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const std::string_view body = std::string_view(text).substr(skip);
  Builder builder(body, source, begin + skip);
  try {
    std::istringstream stream{std::string(body)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    diags.error(codes::kInvalidYaml, refused.title).primary(refused.span);
    return nullptr;
  } catch (const YAML::Exception& error) {
    const Span span = builder.at(error.mark, 1);
    Diagnostic& d = diags.error(codes::kInvalidYaml, str("not valid YAML: ", error.msg)).primary(span);
    const std::string_view before = std::string_view(diags.sources()[source].text).substr(0, span.begin);
    const std::string_view line = before.substr(before.rfind('\n') + 1);  // npos + 1 == 0
    if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos) {
      d.help("indent with spaces: YAML does not take tabs");
    }
    return nullptr;
  }
  return builder.root();
}

}  // namespace neuro::yaml
