#include <cmath>

#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

/// Steps in units of the values, from running means of squared gradients and squared moves (Zeiler, 2012).
template <class Number>
struct AdadeltaStep {
  RunningMean<Number> running;
  Number rate, eps, weight_decay;

  explicit AdadeltaStep(const value::Arguments& settings)
      : running(settings.get<double>("rho")),
        rate(settings.get<double>("lr")),
        eps(settings.get<double>("eps")),
        weight_decay(settings.get<double>("weight_decay")) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& square, Value& square_move) const {
    const Value gradient = slope + weight_decay * value;
    running.add_square(square, gradient);
    const Value move = sqrt((square_move + eps) / (square + eps)) * gradient;
    running.add_square(square_move, move);
    value -= rate * move;
  }
};

class Adadelta : public ElementwiseRule<Adadelta> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"square_avg"}, {"acc_delta"}};
    return all;
  }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    apply<true, true>(slice, AdadeltaStep<typename Slice::Number>(settings));
  }
};

const UpdateRuleRegistration<Adadelta> adadelta_registration(
    "adadelta(float lr=1., float rho=0.9, float eps=1e-06, float weight_decay=0.) -> ()",
    {"Adadelta",
     "Scales each gradient by the ratio of the roots of running means of squared moves and of squared gradients. "
     "See Zeiler (2012), arXiv:1212.5701.",
     {{"lr", "Factor of each move.", 0},
      {"rho", "How much of the running means is kept in each step.", 0, 1},
      {"eps", "Added to both means, so that the first moves are not zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
