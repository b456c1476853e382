#pragma once

#include <cstdint>

namespace mlr3libtorch::kernel {

/// The truth of a batch: `width` numbers or class numbers (from 0) for each row; one of the pointers is null.
struct Target {
  const float* values = nullptr;
  const std::int64_t* numbers = nullptr;
  std::int64_t width = 0;
  /// The weight of each row; null if all are 1.
  const float* weights = nullptr;

  float weight(std::int64_t row) const { return weights == nullptr ? 1.0F : weights[row]; }
  /// The factor of a mean over `rows` rows: 1 / their weight, and 0 if all weights are 0.
  float mean_scale(std::int64_t rows) const {
    if (weights == nullptr) return 1 / static_cast<float>(rows);
    float total = 0;
    for (std::int64_t row = 0; row < rows; ++row) total += weights[row];
    return total > 0 ? 1 / total : 0;
  }
};

/// A loss by hand, on plain float memory.
class LossKernel {
 public:
  virtual ~LossKernel() = default;
  /// Whether it compares outputs of this width with such a target; autograd computes or refuses the others.
  virtual bool accepts(std::int64_t outputs, const Target& target) const = 0;
  /// Returns the loss and overwrites `gradients` with its gradient. y_hat, gradients: [rows, outputs].
  virtual float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const Target& target,
                        float* gradients) = 0;
};

}  // namespace mlr3libtorch::kernel
