#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <vector>

#include "core/optim/optimizer.h"

namespace mlr3libtorch::optim {

/// An optimizer with its parameters as tensors, in the order of the ranges of `memory`.
struct OptimizedTensors {
  Optimizer& optimizer;
  const value::FlatMemory& memory;
  std::vector<at::Tensor> tensors;
};

/// The state of an optimizer with an entry for each parameter, as PyTorch shows it: a dictionary of `name`,
/// `param_groups` (the settings of each, and `params`, the positions of its parameters from 1) and `state` (for each
/// parameter its `step` and statistics of its shape).
c10::IValue state_by_parameter(const OptimizedTensors& optimized);
/// Refuses what does not fit (kind "state"), and then changes nothing. `name` may be absent.
void load_state_by_parameter(const OptimizedTensors& optimized, const c10::IValue& saved);

}  // namespace mlr3libtorch::optim
