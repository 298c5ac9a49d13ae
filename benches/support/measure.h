#pragma once
// Timing of alternatives against each other on a machine that does other things too.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace neuro::bench {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// One way to do some work; `run` returns the amount of work it did (floating-point operations, bytes).
struct Way {
  std::string name;
  std::function<double()> run;
};

/// Work a second in each round, in the order of the rounds, for each way.
using Rates = std::vector<std::vector<double>>;

/// Runs the ways by turns, each for about `slice` seconds a round, so that all of them meet the same disturbances.
inline Rates measure(const std::vector<Way>& ways, int rounds, double slice) {
  std::vector<std::int64_t> calls;
  for (const Way& way : ways) {
    way.run();
    std::int64_t n = 1;
    for (;; n *= 2) {
      const double start = seconds_now();
      for (std::int64_t i = 0; i < n; ++i) way.run();
      if (seconds_now() - start > slice / 2) break;
    }
    calls.push_back(n);
  }
  Rates rates(ways.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t w = 0; w < ways.size(); ++w) {
      double work = 0;
      const double start = seconds_now();
      for (std::int64_t i = 0; i < calls[w]; ++i) work += ways[w].run();
      rates[w].push_back(work / (seconds_now() - start));
    }
  }
  return rates;
}

inline double best(const std::vector<double>& rates) { return *std::max_element(rates.begin(), rates.end()); }

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Median over the rounds of a's rate divided by b's rate in the same round.
inline double median_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  return median(ratios);
}

}  // namespace neuro::bench
