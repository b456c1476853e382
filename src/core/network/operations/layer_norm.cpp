#include <ATen/ATen.h>

#include <vector>

#include "core/kernel/normalisation.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// Each run of `length` numbers separately.
class LayerNormKernel : public kernel::Kernel {
 public:
  LayerNormKernel(std::int64_t length, double eps) : length_(length), eps_(static_cast<float>(eps)) {}

  void forward(const kernel::Call& call) override {
    bound(call).forward(runs(call), call.inputs[0].values, call.output.values);
  }

  void backward(const kernel::Call& call) override {
    const auto norm = bound(call);
    norm.clear_gradients();
    norm.backward(runs(call), call.inputs[0].values, call.output.gradients, call.inputs[0].gradients);
  }

 private:
  std::int64_t runs(const kernel::Call& call) const { return call.rows * (call.output.width / length_); }

  kernel::Normalisation bound(const kernel::Call& call) const {
    kernel::Normalisation norm{length_, eps_};
    if (call.parameters.empty()) return norm;
    norm.weight = call.parameters[0];
    norm.bias = call.parameters[1];
    return norm;
  }

  std::int64_t length_;
  float eps_;
};

/// Normalises each row over its last dimensions. weight, bias: the sizes of these dimensions.
class LayerNorm : public Operation {
 public:
  LayerNorm(const value::Arguments& arguments, const BuildInput& build) : eps_(arguments.get<double>("eps")) {
    const auto& x = build.inputs.at(0);
    const auto dims = arguments.get<std::int64_t>("dims");
    TORCH_CHECK(dims < x.dim(), "'dims' is ", dims, ", but rows have ", x.dim() - 1,
                " dimensions; lower 'dims' to at most that.");
    sizes_ = x.sizes().slice(x.dim() - dims).vec();
    if (!arguments.get<bool>("elementwise_affine")) return;
    weight_ = ones_weight(sizes_, build);
    bias_ = zeros_weight(sizes_, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::layer_norm(inputs[0], sizes_, weight_, bias_, eps_);
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots;
    add_slot(slots, "weight", weight_);
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    std::int64_t length = 1;
    for (const auto size : sizes_) length *= size;
    return length > 0 ? std::make_unique<LayerNormKernel>(length, eps_) : nullptr;
  }

 private:
  std::vector<std::int64_t> sizes_;
  double eps_;
  at::Tensor weight_, bias_;
};

const OperationRegistration layer_norm_registration(
    "layer_norm(int dims=1, bool elementwise_affine=True, float eps=1e-05) -> ()",
    {"Layer normalisation",
     "Normalises each row over its last dimensions. See Ba, Kiros and Hinton (2016), arXiv:1607.06450.",
     {{"dims", "How many of the last dimensions are normalised together.", 1},
      {"elementwise_affine", "Whether each element has a learned scale and shift."},
      {"eps", "Added to the variance, so that it is never zero.", 0}},
     {"normalization"}},
    [](const value::Arguments& arguments, const BuildInput& build) {
      return std::make_unique<LayerNorm>(arguments, build);
    });

}  // namespace
}  // namespace mlr3libtorch::network
