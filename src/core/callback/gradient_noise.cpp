#include <ATen/ATen.h>

#include <cmath>

#include "core/callback/context.h"
#include "core/callback/finite.h"
#include "core/callback/native_callback.h"

namespace mlr3libtorch::callback {
namespace {

/// Adds normal noise to the gradients, whose variance is eta / (1 + t)^gamma in batch t, from 0.
class GradientNoise : public NativeCallback {
 public:
  GradientNoise(NativeSetup setup, double eta, double gamma)
      : NativeCallback(std::move(setup)), eta_(eta), gamma_(gamma) {}

  void run(Stage /*stage*/, Context& context) override {
    auto& gradients = context.network.memory().gradients;
    const auto deviation = std::sqrt(eta_ / std::pow(static_cast<double>(context.global_step), gamma_));
    const auto noise = at::randn(gradients.sizes(), context.generator, gradients.options().device(at::kCPU));
    gradients.add_(noise.to(gradients.device()), deviation);
  }

 private:
  double eta_;
  double gamma_;
};

const CallbackRegistration gradient_noise_registration(
    "gradient_noise(float eta=0.01, float gamma=0.55) -> ()", {{Stage::kAfterBackward}},
    {"Gradient Noise",
     "Adds normal noise to the gradients; its variance is eta / t^gamma in the t-th training batch. "
     "See Neelakantan et al. (2015), arXiv:1511.06807.",
     {{"eta", "The variance in the first batch.", 0}, {"gamma", "How fast the variance falls.", 0}}},
    [](const value::Arguments& arguments, NativeSetup setup) {
      require_finite(arguments, "callback 'gradient_noise'");
      return std::make_unique<GradientNoise>(std::move(setup), arguments.get<double>("eta"),
                                             arguments.get<double>("gamma"));
    });

}  // namespace
}  // namespace mlr3libtorch::callback
