#include <ATen/ATen.h>

#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

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

 private:
  std::vector<std::int64_t> sizes_;
  double eps_;
  at::Tensor weight_, bias_;
};

const OperationRegistration registration("layer_norm(int dims=1, bool elementwise_affine=True, float eps=1e-05) -> ()",
                                         {"Layer normalisation",
                                          "Normalises each row over its last dimensions.",
                                          {{"dims", "How many of the last dimensions are normalised together.", 1},
                                           {"elementwise_affine",
                                            "Whether each element has a learned scale and shift."},
                                           {"eps", "Added to the variance, so that it is never zero.", 0}},
                                          {"normalization"}},
                                         [](const value::Arguments& arguments, const BuildInput& build) {
                                           return std::make_unique<LayerNorm>(arguments, build);
                                         });

}  // namespace
}  // namespace mlr3libtorch::network
