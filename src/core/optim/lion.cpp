#include "core/optim/betas.h"
#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

enum StatisticIndex { kMean };

/// The sign of a mixture of gradient and momentum (Chen et al., 2023). Weights shrink as AdamW's.
class Lion : public ElementwiseRule<Lion> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    const Betas betas(settings);
    const auto lr = settings.get<double>("lr");
    const auto rate = static_cast<Real>(lr);
    const auto shrink = static_cast<Real>(1 - lr * settings.get<double>("weight_decay"));
    const auto beta1 = static_cast<Real>(betas.first);
    const auto beta2 = static_cast<Real>(betas.second);
    const auto rest1 = static_cast<Real>(1 - betas.first);
    const auto rest2 = static_cast<Real>(1 - betas.second);
    Real* const values = slice.values;
    const Real* const gradients = slice.gradients;
    Real* const means = slice.statistics[kMean];
    kernel::for_each_element(slice.length, [=](std::int64_t i) {
      const Real mixture = beta1 * means[i] + rest1 * gradients[i];
      // A NaN stays one.
      const Real sign = mixture > 0 ? Real(1) : (mixture < 0 ? Real(-1) : mixture);
      values[i] = shrink * values[i] - rate * sign;
      means[i] = beta2 * means[i] + rest2 * gradients[i];
    });
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    const Betas betas(settings);
    const auto rate = settings.get<double>("lr");
    auto values = slice.values;
    auto mean = slice.statistics[kMean];
    const auto mixture = mean.mul(betas.first).add_(slice.gradients, 1 - betas.first);
    values.mul_(1 - rate * settings.get<double>("weight_decay")).add_(mixture.sign(), -rate);
    mean.mul_(betas.second).add_(slice.gradients, 1 - betas.second);
  }
};

const UpdateRuleRegistration<Lion> registration(
    "lion(float lr=0.0001, float[2] betas=[0.9, 0.99], float weight_decay=0.) -> ()",
    {"Lion",
     "Moves each weight by the learning rate, in the direction of a mixture of gradient and momentum.",
     {{"lr", "Learning rate: the length of each move.", 0},
      {"betas", "How much of the momentum is kept in the mixture, and how much in each step.", 0, 1},
      {"weight_decay", "In each step a weight loses this share of itself, times the learning rate.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
