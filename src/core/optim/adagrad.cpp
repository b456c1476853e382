#include <cmath>

#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

double initial_sum(const value::Arguments& settings) { return settings.get<double>("initial_accumulator_value"); }

double rate(const value::Arguments& settings, std::int64_t count) {
  return settings.get<double>("lr") / (1 + static_cast<double>(count - 1) * settings.get<double>("lr_decay"));
}

class Adagrad : public ElementwiseRule<Adagrad> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"sum", [](const value::Arguments&) { return true; }, initial_sum}};
    return all;
  }

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    const auto step_size = static_cast<Real>(rate(settings, slice.step));
    const auto eps = static_cast<Real>(settings.get<double>("eps"));
    const auto weight_decay = static_cast<Real>(settings.get<double>("weight_decay"));
    Real* const values = slice.values;
    const Real* const gradients = slice.gradients;
    Real* const sums = slice.statistics[0];
    kernel::for_each_element(slice.length, [=](std::int64_t i) {
      const Real gradient = gradients[i] + weight_decay * values[i];
      const Real sum = sums[i] + gradient * gradient;
      sums[i] = sum;
      values[i] -= step_size * gradient / (std::sqrt(sum) + eps);
    });
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    auto values = slice.values;
    const auto gradient = slice.gradients.add(values, settings.get<double>("weight_decay"));
    const auto sum = slice.statistics[0].addcmul_(gradient, gradient);
    values.addcdiv_(gradient, sum.sqrt().add_(settings.get<double>("eps")), -rate(settings, slice.step));
  }
};

const UpdateRuleRegistration<Adagrad> registration(
    "adagrad(float lr=0.01, float lr_decay=0., float weight_decay=0., float initial_accumulator_value=0., "
    "float eps=1e-10) -> ()",
    {"Adagrad",
     "Divides each gradient by the root of the sum of its squares so far.",
     {{"lr", "Learning rate.", 0},
      {"lr_decay", "How fast the learning rate falls with the number of steps.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"initial_accumulator_value", "Where the sum of squares starts.", 0},
      {"eps", "Added to the denominator, so that it is never zero.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
