#include <ATen/ATen.h>

#include <cmath>

#include "core/base/error.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

/// y_hat: [n, 2], the mean and the logarithm of the variance. y: [n, 1].
class GaussianNllLoss : public Loss {
 public:
  explicit GaussianNllLoss(const value::Arguments& arguments)
      : full_(arguments.get<bool>("full")),
        log_eps_(std::log(arguments.get<double>("eps"))),
        reduction_(reduction_code(arguments)) {}

  std::int64_t outputs_per_target() const override { return 2; }

  at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y) const override {
    if (y_hat.size(1) != 2) {
      throw base::ConfigError("The loss 'gaussian_nll' needs a network with 2 outputs (mean and log variance), not " +
                              std::to_string(y_hat.size(1)) + ".");
    }
    const auto log_variance = y_hat.narrow(1, 1, 1).clamp_min(log_eps_);
    const auto error = y_hat.narrow(1, 0, 1) - y;
    auto losses = (log_variance + error * error * at::exp(-log_variance)) / 2;
    if (full_) losses = losses + std::log(2 * M_PI) / 2;
    return reduction_ == at::Reduction::Sum ? losses.sum() : losses.mean();
  }

 private:
  bool full_;
  double log_eps_;
  std::int64_t reduction_;
};

const LossRegistration registration(
    "gaussian_nll(bool full=False, float eps=1e-06, str reduction='mean') -> ()",
    {"Gaussian likelihood",
     "Minus the log likelihood of a normal distribution; the network gives its mean and the logarithm of its variance.",
     {{"full", "Whether the constant log(2 pi) / 2 is added."},
      {"eps", "The smallest variance.", 0},
      reduction_description()},
     {"regr"}},
    [](const value::Arguments& arguments) { return std::make_unique<GaussianNllLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
