#include "neuro/ns/parse.h"

#include "ns/lexer.h"
#include "ns/parser.h"

namespace neuro::ns {

Program parse(std::uint32_t source, Diagnostics& diagnostics) {
  Reports reports(diagnostics);
  const Words words = lex(source, reports);
  Program program = Parser(source, words, reports).parse_program();
  reports.finish();
  return program;
}

}  // namespace neuro::ns
