#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace mlr3libtorch::train {

/// The mean loss of some batches, weighted by what each batch's mean was divided by: so it is the mean of all rows.
class MeanLoss {
 public:
  /// `loss`: a scalar on the CPU. `count`: see `Loss::denominator()`.
  void add(const at::Tensor& loss, double count);
  /// Both scalars on another device; they are read only when the mean is, so that nothing waits for the device.
  void add_on_device(const at::Tensor& loss, const at::Tensor& count);
  /// NaN before the first batch, and if all counts are 0.
  double value() const;

  c10::IValue state() const;
  /// An earlier version of this package has not saved it: then the mean is NaN.
  void load_state(const c10::IValue& saved);

 private:
  struct Totals {
    double sum, count;
  };
  Totals totals() const;

  double sum_ = 0;
  double count_ = 0;
  at::Tensor device_totals_;  // [sum, count]; undefined on the CPU
};

}  // namespace mlr3libtorch::train
