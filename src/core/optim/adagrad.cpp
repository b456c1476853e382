#include <cmath>

#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

double initial_sum(const value::Arguments& settings) { return settings.get<double>("initial_accumulator_value"); }

template <class Number>
struct AdagradStep {
  Number rate, eps, weight_decay;

  AdagradStep(const value::Arguments& settings, std::int64_t count)
      : rate(settings.get<double>("lr") / (1 + static_cast<double>(count - 1) * settings.get<double>("lr_decay"))),
        eps(settings.get<double>("eps")),
        weight_decay(settings.get<double>("weight_decay")) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& sum) const {
    const Value gradient = slope + weight_decay * value;
    sum += gradient * gradient;
    value -= rate * gradient / (sqrt(sum) + eps);
  }
};

class Adagrad : public ElementwiseRule<Adagrad> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"sum", [](const value::Arguments&) { return true; }, initial_sum}};
    return all;
  }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    apply<true>(slice, AdagradStep<typename Slice::Number>(settings, slice.step));
  }
};

const UpdateRuleRegistration<Adagrad> adagrad_registration(
    "adagrad(float lr=0.01, float lr_decay=0., float weight_decay=0., float initial_accumulator_value=0., "
    "float eps=1e-10) -> ()",
    {"Adagrad",
     "Divides each gradient by the root of the sum of its squares so far. See Duchi, Hazan and Singer (2011), Journal "
     "of "
     "Machine Learning Research 12.",
     {{"lr", "Learning rate.", 0},
      {"lr_decay", "How fast the learning rate falls with the number of steps.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0},
      {"initial_accumulator_value", "Where the sum of squares starts.", 0},
      {"eps", "Added to the denominator, so that it is never zero.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
