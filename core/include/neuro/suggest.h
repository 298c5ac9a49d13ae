#pragma once
// "Did you mean ...?"
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace neuro {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (no part is edited twice: the
/// "optimal string alignment" distance). Bytes count; O(|a| |b|) time.
/// source: Damerau 1964, doi:10.1145/363958.363994.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to a misspelt name: upper and lower case count as equal, the distance is at most a third of
/// the longer of both, and the first of equally near ones wins. Nothing for names over 64 bytes.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);
std::optional<std::string> nearest(std::string_view name, std::span<const std::string_view> candidates);

/// The file nearest in name to a missing one, among the first 10,000 of its folder; nothing when none is near.
std::optional<std::string> nearest_file(const std::filesystem::path& missing);

}  // namespace neuro
