#include <cmath>

#include "core/optim/betas.h"
#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

enum StatisticIndex { kMean, kSquare, kProduct };

double one(const value::Arguments&) { return 1; }
bool always(const value::Arguments&) { return true; }

/// The settings of one step. The momentum rises from half of the first beta to all of it.
struct Step {
  double beta1, beta2, eps, weight_decay, rate, root_scale, momentum, next_momentum;

  Step(const value::Arguments& settings, std::int64_t count) {
    const Betas betas(settings);
    const auto decay = settings.get<double>("momentum_decay");
    const auto momentum_at = [&](std::int64_t step) {
      return betas.first * (1 - 0.5 * std::pow(0.96, static_cast<double>(step) * decay));
    };
    beta1 = betas.first;
    beta2 = betas.second;
    eps = settings.get<double>("eps");
    weight_decay = settings.get<double>("weight_decay");
    rate = settings.get<double>("lr");
    root_scale = 1 / std::sqrt(1 - std::pow(beta2, static_cast<double>(count)));
    momentum = momentum_at(count);
    next_momentum = momentum_at(count + 1);
  }
};

template <class Real>
void update_run(const Step& step, const ElementSlice<Real>& slice) {
  const auto beta1 = static_cast<Real>(step.beta1);
  const auto beta2 = static_cast<Real>(step.beta2);
  const auto rest1 = static_cast<Real>(1 - step.beta1);
  const auto rest2 = static_cast<Real>(1 - step.beta2);
  const auto eps = static_cast<Real>(step.eps);
  const auto weight_decay = static_cast<Real>(step.weight_decay);
  const auto root_scale = static_cast<Real>(step.root_scale);
  const auto momentum = static_cast<Real>(step.momentum);
  const auto next_momentum = static_cast<Real>(step.next_momentum);
  const auto gradient_rate = static_cast<Real>(step.rate * (1 - step.momentum));
  const auto mean_rate = static_cast<Real>(step.rate * step.next_momentum);
  Real* const values = slice.values;
  const Real* const gradients = slice.gradients;
  Real* const means = slice.statistics[kMean];
  Real* const squares = slice.statistics[kSquare];
  Real* const products = slice.statistics[kProduct];
  kernel::for_each_element(slice.length, [=](std::int64_t i) {
    const Real gradient = gradients[i] + weight_decay * values[i];
    const Real mean = beta1 * means[i] + rest1 * gradient;
    const Real square = beta2 * squares[i] + rest2 * gradient * gradient;
    const Real product = products[i] * momentum;
    means[i] = mean;
    squares[i] = square;
    products[i] = product;
    const Real direction = gradient_rate / (1 - product) * gradient + mean_rate / (1 - product * next_momentum) * mean;
    values[i] -= direction / (std::sqrt(square) * root_scale + eps);
  });
}

/// Adam with Nesterov's momentum (Dozat, 2016). The product of all momentums so far is kept for each parameter, because
/// the momentum's settings may change while training.
class NAdam : public ElementwiseRule<NAdam> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}, {"exp_avg_sq"}, {"mu_product", always, one}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    update_run(Step(settings, slice.step), slice);
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    const Step step(settings, slice.step);
    auto values = slice.values;
    const auto gradient = slice.gradients.add(values, step.weight_decay);
    const auto mean = slice.statistics[kMean].mul_(step.beta1).add_(gradient, 1 - step.beta1);
    const auto square = slice.statistics[kSquare].mul_(step.beta2).addcmul_(gradient, gradient, 1 - step.beta2);
    const auto product = slice.statistics[kProduct].mul_(step.momentum);
    const auto by_gradient = gradient.mul(step.rate * (1 - step.momentum)).div_(product.neg().add_(1));
    const auto by_mean = mean.mul(step.rate * step.next_momentum).div_(product.mul(-step.next_momentum).add_(1));
    values.addcdiv_(by_gradient.add(by_mean), square.sqrt().mul_(step.root_scale).add_(step.eps), -1);
  }
};

const UpdateRuleRegistration<NAdam> registration(
    "nadam(float lr=0.002, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0., "
    "float momentum_decay=0.004) -> ()",
    {"NAdam",
     "Adam with Nesterov's momentum.",
     {{"lr", "Learning rate.", 0},
      {"betas", "How much of the running means of the gradient and of its square is kept in each step.", 0, 1},
      {"eps", "Added to the denominator, so that it is never zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"momentum_decay", "How fast the momentum rises from half of the first beta to all of it.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
