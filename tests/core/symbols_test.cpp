#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>

namespace neuro {
namespace {

/// What a shell command prints.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string out;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) out.append(buffer.data(), n);
  return out;
}

/// An inline function without the instruction set in its name, compiled with -mavx2, may be the copy that the linker
/// keeps for everybody: older processors would then stop at an illegal instruction, far from any kernel.
TEST(Symbols, FunctionsCompiledForAnInstructionSetCarryItsName) {
  const std::string symbols = output_of("nm --defined-only " NEURO_CORE_LIBRARY " 2>/dev/null");
  if (symbols.empty()) GTEST_SKIP() << "no nm on this machine";
  std::istringstream lines(symbols);
  std::string line, isa;
  int checked = 0;
  while (std::getline(lines, line)) {
    if (line.ends_with(".o:")) {
      isa = line.starts_with("avx2.") ? "avx2" : line.starts_with("avx512.") ? "avx512" : "";
      continue;
    }
    std::string address, type, name;
    std::istringstream(line) >> address >> type >> name;
    if (isa.empty() || (type != "T" && type != "W" && type != "i" && type != "u")) continue;
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_NE(lower.find(isa), std::string::npos) << name << " in the object of " << isa;
    ++checked;
  }
#if defined(__x86_64__)
  EXPECT_GT(checked, 100) << "the objects of avx2 and avx512 were not found in " NEURO_CORE_LIBRARY;
#endif
}

}  // namespace
}  // namespace neuro
