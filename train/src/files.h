#pragma once
// Files: reading, mapping, and writing so that a crash leaves the old content or the new, never half of one.
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "neuro/error.h"
#include "neuro/parallel.h"

namespace neuro::files {

/// Throws for a refused operation: Error(resource) when the disk is full, else Error(`otherwise`). The message names
/// the operation, the path and the reason.
[[noreturn]] void fail(std::string_view operation, const std::filesystem::path& path, int error,
                       ErrorCode otherwise = ErrorCode::checkpoint);

/// The whole file. Throws Error(`code`) when it cannot be read.
std::string read(const std::filesystem::path& path, ErrorCode code);

enum class Sync { no, yes };

/// Writes `parts` one after the other and, unless told otherwise, syncs them to the disk.
void write(const std::filesystem::path& path, std::span<const std::string_view> parts, Sync sync = Sync::yes);
void write(const std::filesystem::path& path, std::string_view text, Sync sync = Sync::yes);

/// Replaces a file in one step: a temporary beside it, synced, then renamed. Readers see the old text or the new one.
/// The caller syncs the directory. Without a sync a power failure (not a crash of the process) may lose the text.
void replace(const std::filesystem::path& path, std::string_view text, Sync sync = Sync::yes);

/// The same for a file that `write` makes at the path it is given.
void replace_with(const std::filesystem::path& path, FunctionRef<void(const std::filesystem::path&)> write);

/// Syncs files that were written without, all at once: the file system commits them together, which on a busy machine
/// takes 1 ms for six files instead of 20.
void sync_all(std::span<const std::filesystem::path> paths);

/// Makes renames and new names in a directory durable.
void sync_directory(const std::filesystem::path& path);

/// Creates a directory with its parents.
void make_directories(const std::filesystem::path& path);

/// Throws Error(resource) when the file system of `path` has less than `bytes` (and a margin of 1 MiB) left.
void require_space(const std::filesystem::path& path, std::uint64_t bytes);

/// 32 hexadecimal digits of the 128-bit XXH3 of `text` or of a file.
std::string checksum(std::string_view text);
std::string checksum_of_file(const std::filesystem::path& path, ErrorCode code);

/// A file's bytes as memory, read-only, followed by at least kPadding readable bytes.
class Mapped {
 public:
  static constexpr std::size_t kPadding = 64;  // what simdjson reads past the end of its input
  Mapped() = default;
  /// Throws Error(code).
  Mapped(const std::filesystem::path& path, ErrorCode code);
  Mapped(Mapped&& other) noexcept;
  Mapped& operator=(Mapped&& other) noexcept;
  ~Mapped();
  std::string_view text() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0, mapped_ = 0;
};

/// A lock that one process holds, and loses when it ends in whatever way.
class Lock {
 public:
  Lock() = default;
  /// False when another process holds it.
  bool acquire(const std::filesystem::path& path);
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

 private:
  int file_ = -1;
};

}  // namespace neuro::files
