#pragma once
// The command line that the plain benches share: [--threads N] [--arch NAME] [--rounds N] [TEXT].
#include <cstdlib>
#include <string_view>

namespace neuro::bench {

struct Options {
  Options(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view arg = argv[i];
      if (arg == "--threads" && i + 1 < argc) {
        threads = std::atoi(argv[++i]);
      } else if (arg == "--arch" && i + 1 < argc) {
        arch = argv[++i];
      } else if (arg == "--rounds" && i + 1 < argc) {
        rounds = std::atoi(argv[++i]);
      } else {
        filter = arg;
      }
    }
  }

  int threads = 1;
  int rounds = 25;
  std::string_view arch;    ///< empty: every instruction set of this machine
  std::string_view filter;  ///< cases whose name contains it
};

}  // namespace neuro::bench
