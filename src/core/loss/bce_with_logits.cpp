#include <ATen/ATen.h>

#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

/// Binary cross entropy of each logit by itself; of more than two classes, each is told from all others.
class BceWithLogitsLoss : public Loss {
 public:
  explicit BceWithLogitsLoss(const value::Arguments& arguments) : reduction_(reduction_code(arguments)) {
    if (arguments.is_none("pos_weight")) return;
    pos_weight_ = at::scalar_tensor(arguments.get<double>("pos_weight"));
  }

  at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y) const override {
    const auto truth = y.is_floating_point() ? y : at::one_hot(y, y_hat.size(1)).to(y_hat.scalar_type());
    const auto pos_weight = pos_weight_.defined() ? pos_weight_.to(y_hat.options()) : pos_weight_;
    return at::binary_cross_entropy_with_logits(y_hat, truth, {}, pos_weight, reduction_);
  }

 private:
  std::int64_t reduction_;
  at::Tensor pos_weight_;
};

const LossRegistration registration(
    "bce_with_logits(float? pos_weight=None, str reduction='mean') -> ()",
    {"Binary cross entropy",
     "Binary cross entropy of each logit; with more than two classes, each class against all others.",
     {{"pos_weight", "What a positive counts, where a negative counts 1.", 0}, reduction_description()},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<BceWithLogitsLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
