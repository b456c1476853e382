#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/kernel/vectorised.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// A factor for each run of `run` numbers of a row.
class LayerScaleKernel : public kernel::Kernel {
 public:
  explicit LayerScaleKernel(std::int64_t run) : run_(run) {}

  void forward(const kernel::Call& call) override {
    kernel::for_each_in_rows(call.rows, call.output.width,
                             [x = call.inputs[0].values, y = call.output.values, factor = call.parameters[0].values,
                              run = run_](std::int64_t i, std::int64_t place) { y[i] = x[i] * factor[place / run]; });
  }

  void backward(const kernel::Call& call) override {
    const auto& factor = call.parameters[0];
    const auto& x = call.inputs[0];
    const float* const dy = call.output.gradients;
    if (factor.gradients != nullptr) give_factor_gradients(call);
    if (x.gradients == nullptr) return;
    kernel::for_each_in_rows(call.rows, call.output.width,
                             [dx = x.gradients, factor = factor.values, run = run_, dy](
                                 std::int64_t i, std::int64_t place) { dx[i] = dy[i] * factor[place / run]; });
  }

 private:
  void give_factor_gradients(const kernel::Call& call) const {
    float* const to = call.parameters[0].gradients;
    const auto width = call.output.width;
    std::fill_n(to, width / run_, 0.0F);
    for (std::int64_t first = 0; first < call.rows * width; first += run_) {
      const float *const x = call.inputs[0].values + first, *const dy = call.output.gradients + first;
      to[first % width / run_] += kernel::sum_elements(run_, [=](std::int64_t i) { return dy[i] * x[i]; });
    }
  }

  std::int64_t run_;
};

/// x: [rows, channels, ...]. layer_scale: [channels, 1, ...].
class LayerScale : public Operation {
 public:
  LayerScale(const Arguments& arguments, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() > 1, "it takes inputs of shape (rows, channels, ...).");
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.dim()) - 1, 1);
    sizes[0] = x.size(1);
    factor_ = ones_weight(sizes, build) * arguments.get<double>("init");
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return inputs[0] * factor_;
  }

  std::vector<Slot> parameters() override { return {{"layer_scale", &factor_}}; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto width = inputs[0].width();
    return width > 0 ? std::make_unique<LayerScaleKernel>(width / factor_.numel()) : nullptr;
  }

 private:
  at::Tensor factor_;
};

const OperationRegistration layer_scale_registration(
    "layer_scale(float init=1e-06) -> ()",
    {"Layer scale",
     "Each channel of its input, (rows, channels, ...), times a learned factor, so that a block of a deep network "
     "begins by changing little. See Touvron et al. (2021), arXiv:2103.17239.",
     {{"init", "The initial factors."}},
     {"normalization"}},
    make_operation<LayerScale>);

}  // namespace
}  // namespace mlr3libtorch::network
