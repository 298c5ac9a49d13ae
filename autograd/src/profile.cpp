#include "profile.h"

#include <algorithm>
#include <cstdio>

#include "neuro/str.h"

namespace neuro {
namespace {

/// A number with `digits` decimals, right-aligned in `width` columns.
std::string fixed(double x, int digits, int width) {
  char text[64];
  std::snprintf(text, sizeof text, "%*.*f", width, digits, x);
  return text;
}

/// A text inside a JSON string.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  out += '"';
  return out;
}

/// Left-aligned in `width` columns.
std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

Profiler::Profiler(std::size_t calls) : state_(std::make_unique<State>()) { state_->ring.resize(calls); }
Profiler::~Profiler() = default;

std::string Profiler::chrome_trace() const {
  const State& s = *state_;
  std::string out = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  for (std::size_t p = 0; p < s.plans.size(); ++p) {
    out += str(p ? ",\n" : "\n", "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":", p,
               ",\"args\":{\"name\":", quoted(s.plans[p].name), "}}");
  }
  const std::uint64_t kept = std::min<std::uint64_t>(s.recorded, s.ring.size());
  for (std::uint64_t i = s.recorded - kept; i < s.recorded; ++i) {
    const State::Call& call = s.ring[i % s.ring.size()];
    const Plan& plan = *s.plans[call.plan].plan;
    const Cost cost = plan.cost(call.entry);
    out +=
        str(",\n{\"ph\":\"X\",\"name\":", quoted(plan.entry_name(call.entry)), ",\"pid\":1,\"tid\":", call.plan,
            ",\"ts\":", fixed(static_cast<double>(call.begin) / 1e3, 3, 0),
            ",\"dur\":", fixed(static_cast<double>(call.nanoseconds) / 1e3, 3, 0), ",\"args\":{\"entry\":", call.entry,
            ",\"flops\":", fixed(cost.flops, 0, 0), ",\"bytes\":", fixed(cost.bytes, 0, 0), "}}");
  }
  return str(out, "\n]}\n");
}

std::string Profiler::table() const {
  struct Row {
    std::string plan, entry;
    State::Total total;
    Cost cost;
  };
  std::vector<Row> rows;
  double all = 0;
  std::size_t plan_width = 4, entry_width = 5;
  for (const State::Profiled& p : state_->plans) {
    for (std::size_t e = 0; e < p.totals.size(); ++e) {
      rows.push_back({p.name, str(e, " ", p.plan->entry_name(e)), p.totals[e], p.plan->cost(e)});
      all += static_cast<double>(p.totals[e].nanoseconds);
      plan_width = std::max(plan_width, rows.back().plan.size());
      entry_width = std::max(entry_width, rows.back().entry.size());
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.total.nanoseconds > b.total.nanoseconds; });
  std::string out = str(padded("plan", plan_width), "  ", padded("entry", entry_width),
                        "     calls    total ms   share   GFLOP/s      GB/s\n");
  for (const Row& r : rows) {
    const double ns = static_cast<double>(r.total.nanoseconds), calls = static_cast<double>(r.total.calls);
    const auto rate = [&](double per_call) { return ns > 0 ? per_call * calls / ns : 0; };
    out += str(padded(r.plan, plan_width), "  ", padded(r.entry, entry_width), fixed(calls, 0, 10),
               fixed(ns / 1e6, 3, 12), fixed(all > 0 ? 100 * ns / all : 0, 1, 7), '%', fixed(rate(r.cost.flops), 2, 10),
               fixed(rate(r.cost.bytes), 2, 10), "\n");
  }
  out += str(padded("", plan_width), "  ", padded("all entries", entry_width), padded("", 10), fixed(all / 1e6, 3, 12),
             "\n");
  return out;
}

}  // namespace neuro
