#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/kernel/functions.h"
#include "core/kernel/vectorised.h"
#include "core/loss/classes.h"
#include "core/loss/constants.h"
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
    const auto size = rows * outputs;
    const auto scale = is_mean_ ? target.mean_scale(rows) / static_cast<float>(outputs) : 1.0F;
    const auto* truth = target.numbers == nullptr ? target.values : indicators(rows, outputs, target.numbers);
    losses_.resize(static_cast<std::size_t>(size));
    kernel::for_each_element(size, [=, losses = losses_.data(), pos_weight = pos_weight_](std::int64_t i) {
      // log(1 + exp(-|z|)) is part of both softplus(z) and softplus(-z).
      const float small = kernel::exponential(-std::fabs(y_hat[i]));
      const float rest = kernel::logarithm_1p(small);
      const float above = y_hat[i] > 0.0F ? y_hat[i] : 0.0F;
      // y log(1 + exp(-z)) counts pos_weight times, (1 - y) log(1 + exp(z)) once.
      const float positive = truth[i] * pos_weight;
      const float negative = 1.0F - truth[i];
      const float sigmoid = (y_hat[i] > 0.0F ? 1.0F : small) / (1.0F + small);
      losses[i] = positive * (above - y_hat[i] + rest) + negative * (above + rest);
      gradients[i] = scale * ((negative + positive) * sigmoid - positive);
    });
    if (target.weights != nullptr) weigh(rows, outputs, target.weights, gradients);
    return scale * std::accumulate(losses_.begin(), losses_.end(), 0.0F);
  }

 private:
  /// [rows, outputs]: 1 for the class of a row, else 0.
  const float* indicators(std::int64_t rows, std::int64_t outputs, const std::int64_t* numbers) {
    truth_.assign(static_cast<std::size_t>(rows * outputs), 0.0F);
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto number = numbers[row];
      TORCH_CHECK(number >= 0 && number < outputs, "Class number ", number, " is not in 0 to ", outputs - 1, ".");
      truth_[static_cast<std::size_t>(row * outputs + number)] = 1.0F;
    }
    return truth_.data();
  }

  void weigh(std::int64_t rows, std::int64_t outputs, const float* weights, float* gradients) {
    for (std::int64_t i = 0; i < rows * outputs; ++i) {
      losses_[static_cast<std::size_t>(i)] *= weights[i / outputs];
      gradients[i] *= weights[i / outputs];
    }
  }

  float pos_weight_;
  bool is_mean_;
  std::vector<float> losses_;
  std::vector<float> truth_;
};

/// Binary cross entropy of each logit separately; with more than two classes, each class against all others.
class BceWithLogitsLoss : public Loss {
 public:
  explicit BceWithLogitsLoss(const value::Arguments& arguments) : Loss(reduction_code(arguments)) {
    if (arguments.is_none("pos_weight")) return;
    pos_weight_ = SettingsTensor(at::scalar_tensor(arguments.get<double>("pos_weight")));
  }

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    return std::make_unique<BceWithLogitsKernel>(positive_weight(), reduction());
  }

 private:
  /// Each logit is that of its class against all others.
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t outputs) const override {
    const auto shares = class_shares(class_numbers(y), weights, std::max<std::int64_t>(outputs, 2));
    const auto odds = shares / (1 - shares).clamp_min(1e-12) * static_cast<double>(positive_weight());
    return {odds.log().narrow(0, 0, outputs)};
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    const auto truth = y.is_floating_point() ? y : at::one_hot(y, y_hat.size(1)).to(y_hat.scalar_type());
    return at::binary_cross_entropy_with_logits(y_hat, truth, {}, pos_weight_.like(y_hat), at::Reduction::None);
  }

  float positive_weight() const {
    const auto& weight = pos_weight_.given();
    return weight.defined() ? weight.item<float>() : 1.0F;
  }

  SettingsTensor pos_weight_;
};

const LossRegistration bce_with_logits_registration(
    "bce_with_logits(float? pos_weight=None, str reduction='mean') -> ()",
    {"Binary cross entropy",
     "Binary cross entropy of each logit; with more than two classes, each class against all others.",
     {{"pos_weight", "The weight of a positive, if that of a negative is 1.", 0}, reduction_description()},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<BceWithLogitsLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
