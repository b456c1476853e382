#include <ATen/ATen.h>

#include "core/loss/constants.h"
#include "core/loss/elementwise_loss.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

class SmoothL1Loss : public Loss {
 public:
  explicit SmoothL1Loss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)), beta_(arguments.get<double>("beta")) {}

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    const auto beta = static_cast<float>(beta_);
    if (beta == 0) return elementwise_kernel(AbsoluteError{}, reduction());
    return elementwise_kernel(RoundedAbsoluteError{beta, 1 / beta}, reduction());
  }

  bool has_units() const override { return true; }

 private:
  /// The best one lies between the two.
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t outputs) const override {
    return {weighted_mean(y, weights).expand({outputs}), weighted_quantile(y, weights, 0.5).expand({outputs})};
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    return at::smooth_l1_loss(y_hat, y, at::Reduction::None, beta_);
  }

  double beta_;
};

const LossRegistration smooth_l1_registration(
    "smooth_l1(float beta=1., str reduction='mean') -> ()",
    {"Smooth absolute error",
     "(y_hat - y)^2 / (2 beta) if |y_hat - y| is less than beta, else |y_hat - y| - beta / 2. See Girshick (2015), "
     "arXiv:1504.08083.",
     {{"beta", "The distance from which the loss is linear; 0 is the absolute error.", 0}, reduction_description()},
     {"regr", "multiregr"}},
    [](const value::Arguments& arguments) { return std::make_unique<SmoothL1Loss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
