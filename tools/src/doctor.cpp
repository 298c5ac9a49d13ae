// nsrun doctor: what this machine gives to nsrun, and whether the file system keeps its promises.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "cli.h"
#include "console.h"
#include "exit_code.h"
#include "neuro/kernels/table.h"
#include "neuro/parallel.h"
#include "neuro/str.h"

namespace nsrun {
namespace {

namespace fs = std::filesystem;
using neuro::str;

constexpr double kMiB = 1024.0 * 1024.0;

void row(std::string_view name, std::string_view value) {
  std::string line(name);
  line.resize(16, ' ');
  console().result(str(line, value, '\n'));
}

std::string instruction_sets() {
  std::string out;
  for (const auto* table : neuro::kernels::supported_tables()) {
    out += str(out.empty() ? "" : ", ", table->name);
    if (table == &neuro::kernels::table()) out += " (in use)";
  }
  return out;
}

std::string mebibytes(double bytes) { return str(static_cast<std::int64_t>(bytes / kMiB), " MiB"); }

/// What the machine has, and what a control group leaves of it.
std::string memory() {
  const double total = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  std::string out = mebibytes(total);
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    double limit = 0;
    if (std::ifstream(path) >> limit && limit < total) return str(out, ", limited to ", mebibytes(limit));
  }
  return out;
}

/// Checkpoints are written beside their place, synced and renamed over it: tries that in the working directory.
/// Returns what failed; empty when all of it works.
std::string file_system_problem() {
  const std::string from = str(".nsrun-doctor-", getpid()), to = from + "-renamed";
  const auto failed = [](std::string_view what) { return str(what, ": ", std::strerror(errno)); };
  const int file = open(from.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return failed("cannot create a file here");
  std::string problem;
  if (write(file, "x", 1) != 1) problem = failed("cannot write");
  if (problem.empty() && fsync(file) != 0) problem = failed("cannot sync a file");
  close(file);
  if (problem.empty() && std::rename(from.c_str(), to.c_str()) != 0) problem = failed("cannot rename a file");
  const int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (problem.empty() && (directory < 0 || fsync(directory) != 0)) problem = failed("cannot sync the directory");
  if (directory >= 0) close(directory);
  unlink(from.c_str());
  unlink(to.c_str());
  return problem;
}

int doctor() {
  row("nsrun", NEURO_VERSION);
  row("instruction set", instruction_sets());
  row("threads", str(neuro::thread_count(), " in use, ", neuro::available_threads(), " available"));
  row("memory", memory());
  std::error_code error;
  const fs::space_info space = fs::space(".", error);
  row("disk", error ? error.message() : mebibytes(static_cast<double>(space.available)) + " free here");
  const std::string problem = file_system_problem();
  row("checkpoints", problem.empty() ? "can be written here (create, sync, rename)" : problem);
  return problem.empty() ? kOk : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  add_command(app, "doctor", "Show what this machine gives to nsrun, and what is wrong with it.", "nsrun doctor")
      ->callback([&action] { action = doctor; });
}

}  // namespace nsrun
