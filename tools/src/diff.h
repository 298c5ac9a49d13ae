#pragma once
#include <string>
#include <string_view>

namespace nsrun {

/// What changes from one text to another, as `diff -u` writes it; empty when nothing does. A shortest edit script
/// (Myers 1986, "An O(ND) difference algorithm"); texts that differ in more than a thousand lines come out as one block
/// removed and one added.
std::string unified_diff(std::string_view before, std::string_view after, std::string_view name);

}  // namespace nsrun
