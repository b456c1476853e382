// Layers of an ensemble whose members share their weights: BatchEnsemble, as used in TabM.
// Values are of shape (rows, members, features); rows without members, (rows, features), are the same for all of them.

#include <ATen/ATen.h>

#include <string>

#include "core/network/operations/common_arguments.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

std::int64_t members_of(const Arguments& arguments, const BuildInput& build) {
  const auto& x = build.inputs.at(0);
  const auto members = arguments.get<std::int64_t>("members");
  TORCH_CHECK(x.dim() == 2 || (x.dim() == 3 && x.size(1) == members), "it takes inputs of shape (rows, features) or ",
              "(rows, ", members, ", features).");
  return members;
}

at::Tensor each_member(const at::Tensor& x) { return x.dim() == 2 ? x.unsqueeze(1) : x; }

/// Factors of each member. Random signs make members differ, ones do not.
at::Tensor scaling(at::IntArrayRef sizes, const std::string& initialization, const BuildInput& build) {
  if (initialization == "normal") return normal_weight(sizes, 1, build);
  auto factors = ones_weight(sizes, build);
  if (initialization == "random-signs") factors.bernoulli_(0.5, build.generator).mul_(2).sub_(1);
  return factors;
}

/// Each member's own factors, one for each feature. weight: [members, features].
class EnsembleScale : public Operation {
 public:
  EnsembleScale(const Arguments& arguments, const BuildInput& build)
      : weight_(scaling({members_of(arguments, build), build.inputs[0].size(-1)},
                        arguments.get<std::string>("initialization"), build)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return each_member(inputs[0]) * weight_;
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

 private:
  at::Tensor weight_;
};

/// y_m = ((x_m r_m) W') s_m + b_m. weight: [out_features, in_features], r: [members, in_features],
/// s, bias: [members, out_features].
class EnsembleLinear : public Operation {
 public:
  EnsembleLinear(const Arguments& arguments, const BuildInput& build) {
    const auto members = members_of(arguments, build);
    const auto in_features = build.inputs[0].size(-1);
    const auto out_features = arguments.get<std::int64_t>("out_features");
    const auto bound = fan_in_bound(in_features);
    weight_ = uniform_weight({out_features, in_features}, bound, build);
    r_ = scaling({members, in_features}, arguments.get<std::string>("initialization"), build);
    s_ = ones_weight({members, out_features}, build);
    // All members start with the same constant.
    if (arguments.get<bool>("bias")) bias_ = uniform_weight({out_features}, bound, build).repeat({members, 1});
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto y = at::linear(each_member(inputs[0]) * r_, weight_) * s_;
    return bias_.defined() ? y + bias_ : y;
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}, {"r", &r_}, {"s", &s_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

 private:
  at::Tensor weight_, r_, s_, bias_;
};

/// A linear map for each member, or for each of several tokens. weight: [members, in_features, out_features],
/// bias: [members, out_features].
class SeparateLinear : public Operation {
 public:
  SeparateLinear(const Arguments& arguments, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    TORCH_CHECK(x.dim() == 3, "it takes inputs of shape (rows, members, features).");
    const auto out_features = arguments.get<std::int64_t>("out_features");
    const auto bound = fan_in_bound(x.size(2));
    const std::vector<std::int64_t> sizes{x.size(1), x.size(2), out_features};
    const bool zeros = arguments.get<std::string>("initialization") == "zeros";
    weight_ = zeros ? zeros_weight(sizes, build) : uniform_weight(sizes, bound, build);
    if (arguments.get<bool>("bias")) bias_ = uniform_weight({x.size(1), out_features}, bound, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto y = at::bmm(inputs[0].transpose(0, 1), weight_).transpose(0, 1);
    return bias_.defined() ? y + bias_ : y.contiguous();
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

 private:
  at::Tensor weight_, bias_;
};

const value::ArgumentDescription kMembers{"members", "Number of members.", 1};
const auto kFactorInitialization =
    value::one_of("initialization", "The initial factors of the inputs.", {"ones", "random-signs", "normal"});

const OperationRegistration ensemble_registrations[] = {
    {"ensemble_scale(int members, str initialization='random-signs') -> ()",
     {"Scaling of members",
      "Multiplies features by factors of each member of an ensemble: (rows, members, features). "
      "See Gorishniy, Kotelnikov and Babenko (2025), arXiv:2410.24210.",
      {kMembers, kFactorInitialization},
      {"ensemble"}},
     make_operation<EnsembleScale>},
    {"ensemble_linear(int out_features, int members, bool bias=True, str initialization='ones') -> ()",
     {"BatchEnsemble linear",
      "A linear map that the members of an ensemble share, between their own factors: (rows, members, features). "
      "See Wen, Tran and Ba (2020), arXiv:2002.06715.",
      {out_features(), kMembers, bias(), kFactorInitialization},
      {"ensemble"}},
     make_operation<EnsembleLinear>},
    {"separate_linear(int out_features, bool bias=True, str initialization='uniform') -> ()",
     {"Separate linear",
      "A linear map for each member of an ensemble, or each token: (rows, members, features).",
      {out_features(), bias(), value::one_of("initialization", "The initial weights.", {"uniform", "zeros"})},
      {"ensemble"}},
     make_operation<SeparateLinear>},
};

}  // namespace
}  // namespace mlr3libtorch::network
