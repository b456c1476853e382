#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/loss/constants.h"
#include "core/loss/elementwise_loss.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

class HuberLoss : public Loss {
 public:
  explicit HuberLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)), delta_(arguments.get<double>("delta")) {
    if (delta_ == 0) throw base::ConfigError("The Huber loss's 'delta' must be above 0.", {{"argument", "delta"}});
  }

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    return elementwise_kernel(RoundedAbsoluteError{static_cast<float>(delta_), 1}, reduction());
  }

  bool has_units() const override { return true; }

 private:
  /// The best one lies between the two.
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t outputs) const override {
    return {weighted_mean(y, weights).expand({outputs}), weighted_quantile(y, weights, 0.5).expand({outputs})};
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    return at::huber_loss(y_hat, y, at::Reduction::None, delta_);
  }

  double delta_;
};

const LossRegistration huber_registration(
    "huber(float delta=1., str reduction='mean') -> ()",
    {"Huber loss",
     "(y_hat - y)^2 / 2 if |y_hat - y| is at most delta, else delta (|y_hat - y| - delta / 2). "
     "See Huber (1964), Annals of Mathematical Statistics 35.",
     {{"delta", "The distance from which the loss is linear.", 0}, reduction_description()},
     {"regr", "multiregr"}},
    [](const value::Arguments& arguments) { return std::make_unique<HuberLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
