// nsrun explain: the long text behind a diagnostic's code, or about a topic.
#include "neuro/explain.h"

#include <memory>

#include "cli.h"
#include "console.h"
#include "exit_code.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace nsrun {
namespace {

using neuro::str;

struct Options {
  std::string subject;
  bool list = false;
};

int explain(const Options& options) {
  if (options.list) {
    std::string topics;
    for (const std::string_view topic : neuro::explain_topics()) topics += str(topics.empty() ? "" : ", ", topic);
    console().result(str(neuro::list_codes(), "\ntopics: ", topics, '\n'));
    return kOk;
  }
  if (options.subject.empty()) throw UsageError("`explain` needs a code or a topic", "`nsrun explain --list` has all");
  if (const auto text = neuro::explain(options.subject)) {
    console().result(*text);
    return kOk;
  }
  std::vector<std::string> known;
  for (const std::string_view topic : neuro::explain_topics()) known.emplace_back(topic);
  for (const neuro::ExplainPage& page : neuro::explain_pages()) {
    known.emplace_back(page.code);
    known.emplace_back(page.kind);
  }
  const auto near = neuro::nearest(options.subject, known);
  throw UsageError(str("nothing is known about `", options.subject, '`'),
                   near ? str("did you mean `", *near, "`?") : "`nsrun explain --list` has all codes and topics");
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "explain", "Explain a diagnostic's code, or a topic such as loss.",
                                  "nsrun explain NS0301\nnsrun explain loss\nnsrun explain --list");
  command->add_option("subject", options->subject, "a code such as NS0301, or a topic")->option_text("CODE|TOPIC");
  command->add_flag("--list", options->list, "list all codes and topics");
  command->callback([&action, options] { action = [options] { return explain(*options); }; });
}

}  // namespace nsrun
