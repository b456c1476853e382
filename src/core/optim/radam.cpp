#include <cmath>

#include "core/optim/betas.h"
#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

/// Terms of the running mean of squares from which on its variance is known well enough to divide by its root.
constexpr double kFewestTerms = 5;

/// What the number of updates says of the running mean of squares.
struct SquareTerms {
  double share, most, now;

  SquareTerms(double beta, double steps)
      : share(1 - std::pow(beta, steps)),
        most(2 / (1 - beta) - 1),
        now(most - 2 * steps * std::pow(beta, steps) / share) {}

  bool are_enough() const { return now > kFewestTerms; }
  double rectification() const { return (now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now); }
};

/// While the squares are too few, plain momentum.
template <bool kRectified, class Number>
struct RAdamStep {
  RunningMean<Number> first, second;
  Number eps, weight_decay, step_size;

  RAdamStep(const value::Arguments& settings, const SquareTerms& terms, double steps)
      : first(Betas(settings).first),
        second(Betas(settings).second),
        eps(settings.get<double>("eps")),
        weight_decay(settings.get<double>("weight_decay")),
        step_size(settings.get<double>("lr") / (1 - std::pow(Betas(settings).first, steps)) *
                  (kRectified ? std::sqrt(terms.share * terms.rectification()) : 1)) {}

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& mean, Value& square) const {
    const Value gradient = slope + weight_decay * value;
    first.add(mean, gradient);
    second.add_square(square, gradient);
    value -= kRectified ? step_size * mean / (sqrt(square) + eps) : step_size * mean;
  }
};

/// Adam whose first steps are plain momentum, until it knows enough squares (Liu et al., 2020).
class RAdam : public ElementwiseRule<RAdam> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}, {"exp_avg_sq"}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    const auto steps = static_cast<double>(slice.step);
    const SquareTerms terms(Betas(settings).second, steps);
    with_flag(terms.are_enough(), [&](auto rectified) {
      apply<true, true>(slice, RAdamStep<rectified.value, typename Slice::Number>(settings, terms, steps));
    });
  }
};

const UpdateRuleRegistration<RAdam> radam_registration(
    "radam(float lr=0.001, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0.) -> ()",
    {"RAdam",
     "Adam that does not divide by the root of the mean of squares before that mean can be trusted. "
     "See Liu et al. (2020), arXiv:1908.03265.",
     {{"lr", "Learning rate.", 0},
      {"betas", "How much of the running means of the gradient and of its square is kept in each step.", 0, 1},
      {"eps", "Added to the denominator, so that it is never zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
