#pragma once

#include <cstdint>
#include <vector>

namespace mlr3libtorch::score {

/// What a score reads of predicted classes; each includes those before it.
enum class Needs { kResponse, kTrueProbability, kProbabilities };

/// The truth and the predictions of some rows, in double precision.
/// For classification or for regression; the other's vectors are empty.
struct Prediction {
  std::int64_t rows = 0;
  /// [rows], how much each row counts; nullptr if all count 1. Owned by whoever made the prediction.
  const double* weights = nullptr;

  /// Classification: class numbers from 0; of two classes, 0 is the positive one.
  std::int64_t classes = 0;
  std::vector<std::int64_t> true_class = {};
  std::vector<std::int64_t> predicted_class = {};
  /// [rows], the probability of the true class; empty if no score wants it.
  std::vector<double> true_probability = {};
  /// [classes x rows], one class after the other; empty if no score wants them.
  std::vector<double> probabilities = {};

  /// Regression.
  std::vector<double> truth = {};
  std::vector<double> response = {};
  /// [levels x rows], one level after the other, if a network predicts quantiles.
  std::vector<double> quantiles = {};
  std::vector<double> levels = {};

  double weight(std::int64_t row) const { return weights == nullptr ? 1.0 : weights[row]; }
  const double* probability_of(std::int64_t number) const { return probabilities.data() + number * rows; }
};

}  // namespace mlr3libtorch::score
