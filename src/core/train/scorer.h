#pragma once

#include <ATen/core/Tensor.h>

namespace mlr3libtorch::train {

/// What the network said about the rows of one pass.
struct Predictions {
  at::Tensor y_hat;  // [n, outputs]
  at::Tensor index;  // [n] int64, positions in the dataset, from 0
};

/// Told the predictions of a pass when its scores are due. The base class wants none, and then none are kept.
class Scorer {
 public:
  virtual ~Scorer() = default;
  virtual bool wants_train() const { return false; }
  virtual bool wants_valid() const { return false; }
  virtual void score_train(const Predictions& /*predictions*/) {}
  virtual void score_valid(const Predictions& /*predictions*/) {}
};

}  // namespace mlr3libtorch::train
