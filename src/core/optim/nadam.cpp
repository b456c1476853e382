#include <cmath>

#include "core/optim/betas.h"
#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

double one(const value::Arguments&) { return 1; }

/// The momentum rises from half of the first beta to all of it.
double momentum_at(const value::Arguments& settings, std::int64_t step) {
  const auto decay = settings.get<double>("momentum_decay");
  return Betas(settings).first * (1 - 0.5 * std::pow(0.96, static_cast<double>(step) * decay));
}

template <class Number>
struct NAdamStep {
  RunningMean<Number> first, second;
  Number eps, weight_decay, root_scale, momentum, next_momentum, gradient_rate, mean_rate;

  NAdamStep(const value::Arguments& settings, std::int64_t count)
      : first(Betas(settings).first),
        second(Betas(settings).second),
        eps(settings.get<double>("eps")),
        weight_decay(settings.get<double>("weight_decay")),
        root_scale(1 / std::sqrt(1 - std::pow(Betas(settings).second, static_cast<double>(count)))),
        momentum(momentum_at(settings, count)),
        next_momentum(momentum_at(settings, count + 1)),
        gradient_rate(settings.get<double>("lr") * (1 - momentum_at(settings, count))),
        mean_rate(settings.get<double>("lr") * momentum_at(settings, count + 1)) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& mean, Value& square, Value& product) const {
    const Value gradient = slope + weight_decay * value;
    first.add(mean, gradient);
    second.add_square(square, gradient);
    product *= momentum;
    const Value direction = gradient_rate / (1 - product) * gradient + mean_rate / (1 - next_momentum * product) * mean;
    value -= direction / (root_scale * sqrt(square) + eps);
  }
};

/// Adam with Nesterov's momentum (Dozat, 2016). The product of all momentums so far is kept for each parameter, because
/// the momentum's settings may change while training.
class NAdam : public ElementwiseRule<NAdam> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}, {"exp_avg_sq"}, {"mu_product", always, one}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    apply<true, true, true>(slice, NAdamStep<typename Slice::Number>(settings, slice.step));
  }
};

const UpdateRuleRegistration<NAdam> nadam_registration(
    "nadam(float lr=0.002, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0., "
    "float momentum_decay=0.004) -> ()",
    {"NAdam",
     "Adam with Nesterov's momentum. See Dozat (2016), ICLR workshop.",
     {{"lr", "Learning rate.", 0},
      {"betas", "How much of the running means of the gradient and of its square is kept in each step.", 0, 1},
      {"eps", "Added to the denominator, so that it is never zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"momentum_decay", "How fast the momentum rises from half of the first beta to all of it.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
