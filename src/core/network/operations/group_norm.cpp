#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/kernel/normalisation.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// A group is a run of a row; its channels are runs of a group.
class GroupNormKernel : public kernel::Kernel {
 public:
  GroupNormKernel(std::int64_t channels, std::int64_t places, std::int64_t groups, double eps)
      : channels_(channels),
        places_(places),
        norm_{channels / groups * places, static_cast<float>(eps)},
        normalised_(static_cast<std::size_t>(channels * places)),
        gradients_(normalised_.size()) {}

  void forward(const kernel::Call& call) override {
    const auto runs = call.rows * call.output.width / norm_.length;
    norm_.forward(runs, call.inputs[0].values, call.output.values);
    if (call.parameters.empty()) return;
    for (std::int64_t run = 0; run < call.rows * channels_; ++run) {
      const float weight = call.parameters[0].values[run % channels_],
                  bias = call.parameters[1].values[run % channels_];
      kernel::for_each_element(
          places_, [=, y = call.output.values + run * places_](std::int64_t i) { y[i] = y[i] * weight + bias; });
    }
  }

  void backward(const kernel::Call& call) override {
    for (const auto& parameter : call.parameters) {
      if (parameter.gradients != nullptr) std::fill_n(parameter.gradients, channels_, 0.0F);
    }
    for (std::int64_t row = 0; row < call.rows; ++row) backward_of_row(call, row * call.output.width);
  }

 private:
  void backward_of_row(const kernel::Call& call, std::int64_t first) {
    const auto runs = call.output.width / norm_.length;
    const float* const x = call.inputs[0].values + first;
    float* const dx = call.inputs[0].gradients;
    if (!call.parameters.empty()) {
      norm_.forward(runs, x, normalised_.data());
      for (std::int64_t channel = 0; channel < channels_; ++channel) {
        scale_channel(call, channel, call.output.gradients + first + channel * places_);
      }
    }
    const float* const given = call.parameters.empty() ? call.output.gradients + first : gradients_.data();
    if (dx != nullptr) norm_.backward(runs, x, given, dx + first);
  }

  void scale_channel(const kernel::Call& call, std::int64_t channel, const float* dy) {
    const auto &weight = call.parameters[0], &bias = call.parameters[1];
    const float* const normalised = normalised_.data() + channel * places_;
    if (weight.gradients != nullptr) {
      weight.gradients[channel] += kernel::sum_elements(places_, [=](std::int64_t i) { return dy[i] * normalised[i]; });
    }
    if (bias.gradients != nullptr) {
      bias.gradients[channel] += kernel::sum_elements(places_, [=](std::int64_t i) { return dy[i]; });
    }
    kernel::for_each_element(places_, [=, to = gradients_.data() + channel * places_,
                                       factor = weight.values[channel]](std::int64_t i) { to[i] = dy[i] * factor; });
  }

  std::int64_t channels_, places_;  // numbers of each channel
  kernel::Normalisation norm_;
  std::vector<float> normalised_, gradients_;  // of one row
};

/// Normalises each row over groups of channels (dimension 1). weight, bias: [channels].
/// A group for each channel is instance normalisation.
class GroupNorm : public Operation {
 public:
  GroupNorm(std::int64_t groups, double eps, bool affine, const BuildInput& build) : groups_(groups), eps_(eps) {
    const auto channels = build.inputs.at(0).size(1);
    TORCH_CHECK(channels % groups == 0, "the ", channels,
                " channels of the input cannot be shared among 'num_groups' = ", groups,
                " groups; choose a number that divides them.");
    if (!affine) return;
    weight_ = ones_weight({channels}, build);
    bias_ = zeros_weight({channels}, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::group_norm(inputs[0], groups_, weight_, bias_, eps_, false);
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots;
    add_slot(slots, "weight", weight_);
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto width = inputs[0].width(), channels = inputs[0].sizes[0];
    return width > 0 ? std::make_unique<GroupNormKernel>(channels, width / channels, groups_, eps_) : nullptr;
  }

 private:
  std::int64_t groups_;
  double eps_;
  at::Tensor weight_, bias_;
};

const value::ArgumentDescription kEps{"eps", "Added to the variance, so that it is never zero.", 0};
const value::ArgumentDescription kAffine{"affine", "Whether each channel has a learned scale and shift."};

OperationRegistration instance_norm(const std::string& name, const std::string& shape, std::int64_t dims) {
  return {name + "(float eps=1e-05, bool affine=False) -> ()",
          {"Instance normalisation",
           "Normalises each channel of each row of an input of shape " + shape +
               ". See Ulyanov, Vedaldi and Lempitsky (2016), arXiv:1607.08022.",
           {kEps, kAffine},
           {"normalization"}},
          [name, shape, dims](const value::Arguments& arguments, const BuildInput& build) {
            const auto& x = build.inputs.at(0);
            TORCH_CHECK(x.dim() == dims, name, " takes inputs of shape ", shape,
                        "; change the input with a node 'reshape' or 'unsqueeze', or use another instance_norm.");
            TORCH_CHECK(x.size(1) > 0, name, " needs at least one channel.");
            return std::make_unique<GroupNorm>(x.size(1), arguments.get<double>("eps"), arguments.get<bool>("affine"),
                                               build);
          }};
}

const OperationRegistration group_norm_registrations[] = {
    {"group_norm(int num_groups, float eps=1e-05, bool affine=True) -> ()",
     {"Group normalisation",
      "Normalises groups of channels of each row of an input of shape (rows, channels, ...). "
      "See Wu and He (2018), arXiv:1803.08494.",
      {{"num_groups", "Number of groups, which must divide the number of channels.", 1}, kEps, kAffine},
      {"normalization"}},
     [](const value::Arguments& arguments, const BuildInput& build) {
       TORCH_CHECK(build.inputs.at(0).dim() >= 2, "group_norm takes inputs of shape (rows, channels, ...).");
       return std::make_unique<GroupNorm>(arguments.get<std::int64_t>("num_groups"), arguments.get<double>("eps"),
                                          arguments.get<bool>("affine"), build);
     }},
    instance_norm("instance_norm1d", "(rows, channels, length)", 3),
    instance_norm("instance_norm2d", "(rows, channels, height, width)", 4),
    instance_norm("instance_norm3d", "(rows, channels, depth, height, width)", 5),
};

}  // namespace
}  // namespace mlr3libtorch::network
