#include <ATen/ATen.h>

#include "core/loss/classes.h"

namespace mlr3libtorch::loss {
namespace {

/// Cross entropy times (1 - p)^gamma, where p is the probability of the true class (Lin et al., 2017).
class FocalLoss : public Loss {
 public:
  explicit FocalLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)), gamma_(arguments.get<double>("gamma")), class_weight_(arguments) {}

 private:
  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    const auto [logits, numbers] = as_classes(y_hat, y);
    const auto log_p = at::log_softmax(logits, 1).gather(1, numbers.unsqueeze(1)).squeeze(1);
    // Away from zero, where a power below 1 has no slope.
    const auto rest = at::expm1(log_p).neg().clamp_min(1e-7);
    const auto losses = -rest.pow(gamma_) * log_p;
    const auto weights = class_weight_.like(logits, logits.size(1));
    return weights.defined() ? losses * weights.index_select(0, numbers) : losses;
  }

  at::Tensor row_shares(const at::Tensor& y) const override { return class_weight_.of(class_numbers(y)); }

  double gamma_;
  ClassWeight class_weight_;
};

const LossRegistration focal_registration(
    "focal(float gamma=2., float[]? class_weight=None, str reduction='mean') -> ()",
    {"Focal loss",
     "Cross entropy in which rows that are classified well count less: times (1 - p)^gamma, p the probability of the "
     "true class. See Lin et al. (2017), arXiv:1708.02002.",
     {{"gamma", "How much less they count; 0 is cross entropy.", 0},
      ClassWeight::description(),
      reduction_description()},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<FocalLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
