#include "core/network/operations/attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/network/operations/dropped.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// [rows, n, size] as [rows, heads, n, size / heads].
at::Tensor heads_apart(const at::Tensor& x, std::int64_t heads) {
  return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

}  // namespace

at::Tensor Projection::operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

Projection make_projection(std::int64_t in, std::int64_t out, bool bias, const BuildInput& build) {
  Projection projection{uniform_weight({out, in}, fan_in_bound(in), build), {}};
  if (bias) projection.bias = uniform_weight({out}, fan_in_bound(in), build);
  return projection;
}

at::Tensor Norm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, weight.sizes(), weight, bias, eps, false);
}

Norm make_norm(std::int64_t size, double eps, const BuildInput& build) {
  return {ones_weight({size}, build), zeros_weight({size}, build), eps};
}

at::Tensor attention_weights(const at::Tensor& query, const at::Tensor& key, std::int64_t heads, double dropout,
                             const at::Tensor& mask, const ForwardMode& mode) {
  const auto scale = 1 / std::sqrt(static_cast<double>(query.size(2)) / static_cast<double>(heads));
  const auto scores = at::matmul(heads_apart(query, heads) * scale, heads_apart(key, heads).transpose(2, 3));
  return dropped(at::softmax(mask.defined() ? scores + mask : scores, -1), dropout, mode);
}

at::Tensor attended(const at::Tensor& weights, const at::Tensor& value) {
  const auto sum = at::matmul(weights, heads_apart(value, weights.size(1)));
  return sum.transpose(1, 2).reshape({value.size(0), weights.size(2), value.size(2)});
}

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::int64_t heads,
                     double dropout, const ForwardMode& mode) {
  return attended(attention_weights(query, key, heads, dropout, {}, mode), value);
}

void check_tokens(const at::Tensor& x, std::int64_t heads) {
  TORCH_CHECK(
      x.dim() == 3,
      "it takes inputs of shape (rows, tokens, features); change the input with a node 'reshape', 'unsqueeze' or "
      "'tokenizer_num'.");
  TORCH_CHECK(x.size(2) % heads == 0, "the ", x.size(2), " features of a token cannot be shared among ", heads,
              " heads; choose a number of heads that divides them.");
}

}  // namespace mlr3libtorch::network
