#include "nsrun.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace nsrun::test {

namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path temporary_directory() {
  std::string name = (fs::temp_directory_path() / "nsrun_test_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return name;
}

/// In the child: what the test's own process has set must not change what nsrun does.
void prepare_environment(const Environment& environment) {
  for (const char* name : {"NO_COLOR", "NSRUN_THREADS", "NSRUN_CHECKPOINT", "NEURO_PLAN"}) unsetenv(name);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
}

void redirect(const fs::path& path, int flags, int descriptor) {
  const int file = open(path.c_str(), flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(126);
  close(file);
}

}  // namespace

Process::Process(const fs::path& directory, const std::vector<std::string>& args, const std::string& input,
                 const Environment& environment) {
  const fs::path side = temporary_directory();
  out_ = side / "out";
  err_ = side / "err";
  std::ofstream(side / "in", std::ios::binary) << input;
  std::vector<char*> argv{const_cast<char*>("nsrun")};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    redirect(side / "in", O_RDONLY, STDIN_FILENO);
    redirect(out_, O_CREAT | O_WRONLY, STDOUT_FILENO);
    redirect(err_, O_CREAT | O_WRONLY, STDERR_FILENO);
    prepare_environment(environment);
    if (chdir(directory.c_str()) != 0) _exit(126);
    execv(NEURO_BIN_DIR "/nsrun", argv.data());
    _exit(127);
  }
}

Process::~Process() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &status_, 0);
  }
  std::error_code ignored;
  fs::remove_all(out_.parent_path(), ignored);
}

void Process::signal(int number) const { kill(pid_, number); }

bool Process::running() {
  if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
  return !ended_;
}

std::string Process::error_text() const { return read_file(err_); }

Outcome Process::wait() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "nsrun did not end within a minute; it said:\n" << error_text();
      kill(pid_, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  return {code, read_file(out_), read_file(err_)};
}

Nsrun::Nsrun() : directory_(temporary_directory()) {}

Nsrun::~Nsrun() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void Nsrun::write(std::string_view name, std::string_view text) const {
  fs::create_directories(path(name).parent_path());
  std::ofstream(path(name), std::ios::binary) << text;
}

std::string Nsrun::read(std::string_view name) const { return read_file(path(name)); }

void Nsrun::use_example(const std::string& name) const {
  const fs::path to = path("examples/" + name);
  fs::create_directories(to.parent_path());
  fs::copy(fs::path(NEURO_SOURCE_DIR) / "examples" / name, to, fs::copy_options::recursive);
}

void Nsrun::use_xor() const {
  for (const char* name : {"01-xor.ns", "xor_config.yml", "data/xor_train.jsonl"}) use_example(name);
}

Outcome Nsrun::run(const std::vector<std::string>& args, const std::string& input,
                   const Environment& environment) const {
  return Process(directory_, args, input, environment).wait();
}

std::vector<std::string> Nsrun::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
    if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), directory_).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void expect_refusal(const Outcome& outcome, int code, const std::string& name) {
  EXPECT_EQ(outcome.code, code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const fs::path golden = fs::path(NEURO_TEST_DIR) / "golden/cli" / (name + ".txt");
  if (std::getenv("NEURO_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(golden.parent_path());
    std::ofstream(golden, std::ios::binary) << outcome.err;
    return;
  }
  EXPECT_EQ(outcome.err, read_file(golden)) << "golden file " << golden;
}

}  // namespace nsrun::test
