#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel/attention.h"
#include "core/kernel/projection.h"
#include "core/network/operations/attention.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

/// The weights that make query, key and value: one of three parts if all have the query's size, else one for each.
struct InProjections {
  at::Tensor joined, query, key, value, bias;

  at::Tensor operator()(const at::Tensor& x, std::int64_t which) const {
    const auto& own = which == 0 ? query : which == 1 ? key : value;
    const auto size = joined.defined() ? joined.size(1) : query.size(0);
    const auto weight = joined.defined() ? joined.narrow(0, which * size, size) : own;
    return at::linear(x, weight, bias.defined() ? bias.narrow(0, which * size, size) : at::Tensor());
  }
};

InProjections make_in_projections(std::int64_t size, std::int64_t key_size, std::int64_t value_size, bool bias,
                                  const BuildInput& build) {
  InProjections in;
  if (key_size == size && value_size == size) {
    in.joined = uniform_weight({3 * size, size}, fan_bound(size, 3 * size), build);
  } else {
    const auto weight = [&](std::int64_t from) { return uniform_weight({size, from}, fan_bound(from, size), build); };
    in.query = weight(size);
    in.key = weight(key_size);
    in.value = weight(value_size);
  }
  if (bias) in.bias = zeros_weight({3 * size}, build);
  return in;
}

/// One more token for each row.
at::Tensor with_token(const at::Tensor& x, const at::Tensor& token) {
  return at::cat({x, token.expand({x.size(0), 1, x.size(2)})}, 1);
}

/// Minus infinity where `left_out` is true, else 0.
at::Tensor barrier(const at::Tensor& left_out, const at::Tensor& like) {
  return at::zeros({}, like.options()).masked_fill(left_out, -std::numeric_limits<double>::infinity());
}

/// Among the tokens of one input, in blocks of rows that stay in the cache.
class SelfAttentionKernel : public kernel::Kernel {
 public:
  SelfAttentionKernel(const kernel::AttentionShape& shape, double dropout, bool bias)
      : shape_(shape),
        dropout_(dropout),
        bias_(bias),
        block_(kernel::rows_of_block(shape.keys)),
        gradients_(static_cast<std::size_t>(block_ * shape.keys * 3 * shape.size)),
        attention_(shape) {}

  void forward(const kernel::Call& call) override {
    bind(call);
    mask_.reset();
    if (call.training && dropout_ > 0) mask_.emplace(dropout_, call.generator);
    const auto kept = (call.training ? call.rows : block_) * shape_.keys * shape_.size;
    projected_.resize(static_cast<std::size_t>(3 * kept));
    attended_.resize(static_cast<std::size_t>(kept));
    for (std::int64_t row = 0; row < call.rows; row += block_) {
      const auto rows = std::min(block_, call.rows - row);
      const auto kept_row = call.training ? row : 0;
      in_.forward(rows * shape_.keys, values_of(call, row), projected(kept_row));
      for (std::int64_t i = 0; i < rows; ++i) {
        const auto [query, key, value] = parts<const float>(projected(kept_row + i));
        attention_.forward(call.first_row + row + i, query, key, value, mask(), {attended(kept_row + i), shape_.size});
      }
      out_.forward(rows * shape_.keys, attended(kept_row), call.output.values + row * call.output.width);
    }
  }

  void backward(const kernel::Call& call) override {
    in_.clear_gradients();
    out_.clear_gradients();
    for (std::int64_t row = 0; row < call.rows; row += block_) {
      const auto rows = std::min(block_, call.rows - row);
      const auto tokens = rows * shape_.keys;
      const float* const dy = call.output.gradients + row * call.output.width;
      out_.add_gradients(tokens, attended(row), dy);
      // The attended values have served, so their memory takes their gradients.
      out_.input_gradients(tokens, dy, attended(row));
      for (std::int64_t i = 0; i < rows; ++i) {
        const auto [query, key, value] = parts<const float>(projected(row + i));
        const auto [dquery, dkey, dvalue] = parts<float>(gradients_.data() + i * 3 * shape_.keys * shape_.size);
        attention_.backward(call.first_row + row + i, query, key, value, mask(), {attended(row + i), shape_.size},
                            {dquery, dkey, dvalue});
      }
      in_.add_gradients(tokens, values_of(call, row), gradients_.data());
      auto* const dx = call.inputs[0].gradients;
      if (dx != nullptr) in_.input_gradients(tokens, gradients_.data(), dx + row * call.inputs[0].width);
    }
  }

  kernel::Grain grain_of_rows() const override { return kernel::grain_of_blocks(block_, operations_per_row()); }

  double operations_per_row() const override {
    return 6.0 * static_cast<double>(shape_.keys * shape_.size) * static_cast<double>(shape_.size);
  }

 private:
  template <class Number>
  struct Parts {
    kernel::TokensOf<Number> query, key, value;
  };

  /// A token's query, key and value lie side by side.
  template <class Number>
  Parts<Number> parts(Number* values) const {
    const auto size = shape_.size;
    return {{values, 3 * size}, {values + size, 3 * size}, {values + 2 * size, 3 * size}};
  }

  void bind(const kernel::Call& call) {
    in_ = {shape_.size, 3 * shape_.size, call.parameters[0]};
    out_ = {shape_.size, shape_.size, call.parameters[bias_ ? 2 : 1]};
    if (!bias_) return;
    in_.bias = call.parameters[1];
    out_.bias = call.parameters[3];
  }

  static const float* values_of(const kernel::Call& call, std::int64_t row) {
    return call.inputs[0].values + row * call.inputs[0].width;
  }
  float* projected(std::int64_t row) { return projected_.data() + row * 3 * shape_.keys * shape_.size; }
  float* attended(std::int64_t row) { return attended_.data() + row * shape_.keys * shape_.size; }
  const kernel::KeepMask* mask() const { return mask_ ? &*mask_ : nullptr; }

  kernel::AttentionShape shape_;
  double dropout_;
  bool bias_;
  std::int64_t block_;
  std::vector<float> projected_, attended_;  // of all rows while training, else of one block
  std::vector<float> gradients_;             // of one block's projections
  kernel::Attention attention_;
  kernel::Projection in_, out_;
  std::optional<kernel::KeepMask> mask_;
};

/// The inputs are the query, the key, the value, the padding mask and the mask; unless given, the value is the key, and
/// the key is the query.
class MultiheadAttention : public Operation {
 public:
  MultiheadAttention(const Arguments& arguments, const BuildInput& build)
      : heads_(arguments.get<std::int64_t>("num_heads")),
        dropout_(arguments.get<double>("dropout")),
        zero_token_(arguments.get<bool>("add_zero_attn")),
        causal_(arguments.get<bool>("is_causal")),
        averages_(arguments.get<bool>("avg_weights")),
        gives_weights_(arguments.get<std::string>("output") == "weights") {
    check(build.inputs);
    const auto size = build.inputs[0].size(2);
    const bool bias = arguments.get<bool>("bias");
    in_ = make_in_projections(size, key_of(build.inputs).size(2), value_of(build.inputs).size(2), bias, build);
    if (arguments.get<bool>("add_bias_kv")) {
      const auto deviation = 1 / std::sqrt(static_cast<double>(size));
      key_token_ = normal_weight({1, 1, size}, deviation, build);
      value_token_ = normal_weight({1, 1, size}, deviation, build);
    }
    out_ = make_projection(size, size, bias, build);
    if (bias) out_.bias.zero_();
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    const auto query = in_(inputs[0], 0);
    const auto key = extended(in_(key_of(inputs), 1), key_token_);
    const auto weights = attention_weights(query, key, heads_, dropout_, mask(inputs, query, key.size(1)), mode);
    if (gives_weights_) return averages_ ? weights.mean(1) : weights;
    return out_(attended(weights, extended(in_(value_of(inputs), 2), value_token_)));
  }

  bool has_dropout() const override { return dropout_ > 0; }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots;
    add_slot(slots, "in_proj_weight", in_.joined);
    add_slot(slots, "q_proj_weight", in_.query);
    add_slot(slots, "k_proj_weight", in_.key);
    add_slot(slots, "v_proj_weight", in_.value);
    add_slot(slots, "in_proj_bias", in_.bias);
    add_slot(slots, "bias_k", key_token_);
    add_slot(slots, "bias_v", value_token_);
    add_slot(slots, "out_proj.weight", out_.weight);
    add_slot(slots, "out_proj.bias", out_.bias);
    return slots;
  }

  /// For tokens that attend to each other, without masks other than the causal one and without added tokens.
  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const bool adds_tokens = zero_token_ || key_token_.defined();
    if (inputs.size() > 1 || adds_tokens || gives_weights_ || dropout_ == 1) return nullptr;
    const auto tokens = inputs[0].sizes[0];
    const kernel::AttentionShape shape{heads_, inputs[0].sizes[1], tokens, tokens, causal_};
    return std::make_unique<SelfAttentionKernel>(shape, dropout_, in_.bias.defined());
  }

 private:
  using Inputs = std::vector<at::Tensor>;

  static const at::Tensor& key_of(const Inputs& inputs) { return inputs.size() > 1 ? inputs[1] : inputs[0]; }
  static const at::Tensor& value_of(const Inputs& inputs) { return inputs.size() > 2 ? inputs[2] : key_of(inputs); }

  void check(const Inputs& inputs) const {
    check_tokens(inputs[0], heads_);
    const auto &key = key_of(inputs), &value = value_of(inputs);
    TORCH_CHECK(key.dim() == 3 && value.dim() == 3 && key.size(1) == value.size(1),
                "key and value must have the shape (rows, tokens, features) and the same number of tokens.");
    const auto queries = inputs[0].size(1), tokens = key.size(1);
    TORCH_CHECK(inputs.size() < 4 || (inputs[3].dim() == 2 && inputs[3].size(1) == tokens),
                "the padding mask must have the shape (rows, ", tokens, "): one number for each token of the key.");
    TORCH_CHECK(
        inputs.size() < 5 || (inputs[4].dim() == 3 && inputs[4].size(1) == queries && inputs[4].size(2) == tokens),
        "the mask must have the shape (rows, ", queries, ", ", tokens,
        "): one number for each token of the query and each of the key.");
    TORCH_CHECK(!causal_ || queries == tokens, "'is_causal' needs a key with as many tokens as the query, ", queries,
                ", not ", tokens, ".");
  }

  at::Tensor extended(at::Tensor x, const at::Tensor& learned) const {
    if (learned.defined()) x = with_token(x, learned);
    return zero_token_ ? with_token(x, at::zeros({1, 1, 1}, x.options())) : x;
  }

  /// What is added to the scores, (rows or 1, 1, queries or 1, keys); undefined if there is nothing. All may attend to
  /// tokens that were added.
  at::Tensor mask(const Inputs& inputs, const at::Tensor& query, std::int64_t keys) const {
    at::Tensor sum;
    const auto add = [&](const at::Tensor& part) { sum = sum.defined() ? sum + part : part; };
    const auto tokens = key_of(inputs).size(1);
    if (inputs.size() > 3) add(barrier(inputs[3].gt(0), query).unsqueeze(1).unsqueeze(1));
    if (inputs.size() > 4) add(inputs[4].to(query.scalar_type()).unsqueeze(1));
    if (causal_) {
      const auto ones = at::ones({tokens, tokens}, query.options().dtype(at::kBool));
      add(barrier(ones.triu(1), query).unsqueeze(0).unsqueeze(0));
    }
    return sum.defined() && keys > tokens ? at::constant_pad_nd(sum, {0, keys - tokens}) : sum;
  }

  std::int64_t heads_;
  double dropout_;
  bool zero_token_, causal_, averages_, gives_weights_;
  InProjections in_;
  at::Tensor key_token_, value_token_;
  Projection out_;
};

const OperationRegistration attention_registration(
    "multihead_attention(int num_heads, float dropout=0.0, bool bias=True, bool add_bias_kv=False, bool "
    "add_zero_attn=False, bool avg_weights=True, bool is_causal=False, str output='attention') -> ()",
    {"Multi-head attention",
     "Attention among tokens of shape (rows, tokens, features). Reads a query, and a key and a value if these are "
     "other nodes; then a padding mask (rows, tokens of the key), above 0 where a token is not attended to; then a "
     "mask (rows, tokens of the query, tokens of the key), whose numbers are added to the scores. "
     "See Vaswani et al. (2017), arXiv:1706.03762.",
     {{"num_heads", "Number of heads, which must divide the number of the query's features.", 1},
      {"dropout", "Probability that a token is not attended to while training.", 0, 1},
      {"bias", "Whether constants are added."},
      {"add_bias_kv", "Whether a learned token is added to key and value."},
      {"add_zero_attn", "Whether a token of zeros is added to key and value."},
      {"avg_weights", "For weights: whether they are averaged over the heads."},
      {"is_causal", "Whether a token attends only to itself and those before it."},
      value::one_of("output", "What is computed, or how much each token attends to each other.",
                    {"attention", "weights"})},
     {"attention"}},
    [](const Arguments& arguments, const BuildInput& build) {
      return std::make_unique<MultiheadAttention>(arguments, build);
    },
    {1, 5});

}  // namespace
}  // namespace mlr3libtorch::network
