#include "core/optim/betas.h"
#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

template <class Number>
struct LionStep {
  RunningMean<Number> mixed, kept;
  Number rate, shrink;

  explicit LionStep(const value::Arguments& settings)
      : mixed(Betas(settings).first),
        kept(Betas(settings).second),
        rate(settings.get<double>("lr")),
        shrink(1 - settings.get<double>("lr") * settings.get<double>("weight_decay")) {}

  template <class Value>
  void operator()(Value& value, const Value& gradient, Value& mean) const {
    const Value direction = sign(mixed.keep * mean + mixed.share * gradient);
    value *= shrink;
    value -= rate * direction;
    kept.add(mean, gradient);
  }
};

/// The sign of a mixture of gradient and momentum (Chen et al., 2023). Weights shrink as AdamW's.
class Lion : public ElementwiseRule<Lion> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    apply<true>(slice, LionStep<typename Slice::Number>(settings));
  }
};

const UpdateRuleRegistration<Lion> lion_registration(
    "lion(float lr=0.0001, float[2] betas=[0.9, 0.99], float weight_decay=0.) -> ()",
    {"Lion",
     "Moves each weight by the learning rate, in the direction of a mixture of gradient and momentum. "
     "See Chen et al. (2023), arXiv:2302.06675.",
     {{"lr", "Learning rate: the length of each move.", 0},
      {"betas", "How much of the momentum is kept in the mixture, and how much in each step.", 0, 1},
      {"weight_decay", "In each step a weight loses this share of itself, times the learning rate.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
