#pragma once

#include <cstddef>
#include <functional>

#include "core/base/interrupt.h"
#include "core/callback/context.h"
#include "core/kernel/thread_pool.h"

namespace mlr3libtorch::train {

/// Told which ranges of flat memory have their gradients: from `first` up to, not including, `last`.
using GradientsReady = std::function<void(std::size_t first, std::size_t last)>;

/// How one batch changes the network. The Trainer knows nothing else of it.
/// A step counts the time of its forward and backward in `context.timing`.
class Step {
 public:
  virtual ~Step() = default;
  /// Threads to share the work with, from now on; they outlive all other calls.
  virtual void share_with(kernel::ThreadPool& /*pool*/) {}
  /// Whom to tell of gradients as soon as they are there, while others are computed. A step may tell of none.
  virtual void tell_of_gradients(const GradientsReady& /*ready*/) {}
  /// Whether to stop after this batch, if this process was asked to.
  virtual bool agree_to_stop(bool asked) { return asked; }
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
