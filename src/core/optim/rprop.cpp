#include "core/base/error.h"
#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

template <class Number>
struct RpropStep {
  Number shrinkage, growth, least, most;

  explicit RpropStep(const value::Arguments& settings)
      : shrinkage(settings.at("etas").toDoubleList()[0]),
        growth(settings.at("etas").toDoubleList()[1]),
        least(settings.at("step_sizes").toDoubleList()[0]),
        most(settings.at("step_sizes").toDoubleList()[1]) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& previous, Value& size) const {
    const Value agreement = slope * previous;
    assign(size, clamp(size * by_sign(agreement, shrinkage, Number(1), growth), least, most));
    // After a change of sign the value stays for one step, and the next sign counts as the first one.
    const Value gradient = slope * by_sign(agreement, Number(0), Number(1), Number(1));
    value -= size * sign(gradient);
    assign(previous, gradient);
  }
};

/// Resilient backpropagation: steps by the signs of gradients (Riedmiller and Braun, 1993).
class Rprop : public ElementwiseRule<Rprop> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {
        {"prev"}, {"step_size", always, [](const value::Arguments& settings) { return settings.get<double>("lr"); }}};
    return all;
  }

  void check(const value::Arguments& settings) const override {
    const auto etas = settings.at("etas").toDoubleList();
    if (!(0 < etas[0] && etas[0] < 1 && 1 < etas[1])) {
      throw base::ConfigError("'etas' must be a number between 0 and 1 and one that is greater than 1.",
                              {{"argument", "etas"}});
    }
    const auto sizes = settings.at("step_sizes").toDoubleList();
    if (sizes[0] > sizes[1]) {
      throw base::ConfigError("The first of 'step_sizes' must not be greater than the second.",
                              {{"argument", "step_sizes"}});
    }
  }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    apply<true, true>(slice, RpropStep<typename Slice::Number>(settings));
  }
};

const UpdateRuleRegistration<Rprop> rprop_registration(
    "rprop(float lr=0.01, float[2] etas=[0.5, 1.2], float[2] step_sizes=[1e-06, 50.]) -> ()",
    {"Resilient backpropagation",
     "Moves each parameter by a size of its own, which grows while its gradient keeps the sign. For batches of all "
     "rows: signs that change from batch to batch shrink all sizes. See Riedmiller and Braun (1993), IEEE "
     "International Conference on Neural Networks.",
     {{"lr", "Size of the first move.", 0},
      {"etas", "What a size is multiplied by when the sign of the gradient changes, and when it stays.", 0},
      {"step_sizes", "The smallest and the largest size.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
