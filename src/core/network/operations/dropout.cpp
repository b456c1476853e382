#include <ATen/ATen.h>

#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

/// Zeroes each element with probability p while training and scales the rest by 1 / (1 - p).
class Dropout : public Operation {
 public:
  explicit Dropout(double p) : p_(p) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    if (!mode.training || p_ == 0) return inputs[0];
    if (p_ == 1) return inputs[0] * 0;
    // at::dropout draws from LibTorch's global generator; the run owns its own, for the CPU.
    const auto generator = inputs[0].is_cpu() ? c10::make_optional(mode.generator) : c10::nullopt;
    const auto keep = at::empty_like(inputs[0]).bernoulli_(1 - p_, generator).div_(1 - p_);
    return inputs[0] * keep;
  }

 private:
  double p_;
};

const OperationRegistration registration("dropout(float p=0.5) -> ()",
                                         {"Dropout",
                                          "Zeroes elements at random while training.",
                                          {{"p", "Probability that an element is zeroed.", 0, 1}}},
                                         [](const value::Arguments& arguments, const BuildInput& /*build*/) {
                                           return std::make_unique<Dropout>(arguments.get<double>("p"));
                                         });

}  // namespace
}  // namespace mlr3libtorch::network
