#pragma once

#include "core/base/interrupt.h"
#include "core/callback/context.h"
#include "core/kernel/thread_pool.h"

namespace mlr3libtorch::train {

/// How one batch changes the network. The Trainer knows nothing else of it.
/// A step counts the time of its forward and backward in `context.timing`.
class Step {
 public:
  virtual ~Step() = default;
  /// Threads to share the work with, from now on; they outlive all other calls.
  virtual void share_with(kernel::ThreadPool& /*pool*/) {}
  /// Forward, loss, backward: leaves `loss`, `y_hats` and the gradients of `context.batch`.
  virtual void compute_gradients(callback::Context& context, base::Interrupt& interrupt) = 0;
  /// The optimizer's update.
  virtual void update(callback::Context& context) = 0;
  /// Forward without gradients: leaves `y_hats`.
  virtual void evaluate(callback::Context& context, base::Interrupt& interrupt) = 0;
  /// The loss of `y_hats` for `context.batch`, a scalar without gradient.
  virtual at::Tensor compare(const callback::Context& context) = 0;
};

}  // namespace mlr3libtorch::train
