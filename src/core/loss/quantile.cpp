#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/loss/constants.h"
#include "core/loss/loss.h"
#include "core/loss/settings_tensor.h"

namespace mlr3libtorch::loss {
namespace {

/// The pinball loss. y_hat: [n, quantiles], y: [n, 1].
class QuantileLoss : public Loss {
 public:
  explicit QuantileLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)),
        probabilities_(arguments.get<std::vector<double>>("quantiles")),
        quantiles_(at::tensor(probabilities_)) {
    if (probabilities_.empty()) throw base::ConfigError("'quantiles' must hold at least one number.");
  }

  Outputs outputs() const override { return {Outputs::Meaning::kQuantiles, count(), probabilities_}; }

  bool has_units() const override { return true; }

 private:
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t /*outputs*/) const override {
    std::vector<at::Tensor> quantiles;
    for (const auto probability : probabilities_) quantiles.push_back(weighted_quantile(y, weights, probability));
    return {at::cat(quantiles)};
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    if (y_hat.size(1) != count()) {
      throw base::ConfigError("The loss 'quantile' has " + std::to_string(count()) +
                              " quantiles, but the network has " + std::to_string(y_hat.size(1)) + " outputs.");
    }
    const auto& quantiles = quantiles_.like(y_hat);
    const auto error = y - y_hat;
    return at::maximum(quantiles * error, (quantiles - 1) * error);
  }

  std::int64_t count() const { return static_cast<std::int64_t>(probabilities_.size()); }

  std::vector<double> probabilities_;
  SettingsTensor quantiles_;
};

const LossRegistration quantile_registration(
    "quantile(float[] quantiles=[0.5], str reduction='mean') -> ()",
    {"Pinball loss",
     "q (y - y_hat) if y is above y_hat, else (1 - q) (y_hat - y); the network gives one output for each quantile. "
     "See Koenker and Bassett (1978), Econometrica 46.",
     {{"quantiles", "Probabilities of the quantiles.", 0, 1}, reduction_description()},
     {"regr"}},
    [](const value::Arguments& arguments) { return std::make_unique<QuantileLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
