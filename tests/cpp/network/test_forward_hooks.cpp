#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_forward_hooks {
namespace {

using namespace mlr3libtorch::test;
using Tensors = std::vector<at::Tensor>;

const at::Tensor& input() {
  static const auto x = at::linspace(-1, 1, 12).reshape({4, 3});
  return x;
}

Tensors doubled(const Tensors& /*inputs*/, const Tensors& outputs) { return {outputs.front() * 2}; }

TEST_CASE("a hook on a node sees what it reads and what it computes, and changes what the others read", "[network]") {
  auto network = make_mlp();
  const auto hidden = network.forward({input()}, {}, {network.position("hidden")}).front();
  Tensors seen;
  const auto key = network.hooks().add("hidden", [&](const Tensors& inputs, const Tensors& outputs) -> Tensors {
    seen = {inputs.front(), outputs.front()};
    return {at::zeros_like(outputs.front())};
  });
  const auto out = network.forward({input()}, {}).front();
  REQUIRE(seen.size() == 2);
  CHECK(at::equal(seen[0], input()));
  CHECK(at::equal(seen[1], hidden));
  const auto bias = network.parameters().back().second;
  CHECK(at::equal(out, bias.expand({4, 2})));
  network.hooks().remove(key);
  CHECK(network.hooks().empty());
  CHECK_FALSE(at::equal(network.forward({input()}, {}).front(), out));
}

TEST_CASE("hooks on the network see its inputs and change its output, in the order in which they were added",
          "[network]") {
  auto network = make_mlp();
  const auto plain = network.forward({input()}, {}).front();
  network.hooks().add("", doubled);
  network.hooks().add("", [](const Tensors& inputs, const Tensors& outputs) -> Tensors {
    return {outputs.front() + inputs.front().sum()};
  });
  CHECK(at::allclose(network.forward({input()}, {}).front(), plain * 2 + input().sum()));
  // values that somebody asks for one by one are those of nodes
  CHECK(at::equal(network.forward({input()}, {}, {network.position("out")}).front(), plain));
}

TEST_CASE("a hook may take itself out while it runs", "[network]") {
  auto network = make_mlp();
  int calls = 0;
  std::size_t key = 0;
  key = network.hooks().add("bend", [&](const Tensors& /*inputs*/, const Tensors& outputs) {
    ++calls;
    network.hooks().remove(key);
    return outputs;
  });
  network.forward({input()}, {});
  network.forward({input()}, {});
  CHECK(calls == 1);
}

TEST_CASE("a hook that returns another shape is an error that names the node", "[network]") {
  auto network = make_mlp();
  network.hooks().add("bend", [](const Tensors& /*inputs*/, const Tensors& outputs) -> Tensors {
    return {outputs.front().narrow(1, 0, 1)};
  });
  CHECK_THROWS_WITH(network.forward({input()}, {}), Catch::Contains("Node 'bend': a hook on its output must return"));
}

}  // namespace
}  // namespace mlr3libtorch::test_forward_hooks
