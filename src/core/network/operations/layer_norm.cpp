#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/kernel/vectorised.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// Each run of `length` numbers separately.
class LayerNormKernel : public kernel::Kernel {
 public:
  LayerNormKernel(std::int64_t length, double eps) : length_(length), eps_(static_cast<float>(eps)) {}

  void forward(const kernel::Call& call) override {
    const auto count = call.rows * (call.output.width / length_);
    mean_.resize(static_cast<std::size_t>(count));
    scale_.resize(mean_.size());
    for (std::int64_t i = 0; i < count; ++i) {
      normalise(call, i, call.inputs[0].values + i * length_, call.output.values + i * length_);
    }
  }

  void backward(const kernel::Call& call) override {
    for (const auto& parameter : call.parameters) {
      if (parameter.gradients != nullptr) std::fill_n(parameter.gradients, length_, 0.0F);
    }
    const auto count = call.rows * (call.output.width / length_);
    for (std::int64_t i = 0; i < count; ++i) {
      add_weight_gradients(call, i);
      if (call.inputs[0].gradients != nullptr) set_input_gradients(call, i);
    }
  }

 private:
  void normalise(const kernel::Call& call, std::int64_t i, const float* x, float* y) {
    const float share = 1 / static_cast<float>(length_);
    const float mean = share * kernel::sum_elements(length_, [=](std::int64_t j) { return x[j]; });
    const float squares = kernel::sum_elements(length_, [=](std::int64_t j) { return (x[j] - mean) * (x[j] - mean); });
    const float scale = 1 / std::sqrt(squares * share + eps_);
    mean_[static_cast<std::size_t>(i)] = mean;
    scale_[static_cast<std::size_t>(i)] = scale;
    if (call.parameters.empty()) {
      kernel::for_each_element(length_, [=](std::int64_t j) { y[j] = (x[j] - mean) * scale; });
      return;
    }
    const float* const weight = call.parameters[0].values;
    const float* const bias = call.parameters[1].values;
    kernel::for_each_element(length_, [=](std::int64_t j) { y[j] = (x[j] - mean) * scale * weight[j] + bias[j]; });
  }

  void add_weight_gradients(const kernel::Call& call, std::int64_t i) const {
    if (call.parameters.empty()) return;
    const float* const x = call.inputs[0].values + i * length_;
    const float* const dy = call.output.gradients + i * length_;
    const float mean = mean_[static_cast<std::size_t>(i)];
    const float scale = scale_[static_cast<std::size_t>(i)];
    if (float* const weight = call.parameters[0].gradients) {
      kernel::for_each_element(length_, [=](std::int64_t j) { weight[j] += dy[j] * (x[j] - mean) * scale; });
    }
    if (float* const bias = call.parameters[1].gradients) {
      kernel::for_each_element(length_, [=](std::int64_t j) { bias[j] += dy[j]; });
    }
  }

  void set_input_gradients(const kernel::Call& call, std::int64_t i) const {
    const float* const x = call.inputs[0].values + i * length_;
    float* const g = call.output.gradients + i * length_;
    float* const dx = call.inputs[0].gradients + i * length_;
    const float mean = mean_[static_cast<std::size_t>(i)];
    const float scale = scale_[static_cast<std::size_t>(i)];
    if (!call.parameters.empty()) {
      const float* const weight = call.parameters[0].values;
      kernel::for_each_element(length_, [=](std::int64_t j) { g[j] *= weight[j]; });
    }
    const float share = 1 / static_cast<float>(length_);
    const float sum = share * kernel::sum_elements(length_, [=](std::int64_t j) { return g[j]; });
    const float sum_normalised =
        share * scale * kernel::sum_elements(length_, [=](std::int64_t j) { return g[j] * (x[j] - mean); });
    kernel::for_each_element(
        length_, [=](std::int64_t j) { dx[j] = scale * (g[j] - sum - (x[j] - mean) * scale * sum_normalised); });
  }

  std::int64_t length_;
  float eps_;
  std::vector<float> mean_;
  std::vector<float> scale_;  // 1 / standard deviation
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
