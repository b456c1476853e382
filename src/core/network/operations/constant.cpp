#include <ATen/ATen.h>

#include <algorithm>

#include "core/kernel/vectorised.h"
#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

class ConstantKernel : public kernel::Kernel {
 public:
  void forward(const kernel::Call& call) override {
    const auto width = call.output.width;
    for (std::int64_t row = 0; row < call.rows; ++row) {
      std::copy_n(call.parameters[0].values, width, call.output.values + row * width);
    }
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.gradients != nullptr) std::fill_n(x.gradients, call.rows * x.width, 0.0F);
    float* const weight = call.parameters[0].gradients;
    if (weight == nullptr) return;
    const auto width = call.output.width;
    std::fill_n(weight, width, 0.0F);
    kernel::for_each_in_rows(call.rows, width, [=, dy = call.output.gradients](std::int64_t i, std::int64_t column) {
      weight[column] += dy[i];
    });
  }
};

/// The same learned output for every row, whatever the features. weight: [out_features].
class Constant : public Operation {
 public:
  Constant(std::int64_t out_features, const BuildInput& build)
      : weight_(at::zeros({out_features}, build.inputs.at(0).options())) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return weight_.expand({inputs[0].size(0), weight_.size(0)});
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<ConstantKernel>();
  }

 private:
  at::Tensor weight_;
};

const OperationRegistration constant_registration(
    "constant(int out_features) -> ()",
    {"Constant", "The same learned output for every row.", {{"out_features", "Number of output features.", 1}}},
    [](const value::Arguments& arguments, const BuildInput& build) {
      return std::make_unique<Constant>(arguments.get<std::int64_t>("out_features"), build);
    });

}  // namespace
}  // namespace mlr3libtorch::network
