#include "source_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>

#include "neuro/error.h"
#include "neuro/program.h"
#include "neuro/str.h"

namespace nsrun {

namespace fs = std::filesystem;

std::string read_source_or_stdin(const std::string& name) {
  if (name != "-") return neuro::read_source(name);
  std::ostringstream text;
  text << std::cin.rdbuf();
  if (std::cin.bad()) throw neuro::Error(neuro::ErrorCode::source, "Failed to read stdin");
  return std::move(text).str();
}

std::vector<std::string> source_files(const std::vector<std::string>& names) {
  std::vector<std::string> files;
  for (const std::string& name : names) {
    std::error_code error;
    if (name == "-" || !fs::is_directory(name, error)) {
      files.push_back(name);
      continue;
    }
    const auto first = static_cast<std::ptrdiff_t>(files.size());
    for (fs::recursive_directory_iterator at(name, error), end; !error && at != end; at.increment(error)) {
      const std::string file = at->path().filename().string();
      std::error_code ignored;
      if (at->is_directory(ignored)) {
        if (file.starts_with('.')) at.disable_recursion_pending();
      } else if (at->path().extension() == ".ns") {
        files.push_back(at->path().string());
      }
    }
    if (error) throw neuro::Error(neuro::ErrorCode::source, neuro::str("Failed to read ", name, ": ", error.message()));
    std::sort(files.begin() + first, files.end());
  }
  return files;
}

void replace_file(const fs::path& path, const std::string& text) {
  const fs::path target = fs::canonical(path);
  std::string temporary = target.string() + ".XXXXXX";
  const int file = ::mkstemp(temporary.data());
  const auto fail = [&](int error) {
    if (file >= 0) ::unlink(temporary.c_str());
    throw neuro::Error(neuro::ErrorCode::resource,
                       neuro::str("cannot write ", path.string(), ": ", std::strerror(error)));
  };
  if (file < 0) fail(errno);
  struct stat status {};
  int error = ::stat(target.c_str(), &status) == 0 && ::fchmod(file, status.st_mode & 07777) == 0 ? 0 : errno;
  for (std::size_t done = 0; error == 0 && done < text.size();) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (error == 0 && ::fsync(file) != 0) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) fail(error);
}

}  // namespace nsrun
