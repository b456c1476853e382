#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace mlr3libtorch::train {

/// The mean loss of some batches. Each counts as much as its own mean was divided by, so that it is that of all rows.
class MeanLoss {
 public:
  /// `loss`: a scalar; of a batch on another device it is read only when the mean is. `count`: see
  /// `Loss::denominator()`.
  void add(const at::Tensor& loss, double count);
  /// NaN before the first batch, and where nothing counts.
  double value() const;

  c10::IValue state() const;
  /// What an earlier version of this package has not saved cannot be known any more: the mean is NaN then.
  void load_state(const c10::IValue& saved);

 private:
  double sum_ = 0;
  double count_ = 0;
  at::Tensor device_sum_;  // float64; undefined on the CPU
};

}  // namespace mlr3libtorch::train
