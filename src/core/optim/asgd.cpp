#include <algorithm>
#include <cmath>

#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

/// The rate of the step after this one: a change of `lr` counts one step later, as in PyTorch.
double next_rate(const value::Arguments& settings, double steps) {
  const auto rate = settings.get<double>("lr");
  return rate / std::pow(1 + settings.get<double>("lambda") * rate * steps, settings.get<double>("alpha"));
}

/// The share of the new values in their average: all until `t0`, then that of the plain mean.
double share(const value::Arguments& settings, double steps) {
  return 1 / std::max(1.0, steps - 1 - settings.get<double>("t0"));
}

template <class Number>
struct AsgdStep {
  RunningMean<Number> average;
  Number decay, weight_decay, following;

  AsgdStep(const value::Arguments& settings, double steps)
      : average(1 - share(settings, steps), share(settings, steps)),
        decay(settings.get<double>("lambda")),
        weight_decay(settings.get<double>("weight_decay")),
        following(next_rate(settings, steps)) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& rate, Value& mean) const {
    const Value gradient = slope + weight_decay * value;
    assign(value, (1 - decay * rate) * value);
    value -= rate * gradient;
    average.add(mean, value);
    assign(rate, following);
  }
};

/// Gradient descent that keeps an average of its values (Polyak and Juditsky, 1992).
class Asgd : public ElementwiseRule<Asgd> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {
        {"eta", always, [](const value::Arguments& settings) { return settings.get<double>("lr"); }}, {"ax"}};
    return all;
  }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    apply<true, true>(slice, AsgdStep<typename Slice::Number>(settings, static_cast<double>(slice.step)));
  }
};

const UpdateRuleRegistration<Asgd> asgd_registration(
    "asgd(float lr=0.01, float lambda=0.0001, float alpha=0.75, float t0=1000000., float weight_decay=0.) -> ()",
    {"Averaged stochastic gradient descent",
     "Goes against the gradient with a falling rate. The averages of the parameters since step `t0` are in its state "
     "as `ax`. See Polyak and Juditsky (1992), SIAM Journal on Control and Optimization 30(4).",
     {{"lr", "Learning rate of the first step.", 0},
      {"lambda", "How fast the rate falls, and the share of it by which the parameters shrink.", 0},
      {"alpha", "Power of the rate's fall.", 0},
      {"t0", "Number of steps before averaging starts.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
