#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

/// Classes in both encodings: K logits and class numbers, or one logit and 1 for the first class, 0 for the second.
class CrossEntropyLoss : public Loss {
 public:
  explicit CrossEntropyLoss(const value::Arguments& arguments)
      : reduction_(reduction_code(arguments)), ignore_index_(arguments.get<std::int64_t>("ignore_index")) {
    if (arguments.is_none("class_weight")) return;
    class_weight_ = at::tensor(arguments.get<std::vector<double>>("class_weight")).to(at::kFloat);
  }

  at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y) const override {
    check_weights(y_hat.size(1) == 1 ? 2 : y_hat.size(1));
    if (y_hat.size(1) == 1) return binary(y_hat, y);
    return at::cross_entropy_loss(y_hat, y, weight_like(y_hat), reduction_, ignore_index_);
  }

 private:
  at::Tensor binary(const at::Tensor& y_hat, const at::Tensor& y) const {
    const bool ignores = ignore_index_ == 0 || ignore_index_ == 1;
    if (!class_weight_.defined() && !ignores) {
      return at::binary_cross_entropy_with_logits(y_hat, y, {}, {}, reduction_);
    }
    auto weights = class_weight_.defined() ? weight_like(y_hat).clone() : at::ones({2}, y_hat.options());
    if (ignores) weights[ignore_index_].zero_();
    const auto row_weight = at::where(y > 0.5, weights[0], weights[1]);
    const auto sum = at::binary_cross_entropy_with_logits(y_hat, y, row_weight, {}, at::Reduction::Sum);
    // A weighted mean, as cross_entropy_loss takes it.
    return reduction_ == at::Reduction::Sum ? sum : sum / row_weight.sum();
  }

  at::Tensor weight_like(const at::Tensor& y_hat) const {
    return class_weight_.defined() ? class_weight_.to(y_hat.options()) : class_weight_;
  }

  void check_weights(std::int64_t classes) const {
    if (!class_weight_.defined() || class_weight_.size(0) == classes) return;
    throw base::ConfigError("'class_weight' has " + std::to_string(class_weight_.size(0)) + " weights, but there are " +
                            std::to_string(classes) +
                            " classes: give one weight per class, in the order of the levels.");
  }

  std::int64_t reduction_;
  std::int64_t ignore_index_;
  at::Tensor class_weight_;
};

const LossRegistration registration(
    "cross_entropy(float[]? class_weight=None, int ignore_index=-100, str reduction='mean') -> ()",
    {"Cross entropy",
     "Minus the log probability of the true class, from logits; for two classes and one logit, binary cross entropy.",
     {{"class_weight", "A weight for each class, in the order of the levels.", 0},
      {"ignore_index", "The number of a class that does not count."},
      reduction_description()},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<CrossEntropyLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
