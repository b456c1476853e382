#include <torch/torch.h>

#include "network/networks.h"

namespace mlr3libtorch::test_transformer {
namespace {

using namespace mlr3libtorch::test;

TEST_CASE("a transformer encoder layer computes what torch::nn's does with the same weights", "[network]") {
  const torch::NoGradGuard no_gradients;
  const auto x = torch::randn({3, 5, 6}, at::detail::createCPUGenerator(4));
  const auto network =
      make_network({{"node", "transformer_encoder_layer", {{"nhead", 2}, {"dim_feedforward", 7}}, {"x"}}}, x);
  std::map<std::string, at::Tensor> weights;
  for (const auto& [name, weight] : network.parameters()) weights[name.substr(name.find('.') + 1)] = weight;
  weights["query_bias"].add_(0.1);  // zero at first

  torch::nn::TransformerEncoderLayer layer(torch::nn::TransformerEncoderLayerOptions(6, 2).dim_feedforward(7));
  layer->eval();
  const auto joined = [&](const std::string& kind) {
    return torch::cat({weights["query_" + kind], weights["key_" + kind], weights["value_" + kind]});
  };
  const std::map<std::string, at::Tensor> given{{"self_attn.in_proj_weight", joined("weight")},
                                                {"self_attn.in_proj_bias", joined("bias")},
                                                {"self_attn.out_proj.weight", weights["attention_out_weight"]},
                                                {"self_attn.out_proj.bias", weights["attention_out_bias"]},
                                                {"linear1.weight", weights["linear1_weight"]},
                                                {"linear1.bias", weights["linear1_bias"]},
                                                {"linear2.weight", weights["linear2_weight"]},
                                                {"linear2.bias", weights["linear2_bias"]},
                                                {"norm1.weight", weights["norm1_weight"]},
                                                {"norm1.bias", weights["norm1_bias"]},
                                                {"norm2.weight", weights["norm2_weight"]},
                                                {"norm2.bias", weights["norm2_bias"]}};
  REQUIRE(layer->named_parameters().size() == given.size());
  for (auto& parameter : layer->named_parameters()) parameter.value().copy_(given.at(parameter.key()));
  const auto expected = layer->forward(x.transpose(0, 1)).transpose(0, 1);
  CHECK(torch::allclose(network.forward({x}, {}).front(), expected, 1e-5, 1e-6));
}

}  // namespace
}  // namespace mlr3libtorch::test_transformer
