#include <algorithm>
#include <cmath>

#include "core/callback/schedules/start.h"

// Schedules that go one way.
namespace mlr3libtorch::callback {
namespace {

class StepDecay : public Schedule {
 public:
  explicit StepDecay(const value::Arguments& arguments)
      : step_size_(static_cast<double>(arguments.get<std::int64_t>("step_size"))),
        gamma_(arguments.get<double>("gamma")),
        start_(arguments) {}
  double rate(const Position& position, double initial) const override {
    return initial * std::pow(gamma_, std::floor(start_.share(position, step_size_)));
  }

 private:
  double step_size_;
  double gamma_;
  Start start_;
};

class ExponentialDecay : public Schedule {
 public:
  explicit ExponentialDecay(const value::Arguments& arguments)
      : gamma_(arguments.get<double>("gamma")), start_(arguments) {}
  double rate(const Position& position, double initial) const override {
    return initial * std::pow(gamma_, static_cast<double>(start_.step(position)));
  }

 private:
  double gamma_;
  Start start_;
};

class PolynomialDecay : public Schedule {
 public:
  explicit PolynomialDecay(const value::Arguments& arguments)
      : total_iters_(static_cast<double>(arguments.get<std::int64_t>("total_iters"))),
        power_(arguments.get<double>("power")),
        start_(arguments) {}
  double rate(const Position& position, double initial) const override {
    const auto share = std::min(1.0, start_.share(position, total_iters_));
    return initial * std::pow(1 - share, power_);
  }

 private:
  double total_iters_;
  double power_;
  Start start_;
};

/// Linear from start_factor to end_factor of the rate, then constant.
class Warmup : public Schedule {
 public:
  explicit Warmup(const value::Arguments& arguments)
      : total_iters_(static_cast<double>(arguments.get<std::int64_t>("total_iters"))),
        start_factor_(arguments.get<double>("start_factor")),
        end_factor_(arguments.get<double>("end_factor")),
        start_(arguments) {}
  double rate(const Position& position, double initial) const override {
    const auto share = std::min(1.0, start_.share(position, total_iters_));
    return initial * (start_factor_ + (end_factor_ - start_factor_) * share);
  }

 private:
  double total_iters_;
  double start_factor_;
  double end_factor_;
  Start start_;
};

const ScheduleOf<StepDecay> step_registration(
    "lr_step(int step_size, float gamma=0.1, int last_epoch=-1, bool step_on_epoch=True) -> ()",
    {"Step Decay",
     "Multiplies the learning rate by gamma after every step_size steps.",
     {{"step_size", "The number of steps between two changes.", 1},
      {"gamma", "The factor of a change.", 0},
      last_epoch_description()}});

const ScheduleOf<ExponentialDecay> exponential_registration(
    "lr_exponential(float gamma, int last_epoch=-1, bool step_on_epoch=True) -> ()",
    {"Exponential Decay",
     "Multiplies the learning rate by gamma after each step.",
     {{"gamma", "The factor of a step.", 0}, last_epoch_description()}});

const ScheduleOf<PolynomialDecay> polynomial_registration(
    "lr_polynomial(int total_iters=5, float power=1.0, int last_epoch=-1, bool step_on_epoch=True) -> ()",
    {"Polynomial Decay",
     "Lowers the learning rate to zero over total_iters steps, as a power of the steps that remain.",
     {{"total_iters", "The number of steps after which the rate is zero.", 1},
      {"power", "The power of the share that remains; 1 is a straight line.", 0},
      last_epoch_description()}});

const ScheduleOf<Warmup> warmup_registration(
    "lr_warmup(int total_iters=5, float start_factor=0.3333333333333333, float end_factor=1.0, int last_epoch=-1, "
    "bool step_on_epoch=True) -> ()",
    {"Linear Warm-Up",
     "Raises the learning rate in a straight line over total_iters steps, from one share of its value to another.",
     {{"total_iters", "The number of steps until the end factor is reached.", 1},
      {"start_factor", "The share of the rate in the first step.", 0, 1},
      {"end_factor", "The share of the rate from step total_iters on.", 0, 1},
      last_epoch_description()}});

}  // namespace
}  // namespace mlr3libtorch::callback
