#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/kernel/kernel.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {

/// Gives each run of `length` numbers the mean 0 and the variance 1, then a learned scale and shift unless these are
/// null.
struct Normalisation {
  std::int64_t length = 1;
  float eps = 0;
  Parameter weight = {};
  Parameter bias = {};

  /// x, y: [runs, length], may be the same memory.
  void forward(std::int64_t runs, const float* x, float* y) const {
    vectorised::run([=, n = *this] {
      for (std::int64_t i = 0; i < runs; ++i) n.normalise(x + i * n.length, y + i * n.length);
    });
  }

  /// Before the first block of runs.
  void clear_gradients() const {
    if (weight.gradients != nullptr) std::fill_n(weight.gradients, length, 0.0F);
    if (bias.gradients != nullptr) std::fill_n(bias.gradients, length, 0.0F);
  }

  /// Adds to the gradients of scale and shift; overwrites dx, which may be null or the memory of dy.
  void backward(std::int64_t runs, const float* x, const float* dy, float* dx) const {
    vectorised::run([=, n = *this] {
      for (std::int64_t i = 0; i < runs; ++i) {
        n.backward_of_run(x + i * n.length, dy + i * n.length, dx == nullptr ? nullptr : dx + i * n.length);
      }
    });
  }

 private:
  struct Moments {
    float mean, scale;  // 1 / standard deviation
  };

  Moments moments(const float* x) const {
    const float share = 1 / static_cast<float>(length);
    const float mean = share * vectorised::sum_in_lanes<float>(length, [=](std::int64_t j) { return x[j]; });
    const auto squares =
        vectorised::sum_in_lanes<float>(length, [=](std::int64_t j) { return (x[j] - mean) * (x[j] - mean); });
    return {mean, 1 / std::sqrt(squares * share + eps)};
  }

  void normalise(const float* x, float* y) const {
    const auto found = moments(x);
    const float mean = found.mean, scale = found.scale;
    const float *const w = weight.values, *const b = bias.values;
    if (w == nullptr) {
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < length; ++j) y[j] = (x[j] - mean) * scale;
    } else {
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < length; ++j) y[j] = (x[j] - mean) * scale * w[j] + b[j];
    }
  }

  void backward_of_run(const float* x, const float* dy, float* dx) const {
    const auto found = moments(x);
    const float mean = found.mean, scale = found.scale;
    if (float* const dw = weight.gradients) {
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < length; ++j) dw[j] += dy[j] * (x[j] - mean) * scale;
    }
    if (float* const db = bias.gradients) {
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t j = 0; j < length; ++j) db[j] += dy[j];
    }
    if (dx == nullptr) return;
    const float* const w = weight.values;
    const auto slope = [=](std::int64_t j) { return w == nullptr ? dy[j] : dy[j] * w[j]; };
    const float share = 1 / static_cast<float>(length);
    const float sum = share * vectorised::sum_in_lanes<float>(length, slope);
    const float product = share * scale * vectorised::sum_in_lanes<float>(length, [=](std::int64_t j) {
                            return slope(j) * (x[j] - mean);
                          });
    MLR3LIBTORCH_INDEPENDENT
    for (std::int64_t j = 0; j < length; ++j) dx[j] = scale * (slope(j) - sum - (x[j] - mean) * scale * product);
  }
};

}  // namespace mlr3libtorch::kernel
