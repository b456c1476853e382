#include "core/train/autograd_step.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace mlr3libtorch::train {
namespace {

at::Tensor batch_loss(const callback::Context& context, const at::Tensor& y_hat) {
  auto loss = context.loss_fn.forward(y_hat, context.batch.y, context.batch.weights);
  if (!context.second_target) return loss;
  const auto& [y, share, weights] = *context.second_target;
  return loss * (1 - share) + context.loss_fn.forward(y_hat, y, weights) * share;
}

}  // namespace

void AutogradStep::compute_gradients(callback::Context& context, base::Interrupt& /*interrupt*/) {
  const at::AutoGradMode with_gradients(true);
  context.network.reset_gradients();
  context.batch.expand();
  auto y_hats = context.network.forward(context.batch.x, {true, context.generator});
  const auto loss = batch_loss(context, y_hats.front());
  context.timing.lap(callback::Part::kForward);
  // There is nothing to do if every parameter is frozen.
  if (loss.requires_grad()) loss.backward();
  context.loss = loss.detach();
  for (auto& y_hat : y_hats) y_hat = y_hat.detach();
  context.y_hats = std::move(y_hats);
  context.timing.lap(callback::Part::kBackward);
}

void AutogradStep::update(callback::Context& context) {
  context.network.collect_gradients();
  context.optimizer.step();
}

void AutogradStep::evaluate(callback::Context& context, base::Interrupt& /*interrupt*/) {
  context.batch.expand();
  context.y_hats = context.network.forward(context.batch.x, {});
}

at::Tensor AutogradStep::compare(const callback::Context& context) {
  return context.loss_fn.forward(context.y_hats.front(), context.batch.y, context.batch.weights);
}

}  // namespace mlr3libtorch::train
