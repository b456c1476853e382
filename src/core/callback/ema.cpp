#include "core/callback/weight_average.h"

namespace mlr3libtorch::callback {
namespace {

/// A moving average of the weights after each step.
class Ema : public WeightAverage {
 public:
  Ema(NativeSetup setup, double decay, std::int64_t start_epoch)
      : WeightAverage(std::move(setup)), decay_(decay), start_epoch_(start_epoch) {}

 protected:
  double share(Stage stage, const Context& context, std::int64_t /*updates*/) const override {
    const bool is_after_step = stage == Stage::kBatchEnd || (stage == Stage::kBeforeValid && context.is_late_step);
    if (!is_after_step || context.skip_step || context.epoch < start_epoch_) return 0;
    return 1 - decay_;
  }

 private:
  double decay_;
  std::int64_t start_epoch_;
};

const CallbackRegistration ema_registration(
    "ema(float decay=0.999, int start_epoch=1) -> ()", {WeightAverage::stages_with(Stage::kBatchEnd), -1},
    {"Exponential Moving Average",
     "Keeps a moving average of the weights after each step, which the network has in validation and after the run. "
     "It starts with the weights of the first step. Training goes on with its own weights. Running averages of batch "
     "normalisation are computed again for the averaged weights, by one pass over the training rows. "
     "See Polyak and Juditsky (1992), SIAM Journal on Control and Optimization 30.",
     {{"decay", "The share of the average that is kept in each step.", 0, 1 - 1e-12},
      {"start_epoch", "The epoch in which averaging begins.", 1}}},
    [](const value::Arguments& arguments, NativeSetup setup) {
      return std::make_unique<Ema>(std::move(setup), arguments.get<double>("decay"),
                                   arguments.get<std::int64_t>("start_epoch"));
    });

}  // namespace
}  // namespace mlr3libtorch::callback
