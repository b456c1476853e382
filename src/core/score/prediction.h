#pragma once

#include <cstdint>
#include <vector>

namespace mlr3libtorch::score {

/// What is compared: what is true of some rows and what a network says of them, in double precision.
/// Of a classification or of a regression; the other's vectors are empty.
struct Prediction {
  std::int64_t rows = 0;
  /// [rows], how much each row counts; nullptr where all count 1. Of whoever made the prediction.
  const double* weights = nullptr;

  /// Classification: class numbers from 0, which is the positive class where there are two.
  std::int64_t classes = 0;
  std::vector<std::int64_t> true_class = {};
  std::vector<std::int64_t> predicted_class = {};
  /// [classes x rows], one class after the other; empty where no score wants them.
  std::vector<double> probabilities = {};

  /// Regression.
  std::vector<double> truth = {};
  std::vector<double> response = {};
  /// [levels x rows], one level after the other, where a network predicts quantiles.
  std::vector<double> quantiles = {};
  std::vector<double> levels = {};

  double weight(std::int64_t row) const { return weights == nullptr ? 1.0 : weights[row]; }
  const double* probability_of(std::int64_t number) const { return probabilities.data() + number * rows; }
};

}  // namespace mlr3libtorch::score
