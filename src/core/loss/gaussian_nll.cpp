#include <ATen/ATen.h>

#include <cmath>

#include "core/base/error.h"
#include "core/kernel/functions.h"
#include "core/loss/constants.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

class GaussianNllKernel : public kernel::LossKernel {
 public:
  GaussianNllKernel(bool full, double log_eps, std::int64_t reduction)
      : constant_(full ? static_cast<float>(std::log(2 * M_PI) / 2) : 0.0F),
        log_eps_(static_cast<float>(log_eps)),
        is_mean_(reduction == at::Reduction::Mean) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    return outputs == 2 && target.values != nullptr && target.width == 1;
  }

  float compare(std::int64_t rows, std::int64_t /*outputs*/, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    const auto scale = is_mean_ ? target.mean_scale(rows) : 1.0F;
    float sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float error = y_hat[2 * row] - target.values[row];
      const bool is_clamped = y_hat[2 * row + 1] < log_eps_;
      const float log_variance = is_clamped ? log_eps_ : y_hat[2 * row + 1];
      const float precision = kernel::exponential(-log_variance);
      const float weight = target.weight(row);
      sum += weight * ((log_variance + error * error * precision) / 2 + constant_);
      gradients[2 * row] = scale * weight * error * precision;
      gradients[2 * row + 1] = is_clamped ? 0 : scale * weight * (1 - error * error * precision) / 2;
    }
    return scale * sum;
  }

 private:
  float constant_;
  float log_eps_;
  bool is_mean_;
};

/// y_hat: [n, 2], the mean and the logarithm of the variance. y: [n, 1].
class GaussianNllLoss : public Loss {
 public:
  explicit GaussianNllLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)),
        full_(arguments.get<bool>("full")),
        log_eps_(std::log(arguments.get<double>("eps"))) {}

  Outputs outputs() const override { return {Outputs::Meaning::kMeanAndLogVariance, 2, {}}; }

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    return std::make_unique<GaussianNllKernel>(full_, log_eps_, reduction());
  }

  bool has_units() const override { return true; }

 private:
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t /*outputs*/) const override {
    const auto mean = weighted_mean(y, weights);
    const auto variance = weighted_mean((y - mean).square(), weights);
    return {at::cat({mean, variance.log().clamp_min(log_eps_)})};
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    if (y_hat.size(1) != 2) {
      throw base::ConfigError("The loss 'gaussian_nll' needs a network with 2 outputs (mean and log variance), not " +
                              std::to_string(y_hat.size(1)) + ".");
    }
    const auto log_variance = y_hat.narrow(1, 1, 1).clamp_min(log_eps_);
    const auto error = y_hat.narrow(1, 0, 1) - y;
    auto losses = (log_variance + error * error * at::exp(-log_variance)) / 2;
    if (full_) losses = losses + std::log(2 * M_PI) / 2;
    return losses;
  }

  bool full_;
  double log_eps_;
};

const LossRegistration gaussian_nll_registration(
    "gaussian_nll(bool full=False, float eps=1e-06, str reduction='mean') -> ()",
    {"Gaussian likelihood",
     "Minus the log likelihood of a normal distribution; the network gives its mean and the logarithm of its variance. "
     "See Nix and Weigend (1994), ICNN.",
     {{"full", "Whether the constant log(2 pi) / 2 is added."},
      {"eps", "The smallest variance.", 0},
      reduction_description()},
     {"regr"}},
    [](const value::Arguments& arguments) { return std::make_unique<GaussianNllLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
