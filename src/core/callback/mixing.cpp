#include "core/callback/mixing.h"

#include <ATen/ATen.h>

namespace mlr3libtorch::callback {

Mixing::Mixing(NativeSetup setup, double alpha, double p) : NativeCallback(std::move(setup)), alpha_(alpha), p_(p) {}

void Mixing::run(Stage /*stage*/, Context& context) {
  if (alpha_ == 0 || p_ == 0) return;
  const auto doubles = at::TensorOptions().dtype(at::kDouble);
  if (p_ < 1 && !at::bernoulli(at::full({1}, p_, doubles), context.generator).item<bool>()) return;
  const auto shares = at::_sample_dirichlet(at::full({2}, alpha_, doubles), context.generator);
  auto& batch = context.batch;
  batch.expand();
  const auto partner =
      at::randperm(batch.rows(), context.generator, at::TensorOptions().dtype(at::kLong)).to(batch.y.device());
  auto y = batch.y.index_select(0, partner);
  auto weights = batch.weights.defined() ? batch.weights.index_select(0, partner) : at::Tensor();
  const auto share = mix(context, partner, shares[1].item<double>());
  context.second_target = SecondTarget{std::move(y), share, std::move(weights)};
}

std::vector<value::ArgumentDescription> mixing_arguments() {
  return {{"alpha", "A row's own share is drawn from a Beta(alpha, alpha) distribution; with 0, nothing is mixed.", 0},
          {"p", "The probability with which a batch is mixed.", 0, 1}};
}

}  // namespace mlr3libtorch::callback
