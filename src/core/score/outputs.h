#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/score/prediction.h"

namespace mlr3libtorch::score {

/// The meaning of a network's outputs in regression.
struct NumberOutputs {
  /// The output that is the response.
  std::int64_t response = 0;
  /// Probabilities of the quantiles; empty if the outputs are not quantiles.
  std::vector<double> levels = {};
  /// Whether outputs are logarithms.
  bool is_log = false;
};

/// y_hat: [n, 1] for two classes, the logit of the first, or [n, classes] logits; float32 in plain memory, all finite.
/// Sets the predicted classes (of equal logits, the first), and the probabilities that are needed; those of true
/// classes if the prediction has these.
void read_classes(const at::Tensor& y_hat, Needs needs, Prediction& prediction);

/// y_hat: [n, outputs]. Sets responses and quantiles.
void read_numbers(const at::Tensor& y_hat, const NumberOutputs& outputs, Prediction& prediction);

}  // namespace mlr3libtorch::score
