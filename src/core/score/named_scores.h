#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlr3libtorch::score {

/// Scores under the ids of their measures.
using NamedScores = std::vector<std::pair<std::string, double>>;

/// How often a score was computed, and how often it was not a number.
struct ScoreCount {
  std::int64_t evaluations = 0;
  std::int64_t undefined = 0;
};

}  // namespace mlr3libtorch::score
