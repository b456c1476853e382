#include "core/train/autograd_step.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace mlr3libtorch::train {
namespace {

at::Tensor batch_loss(const callback::Context& context, const at::Tensor& y_hat) {
  auto loss = context.loss_fn.forward(y_hat, context.batch.y, context.batch.weights);
  if (!context.second_target) return loss;
  const auto& [y, share, weights] = *context.second_target;
  return loss * (1 - share) + context.loss_fn.forward(y_hat, y, weights) * share;
}

/// The first node whose output does not depend on the weights, though it has some or reads what depends on some.
const network::BuiltNode* cutting_node(callback::Context& context) {
  const auto& network = context.network;
  const auto first_node = network.inputs().size();
  std::vector<std::size_t> all(network.nodes().size());
  std::iota(all.begin(), all.end(), first_node);
  const auto values = network.forward(context.batch.x, {true, context.generator}, all);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& node = network.nodes()[i];
    const auto depends = [&](std::size_t input) {
      return input >= first_node && values[input - first_node].requires_grad();
    };
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(), depends);
    if ((reads || node.parameter_count > 0) && !values[i].requires_grad()) return &node;
  }
  return nullptr;
}

}  // namespace

/// In the first step; later, a loss may be a constant for some batch.
void AutogradStep::check_dependence(callback::Context& context, const at::Tensor& loss, const at::Tensor& y_hat) {
  const auto& ranges = context.network.memory().ranges;
  const auto trained = [](const auto& range) { return range.trainable; };
  depends_ = loss.requires_grad() || std::none_of(ranges.begin(), ranges.end(), trained);
  if (depends_) return;
  const std::string why = " does not depend on the network's weights, so nothing would be trained; ";
  const std::string remedy = "compute it from tensors, without with_no_grad(), `$detach()` and R numbers.";
  if (y_hat.requires_grad()) throw base::Error("function", "What the loss returns" + why + remedy);
  const auto* const node = cutting_node(context);
  if (node == nullptr) throw base::Error("function", "The network's output" + why + remedy);
  throw network::independence_error(*node);
}

void AutogradStep::compute_gradients(callback::Context& context, base::Interrupt& /*interrupt*/) {
  const at::AutoGradMode with_gradients(true);
  context.network.reset_gradients();
  context.batch.expand();
  auto y_hats =
      context.network.forward(context.batch.x, {true, context.generator, false, precision_, context.batch.first_row});
  const auto loss = batch_loss(context, y_hats.front());
  context.timing.lap(callback::Part::kForward);
  if (!depends_) check_dependence(context, loss, y_hats.front());
  // There is nothing to do if every parameter is frozen.
  if (loss.requires_grad()) (context.batch.loss_share == 1 ? loss : loss * context.batch.loss_share).backward();
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
  context.y_hats = context.network.forward(context.batch.x, {false, {}, false, precision_});
}

at::Tensor AutogradStep::compare(const callback::Context& context) {
  return context.loss_fn.forward(context.y_hats.front(), context.batch.y, context.batch.weights);
}

}  // namespace mlr3libtorch::train
