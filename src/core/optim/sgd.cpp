#include "core/base/error.h"
#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

bool uses_momentum(const value::Arguments& settings) { return settings.get<double>("momentum") != 0; }

/// The settings of one step.
struct Step {
  double rate, momentum, rest, weight_decay;
  bool nesterov;

  Step(const value::Arguments& settings, std::int64_t count)
      : rate(settings.get<double>("lr")),
        momentum(settings.get<double>("momentum")),
        // The first gradient enters the momentum undamped.
        rest(count == 1 ? 1 : 1 - settings.get<double>("dampening")),
        weight_decay(settings.get<double>("weight_decay")),
        nesterov(settings.get<bool>("nesterov")) {}
};

template <bool kMomentum, bool kNesterov, class Real>
void update_run(const Step& step, const ElementSlice<Real>& slice) {
  const auto rate = static_cast<Real>(step.rate);
  const auto momentum = static_cast<Real>(step.momentum);
  const auto rest = static_cast<Real>(step.rest);
  const auto weight_decay = static_cast<Real>(step.weight_decay);
  Real* const values = slice.values;
  const Real* const gradients = slice.gradients;
  Real* const buffers = slice.statistics[0];
  kernel::for_each_element(slice.length, [=](std::int64_t i) {
    const Real gradient = gradients[i] + weight_decay * values[i];
    Real direction = gradient;
    if constexpr (kMomentum) {
      const Real buffer = momentum * buffers[i] + rest * gradient;
      buffers[i] = buffer;
      direction = kNesterov ? gradient + momentum * buffer : buffer;
    }
    values[i] -= rate * direction;
  });
}

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

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    const Step step(settings, slice.step);
    with_flag(uses_momentum(settings), [&](auto momentum) {
      with_flag(step.nesterov, [&](auto nesterov) { update_run<momentum.value, nesterov.value>(step, slice); });
    });
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    const Step step(settings, slice.step);
    auto values = slice.values;
    auto direction = step.weight_decay == 0 ? slice.gradients : slice.gradients.add(values, step.weight_decay);
    if (uses_momentum(settings)) {
      const auto buffer = slice.statistics[0].mul_(step.momentum).add_(direction, step.rest);
      direction = step.nesterov ? direction.add(buffer, step.momentum) : buffer;
    }
    values.add_(direction, -step.rate);
  }
};

const UpdateRuleRegistration<Sgd> registration(
    "sgd(float lr, float momentum=0., float dampening=0., float weight_decay=0., bool nesterov=False) -> ()",
    {"Stochastic gradient descent",
     "Goes against the gradient, with or without momentum.",
     {{"lr", "Learning rate.", 0},
      {"momentum", "How much of the previous direction is kept in each step.", 0},
      {"dampening", "One minus the share of the gradient that enters the momentum."},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"nesterov", "Look ahead: use the gradient plus the momentum it leads to."}}});

}  // namespace
}  // namespace mlr3libtorch::optim
