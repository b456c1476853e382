#pragma once

#include "core/train/step.h"

namespace mlr3libtorch::train {

/// Any network, by LibTorch's autograd into flat gradients.
class AutogradStep : public Step {
 public:
  /// `precision`: of the matrix products.
  AutogradStep(network::Network& network, kernel::Precision precision) : precision_(precision) {
    network.enable_gradients();
  }
  void compute_gradients(callback::Context& context, base::Interrupt& interrupt) override;
  void update(callback::Context& context) override;
  void evaluate(callback::Context& context, base::Interrupt& interrupt) override;
  at::Tensor compare(const callback::Context& context) override;

 private:
  void check_dependence(callback::Context& context, const at::Tensor& loss, const at::Tensor& y_hat);

  kernel::Precision precision_;
  bool depends_ = false;  // whether a step's loss has depended on the weights
};

}  // namespace mlr3libtorch::train
