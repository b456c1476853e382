#include <torch/torch.h>

#include "network/networks.h"

namespace mlr3libtorch::test_gradients {
namespace {

using namespace mlr3libtorch::test;

/// The same network by torch::nn, with the same weights.
torch::nn::Sequential make_module(const network::Network& network) {
  torch::nn::Sequential module(torch::nn::Linear(3, 8), torch::nn::Tanh(), torch::nn::Linear(8, 2));
  const torch::NoGradGuard no_gradients;
  const auto parameters = network.parameters();
  REQUIRE(module->parameters().size() == parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) module->parameters()[i].copy_(parameters[i].second);
  return module;
}

TEST_CASE("outputs and flat gradients equal those of a module by torch::nn", "[network]") {
  auto network = make_mlp();
  network.enable_gradients();
  auto module = make_module(network);
  const auto generator = at::detail::createCPUGenerator(5);
  for (int batch = 0; batch < 3; ++batch) {
    const auto x = torch::randn({16, 3}, generator);
    const auto y = torch::randn({16, 2}, generator);
    network.reset_gradients();
    const auto y_hat = network.forward({x}, {true, generator}).front();
    torch::mse_loss(y_hat, y).backward();
    const auto expected = module->forward(x);
    std::vector<at::Tensor> gradients;
    for (const auto& gradient : torch::autograd::grad({torch::mse_loss(expected, y)}, module->parameters())) {
      gradients.push_back(gradient.flatten());
    }
    CHECK(torch::allclose(y_hat, expected, 1e-6, 1e-7));
    CHECK(torch::allclose(network.memory().gradients, torch::cat(gradients), 1e-5, 1e-7));
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_gradients
