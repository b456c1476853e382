#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

/// What a network could output that does not look at the features. All numbers are float64.
namespace mlr3libtorch::loss {

/// [rows]; 1 if there are none.
at::Tensor row_weights(const at::Tensor& weights, std::int64_t rows);

/// y: [n, 1]; weights: [n]. The results are [1].
at::Tensor weighted_mean(const at::Tensor& y, const at::Tensor& weights);
/// The smallest number that at least this share of the weight is not above.
at::Tensor weighted_quantile(const at::Tensor& y, const at::Tensor& weights, double probability);

/// numbers: [n] int64; weights: [n]. Each class's share of the weight, [classes]; at least `least`, so that its
/// logarithm is finite.
at::Tensor class_shares(const at::Tensor& numbers, const at::Tensor& weights, std::int64_t classes,
                        double least = 1e-12);

/// The logits of these shares of the classes: one for two classes if there is one output, else one for each.
at::Tensor share_logits(const at::Tensor& shares, std::int64_t outputs);

}  // namespace mlr3libtorch::loss
