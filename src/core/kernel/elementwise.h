#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {

/// A function of each element whose slope follows from its value, so that it works in place.
/// values, gradients: [rows, width].
class Elementwise {
 public:
  virtual ~Elementwise() = default;
  /// values = f(values + bias); no bias if it is null. bias: [width].
  virtual void forward(const float* bias, float* values, std::int64_t rows, std::int64_t width) const = 0;
  /// gradients *= f'; their sums over the rows overwrite `bias_gradients` unless that is null.
  virtual void backward(const float* values, float* gradients, float* bias_gradients, std::int64_t rows,
                        std::int64_t width) const = 0;
};

/// `Function` has `float value(float x) const` and `float slope(float y) const`, the slope at the value y.
template <class Function>
class ElementwiseOf : public Elementwise {
 public:
  explicit ElementwiseOf(Function function) : function_(std::move(function)) {}

  void forward(const float* bias, float* values, std::int64_t rows, std::int64_t width) const override {
    const auto f = function_;
    if (bias == nullptr) {
      for_each_element(rows * width, [=](std::int64_t i) { values[i] = f.value(values[i]); });
    } else {
      for_each_in_rows(rows, width,
                       [=](std::int64_t i, std::int64_t column) { values[i] = f.value(values[i] + bias[column]); });
    }
  }

  void backward(const float* values, float* gradients, float* bias_gradients, std::int64_t rows,
                std::int64_t width) const override {
    const auto f = function_;
    if (bias_gradients == nullptr) {
      for_each_element(rows * width, [=](std::int64_t i) { gradients[i] *= f.slope(values[i]); });
      return;
    }
    std::fill_n(bias_gradients, width, 0.0F);
    for_each_in_rows(rows, width, [=](std::int64_t i, std::int64_t column) {
      const float gradient = gradients[i] * f.slope(values[i]);
      gradients[i] = gradient;
      bias_gradients[column] += gradient;
    });
  }

 private:
  Function function_;
};

struct Identity {
  float value(float x) const { return x; }
  float slope(float /*y*/) const { return 1; }
};

}  // namespace mlr3libtorch::kernel
