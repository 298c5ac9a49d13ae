#pragma once
// The .ns files that a command line names, and writing one back.
#include <filesystem>
#include <string>
#include <vector>

namespace nsrun {

/// The text of a file, or of stdin for `-`. Throws Error(source) when it cannot be read.
std::string read_source_or_stdin(const std::string& name);

/// Files as they are; for a directory every `.ns` file below it, in order of names, without hidden directories.
std::vector<std::string> source_files(const std::vector<std::string>& names);

/// Writes a file in one step: who reads it finds the old text or the new one. Its permissions stay; a link stays a
/// link. Throws Error(resource) when that is not possible; the file is as it was then.
void replace_file(const std::filesystem::path& path, const std::string& text);

}  // namespace nsrun
