#include <ATen/ATen.h>

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

 private:
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
