#include <cmath>

#include "core/optim/betas.h"
#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

enum StatisticIndex { kMean, kSquare };

/// Terms of the running mean of squares from which on its variance is known well enough to divide by its root.
constexpr double kFewestTerms = 5;

/// The settings of one step: new value = value - step_size * mean / (sqrt(square) + eps), or, while the squares are too
/// few, value - step_size * mean.
struct Step {
  double beta1, beta2, eps, weight_decay, step_size;
  bool is_rectified;

  Step(const value::Arguments& settings, std::int64_t count) {
    const Betas betas(settings);
    const auto steps = static_cast<double>(count);
    beta1 = betas.first;
    beta2 = betas.second;
    eps = settings.get<double>("eps");
    weight_decay = settings.get<double>("weight_decay");
    const double square_share = 1 - std::pow(beta2, steps);
    const double most_terms = 2 / (1 - beta2) - 1;
    const double terms = most_terms - 2 * steps * std::pow(beta2, steps) / square_share;
    is_rectified = terms > kFewestTerms;
    step_size = settings.get<double>("lr") / (1 - std::pow(beta1, steps));
    if (is_rectified) step_size *= std::sqrt(square_share * rectification(terms, most_terms));
  }

 private:
  static double rectification(double terms, double most) {
    return (terms - 4) * (terms - 2) * most / ((most - 4) * (most - 2) * terms);
  }
};

template <bool kRectified, class Real>
void update_run(const Step& step, const ElementSlice<Real>& slice) {
  const auto beta1 = static_cast<Real>(step.beta1);
  const auto beta2 = static_cast<Real>(step.beta2);
  const auto rest1 = static_cast<Real>(1 - step.beta1);
  const auto rest2 = static_cast<Real>(1 - step.beta2);
  const auto eps = static_cast<Real>(step.eps);
  const auto weight_decay = static_cast<Real>(step.weight_decay);
  const auto step_size = static_cast<Real>(step.step_size);
  Real* const values = slice.values;
  const Real* const gradients = slice.gradients;
  Real* const means = slice.statistics[kMean];
  Real* const squares = slice.statistics[kSquare];
  kernel::for_each_element(slice.length, [=](std::int64_t i) {
    const Real gradient = gradients[i] + weight_decay * values[i];
    const Real mean = beta1 * means[i] + rest1 * gradient;
    const Real square = beta2 * squares[i] + rest2 * gradient * gradient;
    means[i] = mean;
    squares[i] = square;
    if constexpr (kRectified) {
      values[i] -= step_size * mean / (std::sqrt(square) + eps);
    } else {
      values[i] -= step_size * mean;
    }
  });
}

/// Adam whose first steps are plain momentum, until it knows enough squares (Liu et al., 2020).
class RAdam : public ElementwiseRule<RAdam> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}, {"exp_avg_sq"}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    const Step step(settings, slice.step);
    with_flag(step.is_rectified, [&](auto rectified) { update_run<rectified.value>(step, slice); });
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    const Step step(settings, slice.step);
    auto values = slice.values;
    const auto gradient = slice.gradients.add(values, step.weight_decay);
    const auto mean = slice.statistics[kMean].mul_(step.beta1).add_(gradient, 1 - step.beta1);
    const auto square = slice.statistics[kSquare].mul_(step.beta2).addcmul_(gradient, gradient, 1 - step.beta2);
    if (step.is_rectified) {
      values.addcdiv_(mean, square.sqrt().add_(step.eps), -step.step_size);
    } else {
      values.add_(mean, -step.step_size);
    }
  }
};

const UpdateRuleRegistration<RAdam> registration(
    "radam(float lr=0.001, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0.) -> ()",
    {"RAdam",
     "Adam that does not divide by the root of the mean of squares before that mean can be trusted.",
     {{"lr", "Learning rate.", 0},
      {"betas", "How much of the running means of the gradient and of its square is kept in each step.", 0, 1},
      {"eps", "Added to the denominator, so that it is never zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
