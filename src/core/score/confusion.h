#pragma once

#include "core/score/prediction.h"

namespace mlr3libtorch::score {

/// The weight of each combination of true and predicted class, for two classes.
struct Confusion {
  double true_positive = 0;
  double false_positive = 0;
  double false_negative = 0;
  double true_negative = 0;

  double predicted_positive() const { return true_positive + false_positive; }
  double predicted_negative() const { return false_negative + true_negative; }
  double positive() const { return true_positive + false_negative; }
  double negative() const { return false_positive + true_negative; }
};

Confusion count(const Prediction& prediction);

}  // namespace mlr3libtorch::score
