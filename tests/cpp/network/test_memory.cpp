#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_memory {
namespace {

using namespace mlr3libtorch::test;

TEST_CASE("parameters and gradients are views of the flat memory, in order and without holes", "[network]") {
  auto network = make_mlp();
  network.enable_gradients();
  const auto& memory = network.memory();
  const auto parameters = network.parameters();
  std::int64_t offset = 0;
  REQUIRE(parameters.size() == memory.ranges.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, parameter] = parameters[i];
    CHECK(memory.ranges[i].name == name);
    CHECK(memory.ranges[i].offset == offset);
    CHECK(memory.ranges[i].length == parameter.numel());
    CHECK(parameter.data_ptr<float>() == memory.values.data_ptr<float>() + offset);
    CHECK(parameter.grad().data_ptr<float>() == memory.gradients.data_ptr<float>() + offset);
    CHECK(parameter.grad().sizes() == parameter.sizes());
    CHECK(parameter.is_leaf());
    CHECK(parameter.requires_grad());
    offset += parameter.numel();
  }
  CHECK(memory.values.numel() == offset);
  CHECK(memory.size() == 3 * 8 + 8 + 8 * 2 + 2);
}

TEST_CASE("parameters are named by their node", "[network]") {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : make_mlp().parameters()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"hidden.weight", "hidden.bias", "out.weight", "out.bias"});
}

TEST_CASE("writing into the flat memory writes into the network", "[network]") {
  auto network = make_mlp();
  network.memory().values.zero_();
  CHECK(network.forward({at::ones({5, 3})}, {}).front().eq(0).all().item<bool>());
}

TEST_CASE("gradients stay in the flat memory, whatever a callback does to them", "[network]") {
  auto network = make_mlp();
  network.enable_gradients();
  auto bias = network.parameters()[3].second;
  const auto train = [&] { network.forward({at::ones({5, 3})}, {}).front().sum().backward(); };
  network.reset_gradients();
  train();
  const auto expected = network.memory().gradients.clone();
  bias.mutable_grad() = at::zeros({2});
  network.reset_gradients();
  CHECK(network.memory().gradients.eq(0).all().item<bool>());
  train();
  CHECK(at::equal(network.memory().gradients, expected));
  bias.mutable_grad() = at::Tensor();
  network.reset_gradients();
  train();
  CHECK(at::equal(network.memory().gradients, expected));
  CHECK(bias.grad().eq(5).all().item<bool>());
}

TEST_CASE("a frozen parameter is marked in the flat memory and gets no gradient", "[network]") {
  auto network = make_mlp();
  network.enable_gradients();
  network.parameters()[0].second.set_requires_grad(false);
  network.reset_gradients();
  network.forward({at::ones({5, 3})}, {}).front().sum().backward();
  const auto& memory = network.memory();
  CHECK_FALSE(memory.ranges[0].trainable);
  CHECK(memory.ranges[1].trainable);
  CHECK(memory.gradients.narrow(0, 0, 24).eq(0).all().item<bool>());
  CHECK_FALSE(memory.gradients.narrow(0, 24, 8).eq(0).any().item<bool>());
}

TEST_CASE("a network without parameters has empty memory", "[network]") {
  auto network = make_network({{"up", "relu", {}, {"x"}}}, at::zeros({2, 3}));
  network.enable_gradients();
  network.reset_gradients();
  CHECK(network.memory().size() == 0);
  CHECK(network.parameters().empty());
  CHECK(network.buffers().empty());
}

TEST_CASE("moving a network to the device it is on loses nothing", "[network]") {
  auto network = make_mlp();
  const auto before = network.memory().values.clone();
  network.to(at::kCPU);
  CHECK(at::equal(before, network.memory().values));
  CHECK(network.device().is_cpu());
}

std::map<std::string, at::Tensor> weights(const network::Network& network) {
  std::map<std::string, at::Tensor> values;
  for (const auto& [name, parameter] : network.parameters()) values[name] = parameter.detach().clone();
  return values;
}

TEST_CASE("loaded weights are copied into the flat memory", "[network]") {
  auto network = make_mlp(1);
  network.enable_gradients();
  const auto* memory = network.memory().values.data_ptr();
  const auto other = make_mlp(2);
  network.load(weights(other));
  const auto x = at::ones({5, 3});
  CHECK(at::equal(network.forward({x}, {}).front(), other.forward({x}, {}).front()));
  CHECK(network.memory().values.data_ptr() == memory);
  CHECK(network.parameters()[0].second.requires_grad());
}

/// The kind of error with which weights are refused; nothing may have changed.
std::string refusal(const std::map<std::string, at::Tensor>& values) {
  auto network = make_mlp(1);
  const auto before = network.memory().values.clone();
  std::string kind = "none";
  try {
    network.load(values);
  } catch (const base::Error& error) {
    kind = error.kind();
  }
  CHECK(at::equal(before, network.memory().values) == (kind != "none"));
  return kind;
}

TEST_CASE("missing, unknown and misshapen weights are refused and change nothing", "[network]") {
  const auto good = weights(make_mlp(2));
  CHECK(refusal(good) == "none");
  auto missing = good;
  missing.erase("out.bias");
  CHECK(refusal(missing) == "config");
  CHECK(refusal({}) == "config");
  auto unknown = good;
  unknown["out.bais"] = at::zeros({2});
  CHECK(refusal(unknown) == "unknown_name");
  auto misshapen = good;
  misshapen["out.bias"] = at::zeros({3});
  CHECK(refusal(misshapen) == "shape");
  misshapen["out.bias"] = at::zeros({2, 1});
  CHECK(refusal(misshapen) == "shape");
}

}  // namespace
}  // namespace mlr3libtorch::test_memory
