#include <cmath>

#include "core/optim/formula.h"
#include "core/optim/momentum.h"

namespace mlr3libtorch::optim {
namespace {

bool is_centered(const value::Arguments& settings) { return settings.get<bool>("centered"); }

template <bool kCentered, bool kWithMomentum, class Number>
struct RmsPropStep {
  RunningMean<Number> running, momentum;
  Number rate, eps, weight_decay;

  explicit RmsPropStep(const value::Arguments& settings)
      : running(settings.get<double>("alpha")),
        momentum(settings.get<double>("momentum"), 1),
        rate(settings.get<double>("lr")),
        eps(settings.get<double>("eps")),
        weight_decay(settings.get<double>("weight_decay")) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& square, Value& mean, Value& buffer) const {
    const Value gradient = slope + weight_decay * value;
    running.add_square(square, gradient);
    if constexpr (kCentered) running.add(mean, gradient);
    const Value variance = kCentered ? square - mean * mean : square;
    const Value direction = gradient / (sqrt(variance) + eps);
    if constexpr (kWithMomentum) momentum.add(buffer, direction);
    value -= rate * (kWithMomentum ? buffer : direction);
  }
};

class RmsProp : public ElementwiseRule<RmsProp> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {
        {"square_avg"}, {"grad_avg", is_centered}, {"momentum_buffer", uses_momentum}};
    return all;
  }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    with_flag(is_centered(settings), [&](auto centered) {
      with_flag(uses_momentum(settings), [&](auto momentum) {
        const RmsPropStep<centered.value, momentum.value, typename Slice::Number> step(settings);
        apply<true, centered.value, momentum.value>(slice, step);
      });
    });
  }
};

const UpdateRuleRegistration<RmsProp> rmsprop_registration(
    "rmsprop(float lr=0.01, float alpha=0.99, float eps=1e-08, float weight_decay=0., float momentum=0., "
    "bool centered=False) -> ()",
    {"RMSprop",
     "Divides each gradient by the root of a running mean of its square. See Tieleman and Hinton (2012), lecture 6.5 "
     "of "
     "Neural Networks for Machine Learning; for `centered`, Graves (2013), arXiv:1308.0850.",
     {{"lr", "Learning rate.", 0},
      {"alpha", "How much of the running mean of squares is kept in each step.", 0},
      {"eps", "Added to the denominator, so that it is never zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"momentum", "How much of the previous direction is kept in each step.", 0},
      {"centered", "Divide by an estimate of the gradient's standard deviation instead."}}});

}  // namespace
}  // namespace mlr3libtorch::optim
