#include <cmath>

#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

enum StatisticIndex { kSquare, kMean, kMomentum };

bool is_centered(const value::Arguments& settings) { return settings.get<bool>("centered"); }
bool uses_momentum(const value::Arguments& settings) { return settings.get<double>("momentum") > 0; }

template <bool kCentered, bool kWithMomentum, class Real>
void update_run(const value::Arguments& settings, const ElementSlice<Real>& slice) {
  const auto rate = static_cast<Real>(settings.get<double>("lr"));
  const auto alpha = static_cast<Real>(settings.get<double>("alpha"));
  const auto rest = static_cast<Real>(1 - settings.get<double>("alpha"));
  const auto eps = static_cast<Real>(settings.get<double>("eps"));
  const auto weight_decay = static_cast<Real>(settings.get<double>("weight_decay"));
  const auto momentum = static_cast<Real>(settings.get<double>("momentum"));
  Real* const values = slice.values;
  const Real* const gradients = slice.gradients;
  Real* const squares = slice.statistics[kSquare];
  Real* const means = slice.statistics[kMean];
  Real* const buffers = slice.statistics[kMomentum];
  kernel::for_each_element(slice.length, [=](std::int64_t i) {
    const Real gradient = gradients[i] + weight_decay * values[i];
    Real square = alpha * squares[i] + rest * gradient * gradient;
    squares[i] = square;
    if constexpr (kCentered) {
      const Real mean = alpha * means[i] + rest * gradient;
      means[i] = mean;
      square -= mean * mean;
    }
    Real direction = gradient / (std::sqrt(square) + eps);
    if constexpr (kWithMomentum) {
      direction += momentum * buffers[i];
      buffers[i] = direction;
    }
    values[i] -= rate * direction;
  });
}

class RmsProp : public ElementwiseRule<RmsProp> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {
        {"square_avg"}, {"grad_avg", is_centered}, {"momentum_buffer", uses_momentum}};
    return all;
  }

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    with_flag(is_centered(settings), [&](auto centered) {
      with_flag(uses_momentum(settings),
                [&](auto momentum) { update_run<centered.value, momentum.value>(settings, slice); });
    });
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    const auto alpha = settings.get<double>("alpha");
    auto values = slice.values;
    const auto gradient = slice.gradients.add(values, settings.get<double>("weight_decay"));
    auto square = slice.statistics[kSquare].mul_(alpha).addcmul_(gradient, gradient, 1 - alpha);
    if (is_centered(settings)) {
      const auto mean = slice.statistics[kMean].mul_(alpha).add_(gradient, 1 - alpha);
      square = square.addcmul(mean, mean, -1);
    }
    auto direction = gradient.div(square.sqrt().add_(settings.get<double>("eps")));
    if (uses_momentum(settings)) {
      direction = slice.statistics[kMomentum].mul_(settings.get<double>("momentum")).add_(direction);
    }
    values.add_(direction, -settings.get<double>("lr"));
  }
};

const UpdateRuleRegistration<RmsProp> registration(
    "rmsprop(float lr=0.01, float alpha=0.99, float eps=1e-08, float weight_decay=0., float momentum=0., "
    "bool centered=False) -> ()",
    {"RMSprop",
     "Divides each gradient by the root of a running mean of its square.",
     {{"lr", "Learning rate.", 0},
      {"alpha", "How much of the running mean of squares is kept in each step.", 0},
      {"eps", "Added to the denominator, so that it is never zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"momentum", "How much of the previous direction is kept in each step.", 0},
      {"centered", "Divide by an estimate of the gradient's standard deviation instead."}}});

}  // namespace
}  // namespace mlr3libtorch::optim
