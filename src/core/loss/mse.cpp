#include <ATen/ATen.h>

#include "core/loss/constants.h"
#include "core/loss/elementwise_loss.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

class MseLoss : public Loss {
 public:
  using Loss::Loss;

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    return elementwise_kernel(SquaredError{}, reduction());
  }

  bool has_units() const override { return true; }

 private:
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t outputs) const override {
    return {weighted_mean(y, weights).expand({outputs})};
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    return at::mse_loss(y_hat, y, at::Reduction::None);
  }
};

const LossRegistration mse_registration(
    "mse(str reduction='mean') -> ()",
    {"Mean squared error", "The mean of (y_hat - y)^2.", {reduction_description()}, {"regr", "multiregr"}},
    [](const value::Arguments& arguments) { return std::make_unique<MseLoss>(reduction_code(arguments)); });

}  // namespace
}  // namespace mlr3libtorch::loss
