// NS01xx: characters, words and syntax.
#include "explain/pages.h"
#include "neuro/codes.h"

namespace neuro::explain_detail {
namespace {

constexpr ExplainPage kPages[] = {
    {codes::kUnexpectedToken, "SyntaxError", "a word or sign cannot stand here",
     R"(The parser knows what may follow, and found something else. The message says both. The mistake is often
one word before the place that is marked: a forgotten comma, arrow or bracket.)",
     R"(neuron A:
  graph:
    in -> Linear(2 4) -> out)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4) -> out)",
     "ns"},
    {codes::kUnexpectedCharacter, "SyntaxError", "a character is not part of the language",
     R"(Outside of comments and strings a source is written in ASCII. Text that was copied from a web page or a
word processor often has characters that only look right: curly quotes, typographic dashes and arrows,
spaces that do not break. Each such character is reported once, at its first place.)",
     R"(neuron A:
  graph:
    in → Linear(2, 4) → out)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4) -> out)",
     "ns"},
    {codes::kInvalidEncoding, "SyntaxError", "the file is not text in UTF-8",
     R"(A source is plain text in UTF-8, without NUL bytes. The file may be in another encoding (UTF-16, Latin-1),
or it is not a source at all. Save it as UTF-8; a byte order mark at the start is ignored.)",
     "", "", "ns"},
    {codes::kSlashComment, "SyntaxError", "`//` does not start a comment",
     R"(A comment starts with `#` and goes to the end of its line. Three slashes, `///`, document the neuron that
follows. Division is one slash, so that `//` has no meaning.)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4) -> out  // two features)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4) -> out  # two features)",
     "ns"},
    {codes::kUnclosedBracket, "SyntaxError", "a bracket is never closed",
     R"(Every `(` and `[` needs its partner. Inside brackets line ends do not count, so a forgotten partner would
swallow the lines that follow; where the partner was most likely forgotten is marked, and so is the
bracket itself.)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4 -> out)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4) -> out)",
     "ns"},
    {codes::kUnmatchedBracket, "SyntaxError", "a closing bracket closes nothing",
     R"(There is a `)` or `]` without an opening partner: one too many, or of the other sort.)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4)) -> out)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4) -> out)",
     "ns"},
    {codes::kInvalidString, "SyntaxError", "a string is not well formed",
     R"(A string ends on the line where it starts, with the sign that it starts with: a back-tick, a double or a
single quote. In quotes a backslash starts an escape: \\ \n \t \" \'. In back-ticks nothing is an escape.)",
     R"(neuron A:
  graph:
    in -> Pad(1, mode="constant) -> out)",
     R"(neuron A:
  graph:
    in -> Pad(1, mode="constant") -> out)",
     "ns"},
    {codes::kInvalidNumber, "SyntaxError", "a number is misspelt or does not fit",
     R"(Integers have 64 bits: the largest is 9223372036854775807. Other numbers are 64-bit floats and are written
`0.5`, `.5`, `5.` or `1e-5`. A name does not start with a digit.)",
     R"(neuron A:
  graph:
    in -> Linear(2, 99999999999999999999) -> out)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4096) -> out)",
     "ns"},
    {codes::kMissingColon, "SyntaxError", "a header lacks its colon",
     R"(What opens a block ends with `:`: the header of a neuron, the name of a section or port, a condition, the
pattern of an arm. The parser goes on as if the colon stood there.)",
     R"(neuron A
  graph:
    in -> Linear(2, 4) -> out)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4) -> out)",
     "ns"},
    {codes::kUnexpectedIndent, "SyntaxError", "a line is indented deeper than anything asks for",
     R"(Lines are deeper than the one above them after a header that ends with `:`, and after a line that ends
with `->`, whose value goes on into the lines below. Elsewhere the depth of a block stays the same.)",
     R"(neuron A:
  graph:
    in -> Linear(2, 4)
      ReLU()
      out)",
     R"(neuron A:
  graph:
    in ->
      Linear(2, 4)
      ReLU()
      out)",
     "ns"},
    {codes::kEmptyBlock, "SyntaxError", "nothing follows where a block belongs",
     R"(A section of ports, an arm, a branch or an `unroll` needs at least one line, on the same line after the
colon or below it and deeper.)",
     R"(neuron A(p):
  graph:
    in ->
      if p > 1:
      else: Identity()
      out)",
     R"(neuron A(p):
  graph:
    in ->
      if p > 1: GELU()
      else: Identity()
      out)",
     "ns"},
    {codes::kUnknownSection, "SyntaxError", "a section of a neuron has an unknown name",
     R"(A neuron has the sections `in` and `out` (ports), `context` (modules with a name), `graph` (the flow) and
`impl` (a native kernel). Older texts write `let:` or `set:` for what is `context:` now.)",
     R"(neuron A:
  let:
    up = Linear(2, 4)
  graph:
    in -> up -> out)",
     R"(neuron A:
  context:
    up = Linear(2, 4)
  graph:
    in -> up -> out)",
     "ns"},
    {codes::kChainedComparison, "SyntaxError", "comparisons do not chain",
     R"(`a < b < c` could be read in two ways, so it is refused. Say what is meant with `and`.)",
     R"(neuron A(n):
  graph:
    in -> if 2 < n < 8: GELU()
    -> out)",
     R"(neuron A(n):
  graph:
    in -> if 2 < n and n < 8: GELU()
    -> out)",
     "ns"},
    {codes::kTooDeep, "SyntaxError", "the source nests too deep",
     R"(Brackets, blocks and chains of operators nest at most 256 levels deep. No source that a person writes comes
near; a generated one can give a part a name and use the name.)",
     "", "", "ns"},
    {codes::kTooLarge, "SyntaxError", "the source is too large",
     R"(A source has at most 64 MiB and 3 million words. Split it into several files.)", "", "", "ns"},
    {codes::kMixedIndentation, "SyntaxError", "tabs and spaces are mixed (a warning)",
     R"(A tab counts as going to the next multiple of 4 columns, which is not what every editor shows. Where lines
of one neuron are indented with tabs and others with spaces, what one sees may not be what is read.)",
     "neuron A:\n  graph:\n\tin ->\n\t\tGELU()\n\t\tout", "neuron A:\n  graph:\n    in ->\n      GELU()\n      out",
     "ns"},
    {codes::kMisplacedDoc, "SyntaxError", "a `///` comment precedes no neuron (a warning)",
     R"(`///` documents the neuron that follows it; only blank lines may stand between them. Anywhere else it is
ignored. Write `#` for a plain comment.)",
     R"(neuron A:
  graph:
    /// keeps the sign
    in -> Tanh() -> out)",
     R"(/// Keeps the sign.
neuron A:
  graph:
    in -> Tanh() -> out)",
     "ns"},
    {codes::kAmbiguousFlatElse, "AmbiguousFlatElse", "without indentation, a branch may hold too much (a warning)",
     R"(Where indentation was lost, nothing marks the end of the last branch of an `if`, so it runs to the end of
the pipeline. Indent the source, or write the branch on one line.)",
     R"(neuron A(p):
graph:
in ->
if p > 1:
GELU()
Dropout(0.1)
out)",
     R"(neuron A(p):
  graph:
    in ->
      if p > 1:
        GELU()
      Dropout(0.1)
      out)",
     "ns"},
    {codes::kAmbiguousFlatUnroll, "AmbiguousFlatUnroll", "without indentation, an unroll holds one binding (a warning)",
     R"(Where indentation was lost, an `unroll` owns exactly the binding below it; further ones are bindings of the
neuron. Indent the source if it should hold more.)",
     R"(neuron A:
context:
layers = unroll(4):
step = Linear(8, 8)
act = GELU()
graph:
in -> layers -> act -> out)",
     R"(neuron A:
  context:
    layers = unroll(4):
      step = Linear(8, 8)
    act = GELU()
  graph:
    in -> layers -> act -> out)",
     "ns"},
};

}  // namespace

std::span<const ExplainPage> syntax_pages() { return kPages; }

}  // namespace neuro::explain_detail
