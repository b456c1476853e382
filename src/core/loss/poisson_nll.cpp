#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/loss/constants.h"
#include "core/loss/loss.h"

namespace mlr3libtorch::loss {
namespace {

/// Counts that follow a Poisson distribution with a rate from the network.
class PoissonNllLoss : public Loss {
 public:
  explicit PoissonNllLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)),
        log_input_(arguments.get<bool>("log_input")),
        full_(arguments.get<bool>("full")),
        eps_(arguments.get<double>("eps")) {}

  Outputs outputs() const override {
    Outputs outputs;
    if (log_input_) outputs.meaning = Outputs::Meaning::kLogValue;
    return outputs;
  }

  /// A rate is not standardised, so the network starts with the mean.
  at::Tensor start(const at::Tensor& y, const at::Tensor& weights, std::int64_t outputs,
                   std::int64_t /*classes*/) const override {
    if (y.lt(0).any().item<bool>()) {
      throw base::ConfigError("The loss 'poisson_nll' is for counts, but the target has negative values.");
    }
    return constant(y.to(at::kDouble), row_weights(weights, y.size(0))).expand({outputs});
  }

 private:
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t outputs) const override {
    return {constant(y, weights).expand({outputs})};
  }

  /// The mean, as the network would give it.
  at::Tensor constant(const at::Tensor& y, const at::Tensor& weights) const {
    constexpr double kLeast = 1e-8;
    const auto rate = weighted_mean(y, weights);
    return log_input_ ? rate.clamp_min(kLeast).log() : (rate - eps_).clamp_min(kLeast);
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    return at::poisson_nll_loss(y_hat, y, log_input_, full_, eps_, at::Reduction::None);
  }

  bool log_input_;
  bool full_;
  double eps_;
};

const LossRegistration poisson_nll_registration(
    "poisson_nll(bool log_input=True, bool full=False, float eps=1e-08, str reduction='mean') -> ()",
    {"Poisson likelihood",
     "Minus the log likelihood of counts; the network gives the logarithm of the rate, or the rate itself. Predictions "
     "are rates.",
     {{"log_input", "Whether the network's output is the logarithm of the rate."},
      {"full", "Whether Stirling's approximation of log(y!) is added."},
      {"eps", "Added to a rate before its logarithm is taken.", 0},
      reduction_description()},
     {"regr", "multiregr"}},
    [](const value::Arguments& arguments) { return std::make_unique<PoissonNllLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
