#pragma once

#include <cstdint>

#include "core/kernel/vectorised.h"
#include "core/score/prediction.h"

namespace mlr3libtorch::score {

/// The sum of `term(row)`, times the rows' weights.
template <class Term>
double weighted_sum(const Prediction& prediction, const Term term) {
  const auto* weights = prediction.weights;
  if (weights == nullptr) return kernel::sum_doubles(prediction.rows, term);
  return kernel::sum_doubles(prediction.rows, [=](std::int64_t row) { return weights[row] * term(row); });
}

inline double total_weight(const Prediction& prediction) {
  const auto* weights = prediction.weights;
  if (weights == nullptr) return static_cast<double>(prediction.rows);
  return kernel::sum_doubles(prediction.rows, [=](std::int64_t row) { return weights[row]; });
}

/// The mean of `term(row)`, weighted.
template <class Term>
double weighted_mean(const Prediction& prediction, const Term term) {
  return weighted_sum(prediction, term) / total_weight(prediction);
}

}  // namespace mlr3libtorch::score
