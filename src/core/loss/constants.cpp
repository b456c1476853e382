#include "core/loss/constants.h"

#include <ATen/ATen.h>

namespace mlr3libtorch::loss {

at::Tensor row_weights(const at::Tensor& weights, std::int64_t rows) {
  return weights.defined() ? weights.to(at::kDouble) : at::ones({rows}, at::kDouble);
}

at::Tensor weighted_mean(const at::Tensor& y, const at::Tensor& weights) {
  return ((y.flatten() * weights).sum() / weights.sum()).view({1});
}

at::Tensor weighted_quantile(const at::Tensor& y, const at::Tensor& weights, double probability) {
  const auto [sorted, order] = y.flatten().sort();
  const auto reached = weights.index_select(0, order).cumsum(0);
  // Sums of the same numbers in another order may differ in the last digit.
  const auto needed = probability * reached[-1].item<double>() * (1 - 1e-12);
  const auto position = reached.lt(needed).sum().item<std::int64_t>();
  return sorted.narrow(0, position, 1);
}

at::Tensor class_shares(const at::Tensor& numbers, const at::Tensor& weights, std::int64_t classes, double least) {
  const auto shares = at::zeros({classes}, weights.options()).index_add(0, numbers, weights) / weights.sum();
  const auto positive = shares.clamp_min(least);
  return positive / positive.sum();
}

at::Tensor share_logits(const at::Tensor& shares, std::int64_t outputs) {
  const auto logits = shares.log();
  return outputs == 1 ? logits.narrow(0, 0, 1) - logits.narrow(0, 1, 1) : logits;
}

}  // namespace mlr3libtorch::loss
