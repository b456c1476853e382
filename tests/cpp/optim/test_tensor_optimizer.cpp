#include <torch/torch.h>

#include "core/base/error.h"
#include "core/optim/parameter_state.h"
#include "core/optim/tensor_optimizer.h"
#include "core/value/plain_state.h"
#include "optim/memory.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_tensor_optimizer {
namespace {

using optim::TensorOptimizer;

at::Tensor leaf(const std::vector<double>& values) {
  return torch::tensor(values, torch::kDouble).set_requires_grad(true);
}

void set_gradient(at::Tensor tensor, double value) { tensor.mutable_grad() = torch::full_like(tensor, value); }

std::int64_t offset_in(const at::Tensor& flat, const at::Tensor& tensor) {
  return tensor.data_ptr<double>() - flat.data_ptr<double>();
}

TEST_CASE("tensors are moved into one memory and keep their values and their identity", "[optim]") {
  const auto a = leaf({1, 2});
  const auto b = leaf({3});
  const auto same = a;
  TensorOptimizer optimizer("sgd", {{{{"a", a}, {"b", b}}, {{"lr", 0.5}}}});
  CHECK(offset_in(optimizer.memory().values, a) == 0);
  CHECK(offset_in(optimizer.memory().values, b) == 2);
  CHECK(a.requires_grad());
  set_gradient(a, 1);
  set_gradient(b, 2);
  optimizer.step();
  CHECK(torch::equal(same, torch::tensor({0.5, 1.5}, torch::kDouble)));
  CHECK(torch::equal(b, torch::tensor({2.0}, torch::kDouble)));
  CHECK(offset_in(optimizer.memory().gradients, b.grad()) == 2);
}

TEST_CASE("tensors of one allocation stay where they are, in any order and with holes", "[optim]") {
  const auto flat = torch::arange(6, torch::kDouble);
  const auto late = flat.narrow(0, 4, 2).detach().set_requires_grad(true);
  const auto early = flat.narrow(0, 1, 2).detach().set_requires_grad(true);
  TensorOptimizer optimizer("sgd", {{{{"late", late}, {"early", early}}, {{"lr", 1.0}, {"momentum", 0.9}}}});
  set_gradient(late, 1);
  set_gradient(early, 2);
  optimizer.step();
  CHECK(torch::equal(flat, torch::tensor({0.0, -1.0, 0.0, 3.0, 3.0, 4.0}, torch::kDouble)));
}

TEST_CASE("tensors that overlap get memory of their own", "[optim]") {
  const auto flat = torch::zeros({3}, torch::kDouble);
  const auto a = flat.narrow(0, 0, 2).detach().set_requires_grad(true);
  const auto b = flat.narrow(0, 1, 2).detach().set_requires_grad(true);
  TensorOptimizer optimizer("sgd", {{{{"a", a}, {"b", b}}, {{"lr", 1.0}}}});
  set_gradient(a, 1);
  set_gradient(b, 1);
  optimizer.step();
  CHECK(torch::equal(a, torch::full({2}, -1.0, torch::kDouble)));
  CHECK(torch::equal(b, torch::full({2}, -1.0, torch::kDouble)));
}

TEST_CASE("a gradient that was recorded itself is not changed when it is set to zero", "[optim]") {
  const auto a = leaf({2});
  auto once = a * a;
  once.backward({}, true, /*create_graph=*/true);
  const at::Tensor gradient = a.grad();
  optim::zero_gradients({a}, false);
  CHECK(gradient.item<double>() == 4);
  CHECK(a.grad().item<double>() == 0);
}

TEST_CASE("an added group leaves statistics of the others as they were, for every rule", "[optim]") {
  for (const auto& [name, settings] : test::full_settings()) {
    const auto a = leaf({1, -2}), b = leaf({3}), alone = leaf({1, -2});
    TensorOptimizer grown(name, {{{{"a", a}}, settings}});
    TensorOptimizer plain(name, {{{{"a", alone}}, settings}});
    for (int i = 0; i < 6; ++i) {
      if (i == 3) grown.add_group({{{"b", b}}, settings});
      set_gradient(a, 0.1 * i - 0.2);
      set_gradient(alone, 0.1 * i - 0.2);
      grown.step();
      plain.step();
    }
    INFO(name);
    CHECK(torch::equal(a, alone));
  }
}

TEST_CASE("a state by parameter goes back into the optimizer it is from", "[optim]") {
  for (const auto& [name, settings] : test::full_settings()) {
    INFO(name);
    const auto a = leaf({1, -2}), b = leaf({3});
    TensorOptimizer optimizer(name, {{{{"a", a}}, settings}, {{{"b", b}}, settings}});
    set_gradient(a, 0.3);
    optimizer.step();
    const optim::OptimizedTensors held{optimizer.optimizer(), optimizer.memory(), optimizer.tensors()};
    const auto state = optim::state_by_parameter(held);
    const auto before = optimizer.optimizer().state().toGenericDict();
    optimizer.step();
    optim::load_state_by_parameter(held, state);
    const auto after = optimizer.optimizer().state().toGenericDict();
    CHECK(after.at("steps").toIntVector() == before.at("steps").toIntVector());
    for (const auto& statistic : before.at("statistics").toGenericDict()) {
      CHECK(torch::equal(statistic.value().toTensor(),
                         after.at("statistics").toGenericDict().at(statistic.key()).toTensor()));
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_tensor_optimizer
