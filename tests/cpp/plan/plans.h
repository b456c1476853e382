#pragma once

// LibTorch first, as in networks.h.
#include <ATen/core/grad_mode.h>

#include "core/plan/plan.h"

#include "network/networks.h"

namespace mlr3libtorch::test {

/// What one training step of a network gives: the outputs, and the gradients of half the sum of their squares.
struct StepResult {
  at::Tensor y_hat;
  at::Tensor gradients;  // of all parameters, flat
};

inline at::Generator generator_of(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

inline StepResult step_by_autograd(network::Network& network, const std::vector<at::Tensor>& x, std::uint64_t seed = 1,
                                   kernel::Precision precision = kernel::Precision::kFloat32) {
  const at::AutoGradMode with_gradients(true);
  network.reset_gradients();
  const auto y_hat = network.forward(x, {true, generator_of(seed), false, precision}).front();
  const auto loss = y_hat.square().sum() / 2;
  if (loss.requires_grad()) loss.backward();
  return {y_hat.detach(), network.memory().gradients.clone()};
}

inline StepResult step_by_plan(network::Network& network, plan::Plan& plan, const std::vector<at::Tensor>& x,
                               std::uint64_t seed = 1) {
  base::Interrupt interrupt;
  network.restore_gradients();
  const auto rows = x.front().size(0);
  std::vector<at::Tensor> outputs;
  std::vector<float*> targets;
  for (std::size_t i = 0; i < network.outputs().size(); ++i) {
    outputs.push_back(at::empty({rows, plan.width_of_output(i)}));
    targets.push_back(outputs.back().data_ptr<float>());
  }
  plan.forward(x, 0, rows, targets, generator_of(seed), interrupt);
  const auto& y_hat = outputs.front();
  std::copy_n(y_hat.data_ptr<float>(), y_hat.numel(), plan.output_gradients());
  plan.backward({}, interrupt);
  auto sizes = network.shapes()[network.outputs().front()].sizes;
  sizes.insert(sizes.begin(), rows);
  return {y_hat.view(sizes), network.memory().gradients.clone()};
}

/// Relative to the largest number: single ones may cancel to nearly nothing.
inline bool is_close(const at::Tensor& a, const at::Tensor& b, double tolerance = 1e-5) {
  if (a.numel() == 0) return a.sizes() == b.sizes();
  const auto scale = std::max(b.abs().max().item<double>(), 1e-3);
  return a.sizes() == b.sizes() && (a - b).abs().max().item<double>() <= tolerance * scale;
}

/// A planned step on `x` gives what autograd's does.
inline void check_follows_autograd(network::Network& network, plan::Plan& plan, const at::Tensor& x) {
  const auto expected = step_by_autograd(network, {x});
  const auto given = step_by_plan(network, plan, {x});
  CHECK(is_close(given.y_hat, expected.y_hat));
  CHECK(is_close(given.gradients, expected.gradients, 2e-5));
}

/// The same with a plan of its own.
inline void check_follows_autograd(network::Network& network, const at::Tensor& x) {
  network.enable_gradients();
  plan::Plan plan(network, x.size(0), plan::Purpose::kTraining);
  check_follows_autograd(network, plan, x);
}

}  // namespace mlr3libtorch::test
