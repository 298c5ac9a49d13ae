#include "files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "neuro/str.h"

namespace neuro::files {
namespace fs = std::filesystem;
namespace {

/// A descriptor that closes itself.
class File {
 public:
  File(const fs::path& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  int close() { return ::close(std::exchange(descriptor_, -1)); }

 private:
  int descriptor_;
};

File open_to_read(const fs::path& path, ErrorCode code, std::size_t& size) {
  File file(path, O_RDONLY);
  if (!file) fail("read", path, errno, code);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("read", path, errno, code);
  if (S_ISDIR(status.st_mode)) fail("read", path, EISDIR, code);
  size = static_cast<std::size_t>(status.st_size);
  return file;
}

void write_all(int file, const fs::path& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(file, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("write", path, errno);
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

std::string hex(XXH128_hash_t hash) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint64_t half : {hash.high64, hash.low64}) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(half >> shift) & 15];
  }
  return out;
}

constexpr const char* kFreeSpace =
    "; free some space, then go on with `--resume`, or train again when nothing was saved yet";

}  // namespace

void fail(std::string_view operation, const fs::path& path, int error, ErrorCode otherwise) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  std::string reason = std::strerror(error);
  if (error == EROFS || error == EACCES) reason += "; choose another place (`checkpoint.dir`)";
  if (full) reason += kFreeSpace;
  if (operation == "read") reason = std::strerror(error);
  throw Error(full ? ErrorCode::resource : otherwise, str("failed to ", operation, " ", path.string(), ": ", reason));
}

std::string read(const fs::path& path, ErrorCode code) {
  std::size_t size = 0;
  const File file = open_to_read(path, code, size);
  std::string text(size, '\0');
  std::size_t have = 0;
  while (true) {  // to the end, whatever fstat said: pipes and /dev/stdin have size 0
    if (have == text.size()) text.resize(have + 4096);
    const ssize_t got = ::read(file.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path, errno, code);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

void write(const fs::path& path, std::span<const std::string_view> parts, Sync sync) {
  File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) fail("write", path, errno);
  for (const std::string_view part : parts) write_all(file.get(), path, part);
  if (sync == Sync::yes && ::fsync(file.get()) != 0) fail("write", path, errno);
  if (file.close() != 0) fail("write", path, errno);
}

void write(const fs::path& path, std::string_view text, Sync sync) {
  write(path, std::span<const std::string_view>(&text, 1), sync);
}

void replace(const fs::path& path, std::string_view text, Sync sync) {
  replace_with(path, [&](const fs::path& temporary) { write(temporary, text, sync); });
}

void replace_with(const fs::path& path, FunctionRef<void(const fs::path&)> write_file) {
  fs::path temporary = path;
  temporary += str(".tmp-", ::getpid());
  try {
    write_file(temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("replace", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void sync_all(std::span<const fs::path> paths) {
  std::vector<int> errors(paths.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      threads.emplace_back([&, i] {
        const File file(paths[i], O_RDONLY);
        if (!file || ::fsync(file.get()) != 0) errors[i] = errno;
      });
    }
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (errors[i] != 0) fail("sync", paths[i], errors[i]);
  }
}

void sync_directory(const fs::path& path) {
  const File directory(path, O_RDONLY | O_DIRECTORY);
  if (!directory || ::fsync(directory.get()) != 0) fail("sync", path, errno);
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail("create the directory", path, error.value());
}

void require_space(const fs::path& path, std::uint64_t bytes) {
  constexpr std::uint64_t kMargin = 1 << 20;
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return;  // no answer: writing will tell
  const std::uint64_t free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  if (free < bytes + kMargin) {
    throw Error(ErrorCode::resource, str("disk full: ", path.string(), " has ", free / 1024,
                                         " KiB left, a checkpoint needs ", (bytes + kMargin) / 1024, kFreeSpace));
  }
}

std::string checksum(std::string_view text) { return hex(XXH3_128bits(text.data(), text.size())); }

std::string checksum_of_file(const fs::path& path, ErrorCode code) { return checksum(Mapped(path, code).text()); }

Mapped::Mapped(const fs::path& path, ErrorCode code) {
  const File file = open_to_read(path, code, size_);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  // A file that ends with its page would have nothing behind it: reserve one page more and put the file over the start.
  mapped_ = (size_ + page - 1) / page * page + page;
  void* memory = ::mmap(nullptr, mapped_, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("map", path, errno, code);
  data_ = static_cast<const char*>(memory);
  if (size_ > 0 && ::mmap(memory, size_, PROT_READ, MAP_PRIVATE | MAP_FIXED, file.get(), 0) == MAP_FAILED) {
    const int error = errno;
    ::munmap(memory, mapped_);
    fail("map", path, error, code);
  }
}

Mapped::Mapped(Mapped&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

Mapped& Mapped::operator=(Mapped&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

Mapped::~Mapped() {
  if (data_) ::munmap(const_cast<char*>(data_), mapped_);
}

bool Lock::acquire(const fs::path& path) {
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) fail("create", path, errno);
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return true;
  ::close(std::exchange(file_, -1));
  return false;
}

Lock::Lock(Lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

Lock& Lock::operator=(Lock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

Lock::~Lock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace neuro::files
