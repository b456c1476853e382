#include "core/base/error.h"
#include "core/optim/formula.h"
#include "core/optim/momentum.h"

namespace mlr3libtorch::optim {
namespace {

template <bool kMomentum, bool kNesterov, class Number>
struct SgdStep {
  RunningMean<Number> momentum;
  Number rate, weight_decay;

  SgdStep(const value::Arguments& settings, std::int64_t count)
      // The first gradient enters the momentum undamped.
      : momentum(settings.get<double>("momentum"), count == 1 ? 1 : 1 - settings.get<double>("dampening")),
        rate(settings.get<double>("lr")),
        weight_decay(settings.get<double>("weight_decay")) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& buffer) const {
    const Value gradient = slope + weight_decay * value;
    if constexpr (kMomentum) momentum.add(buffer, gradient);
    const Value direction = kNesterov ? gradient + momentum.keep * buffer : kMomentum ? buffer : gradient;
    value -= rate * direction;
  }
};

class Sgd : public ElementwiseRule<Sgd> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"momentum_buffer", uses_momentum}};
    return all;
  }

  void check(const value::Arguments& settings) const override {
    if (!settings.get<bool>("nesterov")) return;
    if (uses_momentum(settings) && settings.get<double>("dampening") == 0) return;
    throw base::ConfigError("'nesterov' needs a positive 'momentum' and no 'dampening'.", {{"argument", "nesterov"}});
  }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    with_flag(uses_momentum(settings), [&](auto momentum) {
      with_flag(settings.get<bool>("nesterov"), [&](auto nesterov) {
        const SgdStep<momentum.value, nesterov.value, typename Slice::Number> step(settings, slice.step);
        apply<momentum.value>(slice, step);
      });
    });
  }
};

const UpdateRuleRegistration<Sgd> sgd_registration(
    "sgd(float lr, float momentum=0., float dampening=0., float weight_decay=0., bool nesterov=False) -> ()",
    {"Stochastic gradient descent",
     "Goes against the gradient, with or without momentum. See Sutskever et al. (2013), ICML.",
     {{"lr", "Learning rate.", 0},
      {"momentum", "How much of the previous direction is kept in each step.", 0},
      {"dampening", "One minus the share of the gradient that enters the momentum."},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"nesterov", "Look ahead: use the gradient plus the momentum it leads to."}}});

}  // namespace
}  // namespace mlr3libtorch::optim
