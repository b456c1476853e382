#include <ATen/ATen.h>

#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

/// The same learned output for every row, whatever the features. weight: [out_features].
class Constant : public Operation {
 public:
  Constant(std::int64_t out_features, const BuildInput& build)
      : weight_(at::zeros({out_features}, build.inputs.at(0).options())) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return weight_.expand({inputs[0].size(0), weight_.size(0)});
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

 private:
  at::Tensor weight_;
};

const OperationRegistration registration(
    "constant(int out_features) -> ()",
    {"Constant", "The same learned output for every row.", {{"out_features", "Number of output features.", 1}}},
    [](const value::Arguments& arguments, const BuildInput& build) {
      return std::make_unique<Constant>(arguments.get<std::int64_t>("out_features"), build);
    });

}  // namespace
}  // namespace mlr3libtorch::network
