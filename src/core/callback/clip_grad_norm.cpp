#include <ATen/ATen.h>

#include "core/callback/context.h"
#include "core/callback/native_callback.h"

namespace mlr3libtorch::callback {
namespace {

/// Added to the norm before dividing, as torch.nn.utils.clip_grad_norm_ does.
constexpr double kNormOffset = 1e-6;

/// Scales all gradients together so that their norm is at most max_norm.
class ClipGradNorm : public NativeCallback {
 public:
  ClipGradNorm(NativeSetup setup, double max_norm, double norm_type)
      : NativeCallback(std::move(setup)), max_norm_(max_norm), norm_type_(norm_type) {}

  void run(Stage /*stage*/, Context& context) override {
    auto& gradients = context.network.memory().gradients;
    const auto norm = gradients.norm(norm_type_).item<double>();
    const auto scale = max_norm_ / (norm + kNormOffset);
    if (scale < 1) gradients.mul_(scale);
  }

 private:
  double max_norm_;
  double norm_type_;
};

constexpr auto kStage = Stage::kAfterBackward;

const CallbackRegistration clip_grad_norm_registration(
    "clip_grad_norm(float max_norm, float norm_type=2.0) -> ()", {{kStage}},
    {"Clip Gradient Norm",
     "Scales all gradients together before each step so that their norm is at most max_norm. "
     "See Pascanu et al. (2013), arXiv:1211.5063.",
     {{"max_norm", "The largest norm in a step.", 0}, {"norm_type", "Which norm: 2, 1, Inf, ….", 0}}},
    [](const value::Arguments& arguments, NativeSetup setup) {
      return std::make_unique<ClipGradNorm>(std::move(setup), arguments.get<double>("max_norm"),
                                            arguments.get<double>("norm_type"));
    });

}  // namespace
}  // namespace mlr3libtorch::callback
