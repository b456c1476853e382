#include <ATen/ATen.h>

#include <string>
#include <utility>

#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

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
