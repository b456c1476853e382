#include <ATen/ATen.h>

#include "core/kernel/functions.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

class BceWithLogitsKernel : public kernel::LossKernel {
 public:
  BceWithLogitsKernel(float pos_weight, std::int64_t reduction)
      : pos_weight_(pos_weight), is_mean_(reduction == at::Reduction::Mean) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    return target.width == (target.numbers == nullptr ? outputs : 1);
  }

  float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    const auto scale = is_mean_ ? target.mean_scale(rows) / static_cast<float>(outputs) : 1.0F;
    float sum = 0;
    for (std::int64_t i = 0; i < rows * outputs; ++i) {
      const float truth = truth_at(target, i / outputs, i % outputs, outputs);
      // y log(1 + exp(-z)) counts pos_weight times, (1 - y) log(1 + exp(z)) once.
      const float positive = truth * pos_weight_;
      const float weight = target.weight(i / outputs);
      sum += weight * (positive * kernel::softplus(-y_hat[i]) + (1 - truth) * kernel::softplus(y_hat[i]));
      gradients[i] = scale * weight * ((1 - truth + positive) * kernel::sigmoid(y_hat[i]) - positive);
    }
    return scale * sum;
  }

 private:
  static float truth_at(const kernel::Target& target, std::int64_t row, std::int64_t output, std::int64_t outputs) {
    if (target.numbers == nullptr) return target.values[row * outputs + output];
    const auto number = target.numbers[row];
    TORCH_CHECK(number >= 0 && number < outputs, "Class number ", number, " is not in 0 to ", outputs - 1, ".");
    return number == output ? 1.0F : 0.0F;
  }

  float pos_weight_;
  bool is_mean_;
};

/// Binary cross entropy of each logit separately; with more than two classes, each class against all others.
class BceWithLogitsLoss : public Loss {
 public:
  explicit BceWithLogitsLoss(const value::Arguments& arguments) : Loss(reduction_code(arguments)) {
    if (arguments.is_none("pos_weight")) return;
    pos_weight_ = at::scalar_tensor(arguments.get<double>("pos_weight"));
  }

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    const auto pos_weight = pos_weight_.defined() ? pos_weight_.item<float>() : 1.0F;
    return std::make_unique<BceWithLogitsKernel>(pos_weight, reduction());
  }

 private:
  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    const auto truth = y.is_floating_point() ? y : at::one_hot(y, y_hat.size(1)).to(y_hat.scalar_type());
    const auto pos_weight = pos_weight_.defined() ? pos_weight_.to(y_hat.options()) : pos_weight_;
    return at::binary_cross_entropy_with_logits(y_hat, truth, {}, pos_weight, at::Reduction::None);
  }

  at::Tensor pos_weight_;
};

const LossRegistration registration(
    "bce_with_logits(float? pos_weight=None, str reduction='mean') -> ()",
    {"Binary cross entropy",
     "Binary cross entropy of each logit; with more than two classes, each class against all others.",
     {{"pos_weight", "The weight of a positive, if that of a negative is 1.", 0}, reduction_description()},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<BceWithLogitsLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
