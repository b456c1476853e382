#pragma once

#include <ATen/core/Tensor.h>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

/// A linear map as part of a larger operation. weight: [out, in], bias: [out] or undefined.
struct Projection {
  at::Tensor weight, bias;

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Both between -1 and 1 over the root of `in`, as in LibTorch's layers.
Projection make_projection(std::int64_t in, std::int64_t out, bool bias, const BuildInput& build);

/// A learned normalisation of the last dimension.
struct Norm {
  at::Tensor weight, bias;
  double eps;

  at::Tensor operator()(const at::Tensor& x) const;
};

Norm make_norm(std::int64_t size, double eps, const BuildInput& build);

/// softmax(query key' / root of the head's size + mask) for each head, [rows, heads, n, m], with dropout.
/// query: [rows, n, size], key: [rows, m, size]; size is divisible by `heads`. `mask` may be undefined.
at::Tensor attention_weights(const at::Tensor& query, const at::Tensor& key, std::int64_t heads, double dropout,
                             const at::Tensor& mask, const ForwardMode& mode);

/// The sums of `value`, [rows, m, size], with those weights, the heads side by side again: [rows, n, size].
at::Tensor attended(const at::Tensor& weights, const at::Tensor& value);

/// Both.
at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::int64_t heads,
                     double dropout, const ForwardMode& mode);

/// Refuses inputs that attention cannot take.
void check_tokens(const at::Tensor& x, std::int64_t heads);

}  // namespace mlr3libtorch::network
