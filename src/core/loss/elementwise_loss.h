#pragma once

#include <ATen/core/Reduction.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/kernel/loss_kernel.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::loss {

/// A loss that compares each output with its own number.
/// `Function` has `float value(float y_hat, float y) const` and `float slope(float y_hat, float y) const`.
template <class Function>
class ElementwiseLossKernel : public kernel::LossKernel {
 public:
  ElementwiseLossKernel(Function function, std::int64_t reduction)
      : function_(std::move(function)), is_mean_(reduction == at::Reduction::Mean) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    return target.values != nullptr && target.width == outputs;
  }

  float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    if (target.weights != nullptr) return compare_weighted(rows, outputs, y_hat, target, gradients);
    const auto length = rows * outputs;
    const auto scale = is_mean_ ? 1 / static_cast<float>(length) : 1.0F;
    kernel::for_each_element(length, [=, f = function_, y = target.values](std::int64_t i) {
      gradients[i] = scale * f.slope(y_hat[i], y[i]);
    });
    return scale * kernel::sum_elements(length, [=, f = function_, y = target.values](std::int64_t i) {
             return f.value(y_hat[i], y[i]);
           });
  }

 private:
  float compare_weighted(std::int64_t rows, std::int64_t outputs, const float* y_hat, const kernel::Target& target,
                         float* gradients) const {
    const auto scale = is_mean_ ? target.mean_scale(rows) / static_cast<float>(outputs) : 1.0F;
    const auto length = rows * outputs;
    kernel::for_each_element(length, [=, f = function_, y = target.values, w = target.weights](std::int64_t i) {
      gradients[i] = scale * w[i / outputs] * f.slope(y_hat[i], y[i]);
    });
    return scale *
           kernel::sum_elements(length, [=, f = function_, y = target.values, w = target.weights](std::int64_t i) {
             return w[i / outputs] * f.value(y_hat[i], y[i]);
           });
  }

  Function function_;
  bool is_mean_;
};

template <class Function>
std::unique_ptr<kernel::LossKernel> elementwise_kernel(Function function, std::int64_t reduction) {
  return std::make_unique<ElementwiseLossKernel<Function>>(function, reduction);
}

struct SquaredError {
  float value(float y_hat, float y) const { return (y_hat - y) * (y_hat - y); }
  float slope(float y_hat, float y) const { return 2 * (y_hat - y); }
};

struct AbsoluteError {
  float value(float y_hat, float y) const { return std::fabs(y_hat - y); }
  float slope(float y_hat, float y) const { return y_hat > y ? 1.0F : (y_hat < y ? -1.0F : y_hat - y); }
};

/// scale (y_hat - y)^2 / 2 if |y_hat - y| is below `edge`, beyond it a straight line.
struct RoundedAbsoluteError {
  float edge, scale;
  float value(float y_hat, float y) const {
    const float error = std::fabs(y_hat - y);
    return scale * (error < edge ? 0.5F * error * error : edge * (error - 0.5F * edge));
  }
  float slope(float y_hat, float y) const {
    const float error = y_hat - y;
    return scale * (error > edge ? edge : (error < -edge ? -edge : error));
  }
};

}  // namespace mlr3libtorch::loss
