#include <cmath>

#include "core/callback/schedule.h"

namespace mlr3libtorch::callback {
namespace {

/// Up and down between two rates; each cycle's height is a formula of the cycle or the step.
class Cyclic : public Schedule {
 public:
  explicit Cyclic(const value::Arguments& arguments)
      : base_lr_(arguments.get<double>("base_lr")),
        max_lr_(arguments.get<double>("max_lr")),
        up_(static_cast<double>(arguments.get<std::int64_t>("step_size_up"))),
        down_(arguments.is_none("step_size_down") ? up_
                                                  : static_cast<double>(arguments.get<std::int64_t>("step_size_down"))),
        mode_(arguments.get<std::string>("mode")),
        gamma_(arguments.get<double>("gamma")),
        cycle_momentum_(arguments.get<bool>("cycle_momentum")),
        base_momentum_(arguments.get<double>("base_momentum")),
        max_momentum_(arguments.get<double>("max_momentum")) {}

  double rate(const Position& position, double /*initial*/) const override {
    return base_lr_ + (max_lr_ - base_lr_) * height(position);
  }

  std::optional<double> momentum(const Position& position) const override {
    if (!cycle_momentum_) return std::nullopt;
    return max_momentum_ - (max_momentum_ - base_momentum_) * height(position);
  }

 private:
  /// 0 at the bottom, 1 at the top of an unscaled cycle.
  double height(const Position& position) const {
    const auto index = static_cast<double>(position.index);
    const auto cycle = std::floor(1 + index / (up_ + down_));
    const auto x = 1 + index / (up_ + down_) - cycle;
    const auto turn = up_ / (up_ + down_);
    const auto triangle = x <= turn ? x / turn : (x - 1) / (turn - 1);
    if (mode_ == "triangular2") return triangle / std::pow(2, cycle - 1);
    if (mode_ == "exp_range") return triangle * std::pow(gamma_, index);
    return triangle;
  }

  double base_lr_;
  double max_lr_;
  double up_;
  double down_;
  std::string mode_;
  double gamma_;
  bool cycle_momentum_;
  double base_momentum_;
  double max_momentum_;
};

const ScheduleOf<Cyclic> cyclic_registration(
    "lr_cyclic(float base_lr, float max_lr, int step_size_up=2000, int? step_size_down=None, str mode=\"triangular\", "
    "float gamma=1.0, bool cycle_momentum=True, float base_momentum=0.8, float max_momentum=0.9, "
    "bool step_on_epoch=False) -> ()",
    {"Cyclic Learning Rate",
     "Moves the learning rate up and down between two bounds, and the momentum the other way. "
     "See Smith (2017), arXiv:1506.01186.",
     {{"base_lr", "The lowest learning rate.", 0},
      {"max_lr", "The highest learning rate.", 0},
      {"step_size_up", "The number of steps up.", 1},
      {"step_size_down", "The number of steps down; unless given, as many as up.", 1},
      {"mode",
       "Whether cycles keep their height, are halved each time, or shrink by gamma with each step.",
       0,
       0,
       {"triangular", "triangular2", "exp_range"}},
      {"gamma", "The factor of a step in mode 'exp_range'.", 0},
      {"cycle_momentum", "Whether the momentum, or Adam's first beta, changes, too."},
      {"base_momentum", "The momentum at the highest rate.", 0, 1},
      {"max_momentum", "The momentum at the lowest rate.", 0, 1}}});

}  // namespace
}  // namespace mlr3libtorch::callback
