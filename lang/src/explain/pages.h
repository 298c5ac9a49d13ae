#pragma once
#include <span>
#include <string_view>

#include "neuro/explain.h"

namespace neuro::explain_detail {

struct Topic {
  std::string_view name;
  std::string_view text;
};

// One file each: NS01xx, NS02xx, NS03xx, NS04xx, NS05xx and NS06xx, topics.
std::span<const ExplainPage> syntax_pages();
std::span<const ExplainPage> name_pages();
std::span<const ExplainPage> shape_pages();
std::span<const ExplainPage> graph_pages();
std::span<const ExplainPage> training_pages();
std::span<const Topic> topics();

}  // namespace neuro::explain_detail
