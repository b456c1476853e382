#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/kernel/loss_kernel.h"

namespace mlr3libtorch::loss {

/// The units of a network's outputs: output k is a standardised number times scale[k], plus shift[k]. The first output
/// has the target's.
struct Units {
  std::vector<float> shift;
  std::vector<float> scale;

  /// y: [n, 1], standardised.
  at::Tensor standard_target(const at::Tensor& y) const;
};

/// `kernel` on standardised numbers. Its gradient is that of the outputs as they are.
std::unique_ptr<kernel::LossKernel> in_units(std::unique_ptr<kernel::LossKernel> kernel, Units units);

}  // namespace mlr3libtorch::loss
