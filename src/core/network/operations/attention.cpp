#include "core/network/operations/attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/network/operations/dropped.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// query, key and value are projected by one weight of three parts. The inputs are the query, the key and the value;
/// unless given, the value is the key, and the key is the query. Sizes are those of the query.
class MultiheadAttention : public Operation {
 public:
  MultiheadAttention(const value::Arguments& arguments, const BuildInput& build)
      : heads_(arguments.get<std::int64_t>("num_heads")), dropout_(arguments.get<double>("dropout")) {
    for (const auto& x : build.inputs) check_tokens(x, heads_);
    const auto size = build.inputs[0].size(2);
    for (const auto& x : build.inputs) {
      TORCH_CHECK(x.size(2) == size, "query, key and value must have the same last size, but it is ", size, " and ",
                  x.size(2), "; put a node 'linear' before the other one.");
    }
    const bool bias = arguments.get<bool>("bias");
    in_.weight = uniform_weight({3 * size, size}, fan_bound(size, 3 * size), build);
    if (bias) in_.bias = zeros_weight({3 * size}, build);
    out_ = make_projection(size, size, bias, build);
    if (bias) out_.bias.zero_();
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    const auto& key = inputs.size() > 1 ? inputs[1] : inputs[0];
    const auto& value = inputs.size() > 2 ? inputs[2] : key;
    return out_(attention(part(inputs[0], 0), part(key, 1), part(value, 2), heads_, dropout_, mode));
  }

  bool has_dropout() const override { return dropout_ > 0; }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"in_proj_weight", &in_.weight}};
    add_slot(slots, "in_proj_bias", in_.bias);
    slots.push_back({"out_proj_weight", &out_.weight});
    add_slot(slots, "out_proj_bias", out_.bias);
    return slots;
  }

 private:
  at::Tensor part(const at::Tensor& x, std::int64_t which) const {
    const auto size = in_.weight.size(1);
    const auto bias = in_.bias.defined() ? in_.bias.narrow(0, which * size, size) : at::Tensor();
    return at::linear(x, in_.weight.narrow(0, which * size, size), bias);
  }

  std::int64_t heads_;
  double dropout_;
  Projection in_, out_;
};

const OperationRegistration attention_registration(
    "multihead_attention(int num_heads, float dropout=0.0, bool bias=True) -> ()",
    {"Multi-head attention",
     "Attention among tokens of shape (rows, tokens, features). Reads a query, and a key and a value if these are "
     "other nodes.",
     {{"num_heads", "Number of heads, which must divide the number of features.", 1},
      {"dropout", "Probability that a token is not attended to while training.", 0, 1},
      {"bias", "Whether constants are added."}},
     {"attention"}},
    [](const value::Arguments& arguments, const BuildInput& build) {
      return std::make_unique<MultiheadAttention>(arguments, build);
    },
    {1, 3});

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

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::int64_t heads,
                     double dropout, const ForwardMode& mode) {
  const auto scale = 1 / std::sqrt(static_cast<double>(query.size(2)) / static_cast<double>(heads));
  const auto scores = at::matmul(heads_apart(query, heads) * scale, heads_apart(key, heads).transpose(2, 3));
  const auto weights = dropped(at::softmax(scores, -1), dropout, mode);
  return at::matmul(weights, heads_apart(value, heads)).transpose(1, 2).reshape(query.sizes());
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
