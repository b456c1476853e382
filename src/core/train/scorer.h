#pragma once

#include <ATen/core/Tensor.h>

#include "core/score/named_scores.h"

namespace mlr3libtorch::train {

/// The network's outputs for the rows of one pass.
struct Predictions {
  at::Tensor y_hat;  // [n, outputs]
  at::Tensor index;  // [n] int64, positions in the dataset, from 0
};

/// Scores the predictions of a pass when that is due. The base class does not want any, and then none are kept.
class Scorer {
 public:
  virtual ~Scorer() = default;
  virtual bool wants_train() const { return false; }
  virtual bool wants_valid() const { return false; }
  virtual score::NamedScores score_train(const Predictions& /*predictions*/) { return {}; }
  virtual score::NamedScores score_valid(const Predictions& /*predictions*/) { return {}; }
};

}  // namespace mlr3libtorch::train
