#include "core/loss/units.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/kernel/vectorised.h"

namespace mlr3libtorch::loss {
namespace {

class UnitsKernel : public kernel::LossKernel {
 public:
  UnitsKernel(std::unique_ptr<kernel::LossKernel> kernel, Units units)
      : kernel_(std::move(kernel)), units_(std::move(units)) {
    for (const auto scale : units_.scale) factor_.push_back(1 / scale);
  }

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    return target.values != nullptr && outputs == static_cast<std::int64_t>(factor_.size()) &&
           kernel_->accepts(outputs, target);
  }

  float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    outputs_.resize(static_cast<std::size_t>(rows * outputs));
    target_.resize(static_cast<std::size_t>(rows * target.width));
    kernel::for_each_in_rows(
        rows, outputs,
        [=, to = outputs_.data(), shift = units_.shift.data(), factor = factor_.data()](
            std::int64_t i, std::int64_t column) { to[i] = (y_hat[i] - shift[column]) * factor[column]; });
    kernel::for_each_element(rows * target.width,
                             [to = target_.data(), from = target.values, shift = units_.shift[0],
                              factor = factor_[0]](std::int64_t i) { to[i] = (from[i] - shift) * factor; });
    auto standard = target;
    standard.values = target_.data();
    const auto loss = kernel_->compare(rows, outputs, outputs_.data(), standard, gradients);
    kernel::for_each_in_rows(rows, outputs, [=, factor = factor_.data()](std::int64_t i, std::int64_t column) {
      gradients[i] *= factor[column];
    });
    return loss;
  }

 private:
  std::unique_ptr<kernel::LossKernel> kernel_;
  Units units_;
  std::vector<float> factor_;  // 1 / scale
  std::vector<float> outputs_;
  std::vector<float> target_;
};

}  // namespace

at::Tensor Units::standard_target(const at::Tensor& y) const { return (y - shift.front()) / scale.front(); }

std::unique_ptr<kernel::LossKernel> in_units(std::unique_ptr<kernel::LossKernel> kernel, Units units) {
  return std::make_unique<UnitsKernel>(std::move(kernel), std::move(units));
}

}  // namespace mlr3libtorch::loss
