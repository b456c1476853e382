#pragma once

#include <cstdint>
#include <vector>

namespace mlr3libtorch::score {

/// The positions of n finite numbers, smallest number first; equal ones in their order.
std::vector<std::int64_t> order(const double* values, std::int64_t n);

/// Ranks from 1; equal numbers share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values);

/// Positive and negative weight of rows with the same value.
struct Tie {
  double value = 0;
  double positive = 0;
  double negative = 0;
};

/// The rows by rising value. `positive`, `negative`: the weight of each row on its side.
template <class Positive, class Negative>
std::vector<Tie> ties(const std::vector<double>& values, const Positive positive, const Negative negative) {
  std::vector<Tie> result;
  for (const auto row : order(values.data(), static_cast<std::int64_t>(values.size()))) {
    const double value = values[static_cast<std::size_t>(row)];
    if (result.empty() || value != result.back().value) result.push_back({value, 0, 0});
    result.back().positive += positive(row);
    result.back().negative += negative(row);
  }
  return result;
}

/// The probability that a positive row has a larger value than a negative one, ties counting half; NaN if one side
/// has no weight.
double area_under_curve(const std::vector<Tie>& rising);

}  // namespace mlr3libtorch::score
