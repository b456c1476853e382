#pragma once

#include <ATen/core/Tensor.h>

namespace mlr3libtorch::network {

/// Also a base of operations that turn standardised numbers into outputs in the target's unit, by fixed numbers.
/// See docs/decisions/scaled_inside_the_network.md.
class OutputUnits {
 public:
  virtual ~OutputUnits() = default;
  /// [outputs]: output = standardised number * sd + mean.
  virtual const at::Tensor& mean() const = 0;
  virtual const at::Tensor& sd() const = 0;
};

}  // namespace mlr3libtorch::network
