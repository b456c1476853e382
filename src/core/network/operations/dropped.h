#pragma once

#include <ATen/core/Tensor.h>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

/// `x` with each element zeroed with probability p if the mode drops, the rest scaled by 1 / (1 - p).
/// On the CPU it draws from the run's generator, which at::dropout does not.
at::Tensor dropped(const at::Tensor& x, double p, const ForwardMode& mode);

}  // namespace mlr3libtorch::network
