#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mlr3libtorch::score {

/// Scores under the ids of their measures.
using NamedScores = std::vector<std::pair<std::string, double>>;

}  // namespace mlr3libtorch::score
