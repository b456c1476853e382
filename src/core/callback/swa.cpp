#include "core/callback/weight_average.h"

namespace mlr3libtorch::callback {
namespace {

/// The mean of the weights at the ends of epochs.
class Swa : public WeightAverage {
 public:
  Swa(NativeSetup setup, std::int64_t start_epoch, std::int64_t freq)
      : WeightAverage(std::move(setup)), start_epoch_(start_epoch), freq_(freq) {}

 protected:
  double share(Stage stage, const Context& context, std::int64_t updates) const override {
    const auto epochs = context.epoch - start_epoch_;
    if (stage != Stage::kBeforeValid || epochs < 0 || epochs % freq_ != 0) return 0;
    return 1 / static_cast<double>(updates + 1);
  }

 private:
  std::int64_t start_epoch_;
  std::int64_t freq_;
};

const CallbackRegistration swa_registration(
    "swa(int start_epoch, int freq=1) -> ()", {WeightAverage::stages_with(Stage::kBeforeValid), -1},
    {"Stochastic Weight Averaging",
     "Keeps the mean of the weights at the ends of epochs, which the network has in validation and after the run. "
     "Training goes on with its own weights. Running averages of batch normalisation are computed again for "
     "the averaged weights, by one pass over the training rows. See Izmailov et al. (2018), arXiv:1803.05407.",
     {{"start_epoch", "The first epoch whose weights are averaged.", 1},
      {"freq", "The number of epochs from one to the next.", 1}}},
    [](const value::Arguments& arguments, NativeSetup setup) {
      return std::make_unique<Swa>(std::move(setup), arguments.get<std::int64_t>("start_epoch"),
                                   arguments.get<std::int64_t>("freq"));
    });

}  // namespace
}  // namespace mlr3libtorch::callback
