#include <c10/util/MathConstants.h>

#include <algorithm>
#include <cmath>

#include "core/callback/schedule.h"

namespace mlr3libtorch::callback {
namespace {

/// Up to the highest rate and down far below the first one, once in the run; the momentum goes the other way.
class OneCycle : public Schedule {
 public:
  explicit OneCycle(const value::Arguments& arguments)
      : max_lr_(arguments.get<double>("max_lr")),
        first_lr_(max_lr_ / arguments.get<double>("div_factor")),
        last_lr_(first_lr_ / arguments.get<double>("final_div_factor")),
        pct_start_(arguments.get<double>("pct_start")),
        is_cosine_(arguments.get<std::string>("anneal_strategy") == "cos"),
        cycle_momentum_(arguments.get<bool>("cycle_momentum")),
        base_momentum_(arguments.get<double>("base_momentum")),
        max_momentum_(arguments.get<double>("max_momentum")) {}

  double rate(const Position& position, double /*initial*/) const override {
    return anneal(position, first_lr_, max_lr_, last_lr_);
  }

  std::optional<double> momentum(const Position& position) const override {
    if (!cycle_momentum_) return std::nullopt;
    return anneal(position, max_momentum_, base_momentum_, max_momentum_);
  }

 private:
  double anneal(const Position& position, double first, double middle, double last) const {
    const auto end = static_cast<double>(position.total - 1);
    const auto top = pct_start_ * static_cast<double>(position.total) - 1;
    // A run that goes on after its last step stays where the cycle ends.
    const auto index = std::min(static_cast<double>(position.index), end);
    if (index <= top) return top > 0 ? between(first, middle, index / top) : middle;
    return between(middle, last, (index - top) / (end - top));
  }

  double between(double from, double to, double share) const {
    return is_cosine_ ? to + (from - to) / 2 * (1 + std::cos(c10::pi<double> * share)) : from + (to - from) * share;
  }

  double max_lr_;
  double first_lr_;
  double last_lr_;
  double pct_start_;
  bool is_cosine_;
  bool cycle_momentum_;
  double base_momentum_;
  double max_momentum_;
};

const ScheduleOf<OneCycle> one_cycle_registration(
    "lr_one_cycle(float max_lr, float pct_start=0.3, str anneal_strategy=\"cos\", bool cycle_momentum=True, "
    "float base_momentum=0.85, float max_momentum=0.95, float div_factor=25.0, float final_div_factor=10000.0, "
    "bool step_on_epoch=False) -> ()",
    {"One Cycle",
     "Raises the learning rate to max_lr and lowers it far below its start, once over the whole run. "
     "See Smith and Topin (2018), arXiv:1708.07120.",
     {{"max_lr", "The highest learning rate.", 0},
      {"pct_start", "The share of the run in which the rate rises.", 0, 1},
      {"anneal_strategy", "A half wave of the cosine, or a straight line.", 0, 0, {"cos", "linear"}},
      {"cycle_momentum", "Whether the momentum, or Adam's first beta, changes, too."},
      {"base_momentum", "The momentum at the highest rate.", 0, 1},
      {"max_momentum", "The momentum at the lowest rate.", 0, 1},
      {"div_factor", "The ratio of the highest rate to the first one.", 1},
      {"final_div_factor", "The ratio of the first rate to the last one.", 1}}});

}  // namespace
}  // namespace mlr3libtorch::callback
