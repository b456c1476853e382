// Each operation on the tested device against the CPU: outputs, and gradients of what it reads and of its weights.
#include <optional>
#include <set>

#include "device/tested_device.h"
#include "plan/operation_cases.h"

namespace mlr3libtorch::test_device_operations {
namespace {

using namespace mlr3libtorch::test;

struct Pass {
  at::Tensor y_hat;
  at::Tensor gradients;   // of the network's weights, flat
  at::Tensor x_gradient;  // undefined for class numbers
};

Pass train_on(const at::Device& device, const network::Spec& spec, const at::Tensor& x) {
  network::Network network(spec, std::vector<at::Tensor>(spec.inputs.size(), x), generator_of(1));
  network.to(device);
  network.enable_gradients();
  const at::AutoGradMode with_gradients(true);
  const auto input = x.detach().to(device, x.scalar_type(), false, /*copy=*/true);
  if (input.is_floating_point()) input.set_requires_grad(true);
  const auto y_hat =
      network.forward(std::vector<at::Tensor>(spec.inputs.size(), input), {true, generator_of(1)}).front();
  const auto loss = y_hat.to(at::kFloat).square().sum() / 2;
  if (loss.requires_grad()) loss.backward();
  return {y_hat.detach(), network.memory().gradients, input.grad()};
}

at::Tensor predict_on(const at::Device& device, const network::Spec& spec, const at::Tensor& x) {
  const at::NoGradGuard no_gradients;
  network::Network network(spec, std::vector<at::Tensor>(spec.inputs.size(), x), generator_of(1));
  network.to(device);
  return network.forward(std::vector<at::Tensor>(spec.inputs.size(), x.to(device)), {}).front();
}

/// A device draws other numbers than the CPU, so only the shape and the range of what it made of them are compared.
bool is_random(const network::Spec& spec, const at::Tensor& x) {
  const network::Network network(spec, std::vector<at::Tensor>(spec.inputs.size(), x), generator_of(1));
  const auto draws = [](const auto& node) { return node.operation == "rrelu"; };
  return network.has_dropout() || std::any_of(spec.nodes.begin(), spec.nodes.end(), draws);
}

void check_training(const network::Spec& spec, const at::Tensor& x) {
  const auto found = train_on(tested_device(), spec, x);
  const auto expected = train_on(at::kCPU, spec, x);
  if (is_random(spec, x)) {
    CHECK(found.y_hat.sizes() == expected.y_hat.sizes());
    CHECK(found.gradients.isfinite().all().item<bool>());
    return;
  }
  CHECK(agrees(found.y_hat, expected.y_hat));
  CHECK(agrees(found.gradients, expected.gradients));
  REQUIRE(found.x_gradient.defined() == expected.x_gradient.defined());
  if (found.x_gradient.defined()) CHECK(agrees(found.x_gradient, expected.x_gradient));
}

void check_operation(const network::Spec& spec, const at::Tensor& x) {
  CHECK(agrees(predict_on(tested_device(), spec, x), predict_on(at::kCPU, spec, x)));
  check_training(spec, x);
}

TEST_CASE("planned operations compute on the device what they do on the CPU", "[device]") {
  const auto x = at::randn({20, 4}, generator_of(3));
  for (const auto& tested : operation_cases()) {
    CAPTURE(tested.operation, tested.parameters.size(), tested.sizes);
    check_operation({{"x"}, around(tested), {}}, x);
  }
}

/// The network of this operation alone; none if it does not take so many of these inputs.
std::optional<network::Spec> alone(const std::string& operation, const at::Tensor& x, std::size_t count) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < count; ++i) inputs.push_back("x" + std::to_string(i));
  network::Spec spec{inputs, {{"node", operation, some_parameters(operation), inputs}}, {}};
  try {
    train_on(at::kCPU, spec, x);
    return spec;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

TEST_CASE("every operation computes on the device what it does on the CPU", "[device]") {
  std::set<std::string> planned;
  for (const auto& tested : operation_cases()) planned.insert(tested.operation);
  for (const auto& operation : network::operations().names()) {
    // Planned ones are tested above, with arguments that fit; the last two are texts and files of TorchScript.
    bool is_tested = planned.count(operation) > 0 || operation == "script" || operation == "script_file";
    for (const auto& x : some_inputs()) {
      for (const std::size_t count : {1, 2, 3}) {
        const auto spec = alone(operation, x, count);
        if (!spec) continue;
        CAPTURE(operation, x.sizes(), count);
        check_operation(*spec, x);
        is_tested = true;
      }
    }
    if (!is_tested) FAIL_CHECK(operation << " takes none of some_inputs() in tests/cpp/plan/operation_cases.h.");
  }
}

TEST_CASE("embeddings of columns with classes of their own compute on the device what they do on the CPU", "[device]") {
  const auto x = at::tensor({0, 2, 1, 0, 1, 3, 0, 1}, at::kLong).view({4, 2});
  const std::vector<std::int64_t> classes{2, 4};
  check_operation(
      {{"x"},
       {{"node", "embedding", {{"num_embeddings", 6}, {"embedding_dim", 3}, {"cardinalities", classes}}, {"x"}}},
       {}},
      x);
  check_operation({{"x"}, {{"node", "tokenizer_categ", {{"d_token", 3}, {"cardinalities", classes}}, {"x"}}}, {}}, x);
}

TEST_CASE("a script computes on the device what it does on the CPU", "[device]") {
  const std::string code = "def forward(self, x):\n  return torch.tanh(x) * 2\n";
  check_operation({{"x"}, {{"node", "script", {{"code", code}}, {"x"}}}, {}}, at::randn({5, 3}, generator_of(2)));
}

}  // namespace
}  // namespace mlr3libtorch::test_device_operations
