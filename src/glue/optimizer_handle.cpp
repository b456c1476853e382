#include "glue/optimizer_handle.h"

#include "glue/run_handle.h"

namespace mlr3libtorch::glue {

bool is_tensor_optimizer(SEXP handle) { return Rf_inherits(handle, HandleName<optim::TensorOptimizer>::kRClass) != 0; }

optim::OptimizedTensors optimized_by(SEXP handle) {
  if (is_tensor_optimizer(handle)) {
    auto& held = OptimizerHandle::get(handle);
    return {held.optimizer(), held.memory(), held.tensors()};
  }
  auto& run = RunHandle::get(handle);
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : run.network()->parameters()) tensors.push_back(tensor);
  return {run.context().optimizer, run.network()->memory(), tensors};
}

}  // namespace mlr3libtorch::glue
