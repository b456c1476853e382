#include <cmath>

#include "core/optim/betas.h"
#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

enum StatisticIndex { kMean, kSquare, kMaximum };

bool uses_maximum(const value::Arguments& settings) { return settings.get<bool>("amsgrad"); }

/// The settings of one step, with the corrections for the statistics' start at zero.
/// new value = shrink * value - step_size * mean / (sqrt(square) * root_scale + eps)
struct Step {
  double beta1, beta2, eps, step_size, root_scale;
  double penalty = 0;  // added to the gradient, times the value
  double shrink = 1;   // multiplied to the value

  Step(const value::Arguments& settings, std::int64_t count, bool decoupled) {
    const Betas betas(settings);
    const auto rate = settings.get<double>("lr");
    const auto weight_decay = settings.get<double>("weight_decay");
    beta1 = betas.first;
    beta2 = betas.second;
    eps = settings.get<double>("eps");
    step_size = rate / (1 - std::pow(beta1, static_cast<double>(count)));
    root_scale = 1 / std::sqrt(1 - std::pow(beta2, static_cast<double>(count)));
    (decoupled ? shrink : penalty) = decoupled ? 1 - rate * weight_decay : weight_decay;
  }
};

template <bool kAmsgrad, class Real>
void update_run(const Step& step, const ElementSlice<Real>& slice) {
  const auto beta1 = static_cast<Real>(step.beta1);
  const auto beta2 = static_cast<Real>(step.beta2);
  const auto rest1 = static_cast<Real>(1 - step.beta1);
  const auto rest2 = static_cast<Real>(1 - step.beta2);
  const auto eps = static_cast<Real>(step.eps);
  const auto step_size = static_cast<Real>(step.step_size);
  const auto root_scale = static_cast<Real>(step.root_scale);
  const auto penalty = static_cast<Real>(step.penalty);
  const auto shrink = static_cast<Real>(step.shrink);
  Real* const values = slice.values;
  const Real* const gradients = slice.gradients;
  Real* const means = slice.statistics[kMean];
  Real* const squares = slice.statistics[kSquare];
  Real* const maxima = slice.statistics[kMaximum];
  kernel::for_each_element(slice.length, [=](std::int64_t i) {
    const Real gradient = gradients[i] + penalty * values[i];
    const Real mean = beta1 * means[i] + rest1 * gradient;
    Real square = beta2 * squares[i] + rest2 * gradient * gradient;
    means[i] = mean;
    squares[i] = square;
    if constexpr (kAmsgrad) {
      square = square < maxima[i] ? maxima[i] : square;  // a NaN in `square` stays
      maxima[i] = square;
    }
    values[i] = shrink * values[i] - step_size * mean / (std::sqrt(square) * root_scale + eps);
  });
}

/// Adam, and AdamW, which shrinks the values themselves instead of adding the penalty's gradient.
template <bool kDecoupled>
class Adam : public ElementwiseRule<Adam<kDecoupled>> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}, {"exp_avg_sq"}, {"max_exp_avg_sq", uses_maximum}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    const Step step(settings, slice.step, kDecoupled);
    with_flag(uses_maximum(settings), [&](auto amsgrad) { update_run<amsgrad.value>(step, slice); });
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    const Step step(settings, slice.step, kDecoupled);
    auto values = slice.values;
    auto square = slice.statistics[kSquare];
    const auto gradient = step.penalty == 0 ? slice.gradients : slice.gradients.add(values, step.penalty);
    slice.statistics[kMean].mul_(step.beta1).add_(gradient, 1 - step.beta1);
    square.mul_(step.beta2).addcmul_(gradient, gradient, 1 - step.beta2);
    if (uses_maximum(settings)) square = slice.statistics[kMaximum].copy_(slice.statistics[kMaximum].maximum(square));
    const auto denominator = square.sqrt().mul_(step.root_scale).add_(step.eps);
    values.mul_(step.shrink).addcdiv_(slice.statistics[kMean], denominator, -step.step_size);
  }
};

std::vector<value::ArgumentDescription> arguments(const std::string& weight_decay) {
  return {{"lr", "Learning rate.", 0},
          {"betas", "How much of the running means of the gradient and of its square is kept in each step.", 0, 1},
          {"eps", "Added to the denominator, so that it is never zero.", 0},
          {"weight_decay", weight_decay, 0},
          {"amsgrad", "Divide by the largest running mean of squares seen so far instead of the current one."}};
}

const UpdateRuleRegistration<Adam<false>> adam(
    "adam(float lr=0.001, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0., bool amsgrad=False) -> "
    "()",
    {"Adam", "Scales each gradient by running means of the gradient and of its square.",
     arguments("Factor of an L2 penalty, whose gradient is added to the gradient.")});

const UpdateRuleRegistration<Adam<true>> adamw(
    "adamw(float lr=0.001, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0.01, bool amsgrad=False) "
    "-> ()",
    {"AdamW", "Adam with weight decay that is decoupled from the gradient.",
     arguments("In each step a weight loses this share of itself, times the learning rate.")});

}  // namespace
}  // namespace mlr3libtorch::optim
