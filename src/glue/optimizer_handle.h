#pragma once

#include "core/optim/parameter_state.h"
#include "core/optim/tensor_optimizer.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<optim::TensorOptimizer> {
  static constexpr const char* kTag = "mlr3libtorch_optimizer";
  static constexpr const char* kWhat = "optimizer";
  static constexpr const char* kRClass = "torch_optimizer_handle";
  static constexpr const char* kEnded = "This optimizer is gone.";
};

using OptimizerHandle = Handle<optim::TensorOptimizer>;

/// Whether it is the handle of an optimizer over tensors; else it should be that of a run, which has one, too.
bool is_tensor_optimizer(SEXP handle);

/// The optimizer behind either handle.
optim::OptimizedTensors optimized_by(SEXP handle);

}  // namespace mlr3libtorch::glue
