#include <cmath>

#include "core/optim/update_rule.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::optim {
namespace {

enum StatisticIndex { kSquare, kMove };

/// Steps in units of the values, from running means of squared gradients and squared moves (Zeiler, 2012).
class Adadelta : public ElementwiseRule<Adadelta> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"square_avg"}, {"acc_delta"}};
    return all;
  }

  template <class Real>
  void update_elements(const value::Arguments& settings, const ElementSlice<Real>& slice) const {
    const auto rate = static_cast<Real>(settings.get<double>("lr"));
    const auto rho = static_cast<Real>(settings.get<double>("rho"));
    const auto rest = static_cast<Real>(1 - settings.get<double>("rho"));
    const auto eps = static_cast<Real>(settings.get<double>("eps"));
    const auto weight_decay = static_cast<Real>(settings.get<double>("weight_decay"));
    Real* const values = slice.values;
    const Real* const gradients = slice.gradients;
    Real* const squares = slice.statistics[kSquare];
    Real* const moves = slice.statistics[kMove];
    kernel::for_each_element(slice.length, [=](std::int64_t i) {
      const Real gradient = gradients[i] + weight_decay * values[i];
      const Real square = rho * squares[i] + rest * gradient * gradient;
      const Real move = std::sqrt((moves[i] + eps) / (square + eps)) * gradient;
      squares[i] = square;
      moves[i] = rho * moves[i] + rest * move * move;
      values[i] -= rate * move;
    });
  }

  void update_tensors(const value::Arguments& settings, const TensorSlice& slice) const {
    const auto rho = settings.get<double>("rho");
    const auto eps = settings.get<double>("eps");
    auto values = slice.values;
    auto moves = slice.statistics[kMove];
    const auto gradient = slice.gradients.add(values, settings.get<double>("weight_decay"));
    const auto square = slice.statistics[kSquare].mul_(rho).addcmul_(gradient, gradient, 1 - rho);
    const auto move = moves.add(eps).div_(square.add(eps)).sqrt_().mul_(gradient);
    moves.mul_(rho).addcmul_(move, move, 1 - rho);
    values.add_(move, -settings.get<double>("lr"));
  }
};

const UpdateRuleRegistration<Adadelta> registration(
    "adadelta(float lr=1., float rho=0.9, float eps=1e-06, float weight_decay=0.) -> ()",
    {"Adadelta",
     "Scales each gradient by the ratio of the roots of running means of squared moves and of squared gradients.",
     {{"lr", "Factor of each move.", 0},
      {"rho", "How much of the running means is kept in each step.", 0, 1},
      {"eps", "Added to both means, so that the first moves are not zero.", 0},
      {"weight_decay", "Factor of an L2 penalty, whose gradient is added to the gradient.", 0}}});

}  // namespace
}  // namespace mlr3libtorch::optim
