#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/kernel/kernel.h"
#include "core/network/operation.h"

namespace mlr3libtorch::plan {

/// A step out of the plan, for an operation without a kernel: it runs on tensors over the plan's memory, and autograd
/// gives the gradients of its inputs and parameters.
class AutogradKernel : public kernel::Kernel {
 public:
  /// `inputs`, `output`: of the node, for one row. Its products have the precision of the thread that calls for it.
  AutogradKernel(std::shared_ptr<network::Operation> operation, std::vector<network::RowShape> inputs,
                 network::RowShape output);

  void forward(const kernel::Call& call) override;
  void backward(const kernel::Call& call) override;

  /// Whether the last output depended neither on its parameters nor on those before it.
  bool cuts_gradients() const noexcept { return cuts_gradients_; }

 private:
  at::Tensor input_tensor(const kernel::Input& input, const network::RowShape& shape, std::int64_t rows) const;
  void check_output(std::int64_t rows) const;

  std::shared_ptr<network::Operation> operation_;
  std::vector<network::RowShape> shapes_;
  network::RowShape output_shape_;
  std::vector<at::Tensor> inputs_;
  at::Tensor output_;
  bool cuts_gradients_ = false;
};

}  // namespace mlr3libtorch::plan
