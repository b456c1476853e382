#include <ATen/ATen.h>

#include <cmath>

#include "core/base/error.h"
#include "core/callback/context.h"
#include "core/callback/native_callback.h"

namespace mlr3libtorch::callback {
namespace {

/// Ends training before a step with numbers that are not finite, so that the weights stay as they were.
class TerminateOnNan : public NativeCallback {
 public:
  TerminateOnNan(NativeSetup setup, bool is_error, bool gradients)
      : NativeCallback(std::move(setup)), is_error_(is_error), gradients_(gradients) {}

  void run(Stage /*stage*/, Context& context) override {
    const auto* found = find(context);
    if (found == nullptr) return;
    if (is_error_) throw base::Error("diverged", std::string("The ") + found + " not finite: training diverges.");
    context.skip_step = true;
    context.stop_epoch = true;
    context.terminate = true;
  }

 private:
  const char* find(const Context& context) const {
    if (!std::isfinite(context.loss.item<double>())) return "loss is";
    // A sum is finite only if every number is; a sum may also overflow, which is no better.
    if (gradients_ && !std::isfinite(context.network.memory().gradients.sum().item<double>())) return "gradients are";
    return nullptr;
  }

  bool is_error_;
  bool gradients_;
};

const CallbackRegistration terminate_on_nan_registration(
    "terminate_on_nan(str action=\"stop\", bool gradients=True) -> ()", {{Stage::kAfterBackward}},
    {"Terminate on NaN",
     "Ends training if the loss or a gradient is not finite, before it reaches the weights.",
     {{"action", "Whether training ends there, with the current weights, or with an error.", 0, 0, {"stop", "error"}},
      {"gradients", "Whether gradients are checked, too."}}},
    [](const value::Arguments& arguments, NativeSetup setup) {
      return std::make_unique<TerminateOnNan>(std::move(setup), arguments.get<std::string>("action") == "error",
                                              arguments.get<bool>("gradients"));
    });

}  // namespace
}  // namespace mlr3libtorch::callback
