#include <torch/torch.h>

#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_normalization {
namespace {

using namespace mlr3libtorch::test;

at::Tensor random(at::IntArrayRef sizes, std::uint64_t seed) {
  return at::randn(sizes, c10::make_optional(at::detail::createCPUGenerator(seed))) * 2 + 1;
}

network::Network one_node(const std::string& operation, const value::NamedValues& parameters, const at::Tensor& x) {
  return make_network({{"node", operation, parameters, {"x"}}}, x);
}

const network::ForwardMode kTraining{true, at::detail::createCPUGenerator(1)};

/// Outputs and running averages stay those of `module`, batch after batch, and in prediction.
template <class Module>
void check_follows(network::Network& network, Module& module, at::IntArrayRef sizes) {
  for (std::uint64_t batch = 0; batch < 5; ++batch) {
    const auto x = random(sizes, batch);
    CHECK(at::allclose(network.forward({x}, kTraining).front(), module->forward(x), 1e-5, 1e-6));
  }
  const auto buffers = module->named_buffers();
  CHECK(network.buffers().size() == buffers.size());
  for (const auto& [name, buffer] : network.buffers()) {
    CAPTURE(name);
    const auto& expected = buffers[name.substr(std::string("node.").size())];
    CHECK(buffer.scalar_type() == expected.scalar_type());
    CHECK(at::allclose(buffer, expected, 1e-5, 1e-6));
  }
  module->eval();
  const auto x = random(sizes, 9);
  CHECK(at::allclose(network.forward({x}, {}).front(), module->forward(x), 1e-5, 1e-6));
}

template <class Module>
void check_batch_norm(const std::string& operation, at::IntArrayRef sizes) {
  for (const auto momentum : {c10::optional<double>(0.1), c10::optional<double>(0.7), c10::optional<double>()}) {
    for (const bool tracks : {true, false}) {
      CAPTURE(operation, momentum.value_or(-1), tracks);
      const auto options =
          torch::nn::BatchNormOptions(sizes[1]).eps(0.01).momentum(momentum).track_running_stats(tracks);
      Module module(options);
      auto network =
          one_node(operation, {{"eps", 0.01}, {"momentum", c10::IValue(momentum)}, {"track_running_stats", tracks}},
                   random(sizes, 1));
      CHECK(network.parameters().size() == 2);
      check_follows(network, module, sizes);
    }
  }
}

TEST_CASE("batch norm follows torch::nn, in training and in prediction", "[network]") {
  check_batch_norm<torch::nn::BatchNorm1d>("batch_norm1d", {16, 3});
  check_batch_norm<torch::nn::BatchNorm1d>("batch_norm1d", {4, 3, 5});
  check_batch_norm<torch::nn::BatchNorm2d>("batch_norm2d", {4, 3, 5, 2});
  check_batch_norm<torch::nn::BatchNorm3d>("batch_norm3d", {4, 3, 5, 2, 2});
}

TEST_CASE("batch norm without an affine map has no parameters", "[network]") {
  const auto network = one_node("batch_norm1d", {{"affine", false}}, random({4, 3}, 1));
  CHECK(network.parameters().empty());
  std::vector<std::string> names;
  for (const auto& [name, buffer] : network.buffers()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"node.running_mean", "node.running_var", "node.num_batches_tracked"});
}

TEST_CASE("building a network leaves running averages at their start", "[network]") {
  const auto buffers = one_node("batch_norm1d", {}, random({4, 3}, 1)).buffers();
  CHECK(buffers[0].second.eq(0).all().item<bool>());
  CHECK(buffers[1].second.eq(1).all().item<bool>());
  CHECK(buffers[2].second.item<std::int64_t>() == 0);
}

TEST_CASE("a batch of one row is refused by batch norm in training, with what to do", "[network]") {
  const auto network = one_node("batch_norm1d", {}, random({4, 3}, 1));
  CHECK_THROWS_WITH(network.forward({random({1, 3}, 1)}, kTraining), Catch::Contains("'drop_last'"));
  CHECK_NOTHROW(network.forward({random({1, 3}, 1)}, {}));
  CHECK_NOTHROW(one_node("batch_norm1d", {}, random({4, 3, 2}, 1)).forward({random({1, 3, 2}, 1)}, kTraining));
}

TEST_CASE("batch norm of other dimensions than its input's is refused with what to do", "[network]") {
  CHECK_THROWS_AS(one_node("batch_norm2d", {}, random({4, 3}, 1)), base::ShapeError);
  CHECK_THROWS_WITH(
      one_node("batch_norm2d", {}, random({4, 3}, 1)),
      Catch::Contains("Node 'node' (batch_norm2d)") && Catch::Contains("(rows, channels, height, width)"));
}

TEST_CASE("layer norm follows torch::nn", "[network]") {
  const auto x = random({4, 5, 6}, 1);
  for (const std::int64_t dims : {1, 2}) {
    auto network = one_node("layer_norm", {{"dims", dims}, {"eps", 0.02}}, x);
    torch::nn::LayerNorm module(torch::nn::LayerNormOptions(x.sizes().slice(3 - dims).vec()).eps(0.02));
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < 2; ++i) {
      network.parameters()[i].second.copy_(random(module->parameters()[i].sizes(), i));
      module->parameters()[i].copy_(network.parameters()[i].second);
    }
    CHECK(at::allclose(network.forward({x}, {}).front(), module->forward(x), 1e-5, 1e-6));
  }
  CHECK(one_node("layer_norm", {{"elementwise_affine", false}}, x).parameters().empty());
  CHECK_THROWS_WITH(one_node("layer_norm", {{"dims", 3}}, x), Catch::Contains("lower 'dims'"));
}

}  // namespace
}  // namespace mlr3libtorch::test_normalization
