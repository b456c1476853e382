#include <ATen/ATen.h>

#include "core/loss/classes.h"

namespace mlr3libtorch::loss {
namespace {

/// The hinge loss of several classes.
class MultiMarginLoss : public Loss {
 public:
  explicit MultiMarginLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)),
        power_(arguments.get<std::int64_t>("p")),
        margin_(arguments.get<double>("margin")),
        class_weight_(arguments) {}

 private:
  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    const auto [scores, numbers] = as_classes(y_hat, y);
    const auto weight = class_weight_.like(scores, scores.size(1));
    return at::multi_margin_loss(scores, numbers, power_, margin_, weight, at::Reduction::None);
  }

  std::int64_t power_;
  double margin_;
  ClassWeight class_weight_;
};

const LossRegistration multi_margin_registration(
    "multi_margin(int p=1, float margin=1., float[]? class_weight=None, str reduction='mean') -> ()",
    {"Multi-class margin",
     "The mean over the other classes of max(0, margin - score of the true class + score of the other)^p. "
     "See Crammer and Singer (2001), Journal of Machine Learning Research 2.",
     {{"p", "The power: 1 or 2.", 1, 2},
      {"margin", "By how much the true class should lead."},
      ClassWeight::description(),
      reduction_description()},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<MultiMarginLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
