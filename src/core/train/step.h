#pragma once

#include "core/callback/context.h"

namespace mlr3libtorch::train {

/// How one batch changes the network. The Trainer knows nothing else of it.
/// A step counts the time of its forward and backward in `context.timing`.
class Step {
 public:
  virtual ~Step() = default;
  /// Forward, loss, backward: leaves `loss`, `y_hats` and the gradients of `context.batch`.
  virtual void compute_gradients(callback::Context& context) = 0;
  /// The optimizer's update.
  virtual void update(callback::Context& context) = 0;
};

/// Any network, by LibTorch's autograd into flat gradients.
class AutogradStep : public Step {
 public:
  explicit AutogradStep(network::Network& network) { network.enable_gradients(); }
  void compute_gradients(callback::Context& context) override;
  void update(callback::Context& context) override;
};

}  // namespace mlr3libtorch::train
