#pragma once

#include <cstdint>

namespace mlr3libtorch::kernel {

/// The truth of a batch: `width` numbers or class numbers (from 0) for each row; one of the pointers is null.
struct Target {
  const float* values = nullptr;
  const std::int64_t* numbers = nullptr;
  std::int64_t width = 0;
};

/// A loss by hand, on plain float memory.
class LossKernel {
 public:
  virtual ~LossKernel() = default;
  /// Whether it compares outputs of this width with such a target; what it does not, autograd does or refuses.
  virtual bool accepts(std::int64_t outputs, const Target& target) const = 0;
  /// Returns the loss and overwrites `gradients` with its gradient. y_hat, gradients: [rows, outputs].
  virtual float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const Target& target,
                        float* gradients) = 0;
};

}  // namespace mlr3libtorch::kernel
