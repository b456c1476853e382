#include <ATen/ATen.h>

#include "core/loss/classes.h"

namespace mlr3libtorch::loss {
namespace {

class CrossEntropyLoss : public Loss {
 public:
  explicit CrossEntropyLoss(const value::Arguments& arguments)
      : reduction_(reduction_code(arguments)),
        ignore_index_(arguments.get<std::int64_t>("ignore_index")),
        smoothing_(arguments.get<double>("label_smoothing")),
        class_weight_(arguments) {}

  at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y) const override {
    if (y_hat.size(1) == 1 && smoothing_ == 0) return binary(y_hat, y);
    const auto [logits, numbers] = as_classes(y_hat, y);
    const auto weight = class_weight_.like(logits, logits.size(1));
    return at::cross_entropy_loss(logits, numbers, weight, reduction_, ignore_index_, smoothing_);
  }

 private:
  /// One logit, without making two of it.
  at::Tensor binary(const at::Tensor& y_hat, const at::Tensor& y) const {
    auto weights = class_weight_.like(y_hat, 2);
    const bool ignores = ignore_index_ == 0 || ignore_index_ == 1;
    if (!weights.defined() && !ignores) return at::binary_cross_entropy_with_logits(y_hat, y, {}, {}, reduction_);
    weights = weights.defined() ? weights.clone() : at::ones({2}, y_hat.options());
    if (ignores) weights[ignore_index_].zero_();
    const auto row_weight = at::where(y > 0.5, weights[0], weights[1]);
    const auto sum = at::binary_cross_entropy_with_logits(y_hat, y, row_weight, {}, at::Reduction::Sum);
    // A weighted mean, as cross_entropy_loss takes it.
    return reduction_ == at::Reduction::Sum ? sum : sum / row_weight.sum();
  }

  std::int64_t reduction_;
  std::int64_t ignore_index_;
  double smoothing_;
  ClassWeight class_weight_;
};

const LossRegistration registration(
    "cross_entropy(float[]? class_weight=None, int ignore_index=-100, str reduction='mean', "
    "float label_smoothing=0.) -> ()",
    {"Cross entropy",
     "Minus the log probability of the true class, from logits; for two classes and one logit, binary cross entropy.",
     {ClassWeight::description(),
      {"ignore_index", "The number of a class that does not count."},
      reduction_description(),
      {"label_smoothing", "The share of the target's probability that is spread evenly over all classes.", 0, 1}},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<CrossEntropyLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
