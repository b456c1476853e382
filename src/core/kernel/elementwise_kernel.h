#pragma once

#include <memory>
#include <utility>

#include "core/kernel/kernel.h"

namespace mlr3libtorch::kernel {

/// An elementwise function as a separate node, in place.
class ElementwiseKernel : public Kernel {
 public:
  explicit ElementwiseKernel(std::shared_ptr<const Elementwise> function) : function_(std::move(function)) {}

  void forward(const Call& call) override {
    const auto& x = call.inputs.front();
    if (call.output.values != x.values) std::copy_n(x.values, call.rows * x.width, call.output.values);
    function_->forward(nullptr, call.output.values, call.rows, x.width);
  }

  void backward(const Call& call) override {
    const auto& x = call.inputs.front();
    if (x.gradients == nullptr) return;
    function_->backward(call.output.values, call.output.gradients, nullptr, call.rows, x.width);
    if (call.output.gradients != x.gradients) std::copy_n(call.output.gradients, call.rows * x.width, x.gradients);
  }

  bool works_in_place() const override { return true; }
  bool reads_output() const override { return true; }
  std::shared_ptr<const Elementwise> elementwise() const override { return function_; }

 private:
  std::shared_ptr<const Elementwise> function_;
};

/// An elementwise function whose slope needs x. `Function` has `float value(float x) const` and
/// `float slope(float x) const`.
template <class Function>
class PointwiseKernel : public Kernel {
 public:
  explicit PointwiseKernel(Function function) : function_(std::move(function)) {}

  void forward(const Call& call) override {
    const auto f = function_;
    const float* const x = call.inputs.front().values;
    float* const y = call.output.values;
    for_each_element(call.rows * call.output.width, [=](std::int64_t i) { y[i] = f.value(x[i]); });
  }

  void backward(const Call& call) override {
    const auto f = function_;
    const float* const x = call.inputs.front().values;
    const float* const dy = call.output.gradients;
    float* const dx = call.inputs.front().gradients;
    if (dx == nullptr) return;
    for_each_element(call.rows * call.output.width, [=](std::int64_t i) { dx[i] = dy[i] * f.slope(x[i]); });
  }

 private:
  Function function_;
};

/// The output is the input's numbers in another shape.
class ViewKernel : public Kernel {
 public:
  void forward(const Call& /*call*/) override {}
  void backward(const Call& /*call*/) override {}
  bool is_view(bool /*training*/) const override { return true; }
};

}  // namespace mlr3libtorch::kernel
