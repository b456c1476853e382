#include <ATen/ATen.h>

#include <cmath>

#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

/// y = x W' + b. weight: [out_features, in_features], bias: [out_features].
class Linear : public Operation {
 public:
  Linear(std::int64_t out_features, bool bias, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    const auto in_features = x.size(-1);
    // The bound of LibTorch's own nn::Linear: kaiming_uniform with a = sqrt(5).
    const auto bound = in_features > 0 ? 1.0 / std::sqrt(static_cast<double>(in_features)) : 0.0;
    weight_ = at::empty({out_features, in_features}, x.options()).uniform_(-bound, bound, build.generator);
    if (bias) bias_ = at::empty({out_features}, x.options()).uniform_(-bound, bound, build.generator);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::linear(inputs[0], weight_, bias_);
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    if (bias_.defined()) slots.push_back({"bias", &bias_});
    return slots;
  }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

const OperationRegistration registration("linear(int out_features, bool bias=True) -> ()",
                                         {"Linear",
                                          "A linear map of the last dimension, x W' + b.",
                                          {{"out_features", "Number of output features.", 1},
                                           {"bias", "Whether a constant is added."}}},
                                         [](const value::Arguments& arguments, const BuildInput& build) {
                                           return std::make_unique<Linear>(arguments.get<std::int64_t>("out_features"),
                                                                           arguments.get<bool>("bias"), build);
                                         });

}  // namespace
}  // namespace mlr3libtorch::network
