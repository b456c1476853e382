#include <c10/util/MathConstants.h>

#include <algorithm>
#include <cmath>

#include "core/callback/schedules/start.h"

namespace mlr3libtorch::callback {
namespace {

/// From `high` to `low` as `share` goes from 0 to 1, and back again until 2.
double half_wave(double high, double low, double share) {
  return low + (high - low) * (1 + std::cos(c10::pi<double> * share)) / 2;
}

class CosineAnnealing : public Schedule {
 public:
  explicit CosineAnnealing(const value::Arguments& arguments)
      : t_max_(arguments.get<c10::optional<std::int64_t>>("T_max")),
        eta_min_(arguments.get<double>("eta_min")),
        start_(arguments) {}
  double rate(const Position& position, double initial) const override {
    const auto steps = t_max_ ? *t_max_ : std::max<std::int64_t>(position.total, 1);
    return half_wave(initial, eta_min_, start_.share(position, static_cast<double>(steps)));
  }

 private:
  c10::optional<std::int64_t> t_max_;
  double eta_min_;
  Start start_;
};

/// Each period is T_mult times as long as the one before, and starts at the highest rate.
class CosineRestarts : public Schedule {
 public:
  explicit CosineRestarts(const value::Arguments& arguments)
      : first_(arguments.get<std::int64_t>("T_0")),
        factor_(arguments.get<std::int64_t>("T_mult")),
        eta_min_(arguments.get<double>("eta_min")),
        start_(arguments) {}
  double rate(const Position& position, double initial) const override {
    auto index = start_.step(position);
    auto period = first_;
    if (factor_ == 1) index %= period;
    while (index >= period) {
      index -= period;
      period *= factor_;
    }
    return half_wave(initial, eta_min_, static_cast<double>(index) / static_cast<double>(period));
  }

 private:
  std::int64_t first_;
  std::int64_t factor_;
  double eta_min_;
  Start start_;
};

const value::ArgumentDescription kEtaMin{"eta_min", "The lowest learning rate.", 0};
const ScheduleOf<CosineAnnealing> annealing_registration(
    "lr_cosine_annealing(int? T_max=None, float eta_min=0., int last_epoch=-1, bool step_on_epoch=True) -> ()",
    {"Cosine Annealing",
     "Lowers the learning rate to eta_min over T_max steps along a half wave of the cosine; then it rises again. "
     "See Loshchilov and Hutter (2017), arXiv:1608.03983.",
     {{"T_max", "The number of steps of a half wave; those of the run unless given.", 1},
      kEtaMin,
      last_epoch_description()}});

const ScheduleOf<CosineRestarts> restarts_registration(
    "lr_cosine_restarts(int T_0, int T_mult=1, float eta_min=0., int last_epoch=-1, bool step_on_epoch=True) -> ()",
    {"Cosine Annealing with Warm Restarts",
     "Lowers the learning rate along a half wave of the cosine, again and again from its start. "
     "See Loshchilov and Hutter (2017), arXiv:1608.03983.",
     {{"T_0", "The number of steps of the first period.", 1},
      {"T_mult", "The factor by which each period is longer than the one before.", 1},
      kEtaMin,
      last_epoch_description()}});

}  // namespace
}  // namespace mlr3libtorch::callback
