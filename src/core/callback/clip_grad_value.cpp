#include <ATen/ATen.h>

#include "core/callback/context.h"
#include "core/callback/native_callback.h"

namespace mlr3libtorch::callback {
namespace {

/// Limits each gradient separately.
class ClipGradValue : public NativeCallback {
 public:
  ClipGradValue(NativeSetup setup, double clip_value) : NativeCallback(std::move(setup)), clip_value_(clip_value) {}

  void run(Stage /*stage*/, Context& context) override {
    context.network.memory().gradients.clamp_(-clip_value_, clip_value_);
  }

 private:
  double clip_value_;
};

const CallbackRegistration clip_grad_value_registration(
    "clip_grad_value(float clip_value) -> ()", {{Stage::kAfterBackward}},
    {"Clip Gradient Values",
     "Limits each gradient before each step to values between -clip_value and clip_value.",
     {{"clip_value", "The largest absolute value of a gradient.", 0}}},
    [](const value::Arguments& arguments, NativeSetup setup) {
      return std::make_unique<ClipGradValue>(std::move(setup), arguments.get<double>("clip_value"));
    });

}  // namespace
}  // namespace mlr3libtorch::callback
