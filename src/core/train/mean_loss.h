#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace mlr3libtorch::train {

/// The mean loss of some batches, weighted by what each batch's mean was divided by: so it is the mean of all rows.
class MeanLoss {
 public:
  /// `loss`: a scalar; if it is on another device, it is read only when the mean is. `count`: see
  /// `Loss::denominator()`.
  void add(const at::Tensor& loss, double count);
  /// NaN before the first batch, and if all counts are 0.
  double value() const;

  c10::IValue state() const;
  /// An earlier version of this package has not saved it: then the mean is NaN.
  void load_state(const c10::IValue& saved);

 private:
  double sum_ = 0;
  double count_ = 0;
  at::Tensor device_sum_;  // float64; undefined on the CPU
};

}  // namespace mlr3libtorch::train
