#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

/// What the operation gives, with products in `mode.precision`: in bfloat16, LibTorch's autocast casts their factors.
/// The result is float32 again, so that what other operations compute is.
at::Tensor forward_in_precision(Operation& operation, const std::vector<at::Tensor>& inputs, const ForwardMode& mode);

/// Throws base::ConfigError unless products can have this precision on the device: bfloat16 is for the CPU.
void check_precision(kernel::Precision precision, const at::Device& device);

}  // namespace mlr3libtorch::network
