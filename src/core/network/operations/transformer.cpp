// Blocks of transformers: attention among tokens, then a feed-forward network for each of them.

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/network/operations/attention.h"
#include "core/network/operations/dropped.h"
#include "core/network/operations/gated.h"
#include "core/network/operations/transformer_kernel.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

constexpr double kNormEps = 1e-5;
const std::vector<std::string> kNormalizations{"layer_norm", "identity"};

/// Self-attention with separate weights for query, key, value and output.
struct SelfAttention {
  Projection query, key, value, out;
  std::int64_t heads;
  double dropout;

  at::Tensor operator()(const at::Tensor& asking, const at::Tensor& x, const ForwardMode& mode) const {
    const auto y = attention(query(asking), key(x), value(x), heads, dropout, mode);
    return out.weight.defined() ? out(y) : y;
  }

  void add_slots(std::vector<Slot>& slots) {
    add_slot(slots, "query_weight", query.weight);
    add_slot(slots, "query_bias", query.bias);
    add_slot(slots, "key_weight", key.weight);
    add_slot(slots, "key_bias", key.bias);
    add_slot(slots, "value_weight", value.weight);
    add_slot(slots, "value_bias", value.bias);
    add_slot(slots, "attention_out_weight", out.weight);
    add_slot(slots, "attention_out_bias", out.bias);
  }
};

/// One projection of a transformer's attention; its initial constant is zero.
Projection attention_projection(std::int64_t size, bool xavier, bool bias, const BuildInput& build) {
  auto projection = make_projection(size, size, bias, build);
  if (xavier) projection.weight.uniform_(-fan_bound(size, size), fan_bound(size, size), build.generator);
  if (bias) projection.bias.zero_();
  return projection;
}

/// Two linear maps with an activation between.
struct FeedForward {
  Projection first, second;
  const BlockActivation* activation;
  double dropout;

  at::Tensor operator()(const at::Tensor& x, const ForwardMode& mode) const {
    return second(dropped((*activation)(first(x)), dropout, mode));
  }

  void add_slots(std::vector<Slot>& slots) {
    add_slot(slots, "linear1_weight", first.weight);
    add_slot(slots, "linear1_bias", first.bias);
    add_slot(slots, "linear2_weight", second.weight);
    add_slot(slots, "linear2_bias", second.bias);
  }
};

struct BlockSettings {
  std::int64_t heads, hidden;
  double attention_dropout, feed_forward_dropout, residual_dropout;
  std::string activation;
  bool norm_first;
  /// No normalisation before the attention: in the first block of a network, the tokens have not been mixed yet.
  bool is_first = false;
  /// Only the last token is computed: the one that the prediction uses.
  bool last_token_only = false;
  /// Or only these tokens.
  c10::optional<std::vector<std::int64_t>> asking = {};
  double eps = kNormEps;
  bool attention_bias = true, first_bias = true, second_bias = true;
  bool attention_norm = true, feed_forward_norm = true;
};

FeedForward feed_forward(std::int64_t size, const BlockSettings& settings, const BuildInput& build) {
  const auto& function = block_activation(settings.activation);
  return {make_projection(size, settings.hidden * (function.gated ? 2 : 1), settings.first_bias, build),
          make_projection(settings.hidden, size, settings.second_bias, build), &function,
          settings.feed_forward_dropout};
}

/// x: [rows, tokens, features].
class TransformerBlock : public Operation {
 public:
  TransformerBlock(BlockSettings settings, bool xavier, const BuildInput& build) : settings_(std::move(settings)) {
    const auto& x = build.inputs.at(0);
    const auto& s = settings_;
    check_tokens(x, s.heads);
    const auto size = x.size(2);
    const auto projection = [&] { return attention_projection(size, xavier, s.attention_bias, build); };
    attention_ = {projection(), projection(), projection(), {}, s.heads, s.attention_dropout};
    attention_.out = attention_projection(size, false, s.attention_bias, build);
    feed_forward_ = feed_forward(size, s, build);
    if (s.attention_norm && !(s.norm_first && s.is_first)) attention_norm_ = make_norm(size, s.eps, build);
    if (s.feed_forward_norm) feed_forward_norm_ = make_norm(size, s.eps, build);
    if (s.asking) asking_ = places(*s.asking, x.size(1));
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    const auto attend = [&](const at::Tensor& x) { return attention_(asking(x), x, mode); };
    const auto x = residual(inputs[0], asking(inputs[0]), attention_norm_, mode, attend);
    return residual(x, x, feed_forward_norm_, mode, [&](const at::Tensor& y) { return feed_forward_(y, mode); });
  }

  bool has_dropout() const override {
    return settings_.attention_dropout > 0 || settings_.feed_forward_dropout > 0 || settings_.residual_dropout > 0;
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots;
    attention_.add_slots(slots);
    feed_forward_.add_slots(slots);
    add_slot(slots, "norm1_weight", attention_norm_.weight);
    add_slot(slots, "norm1_bias", attention_norm_.bias);
    add_slot(slots, "norm2_weight", feed_forward_norm_.weight);
    add_slot(slots, "norm2_bias", feed_forward_norm_.bias);
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto& s = settings_;
    // With p = 1 nothing is kept, and no factor can make up for it.
    if (std::max({s.attention_dropout, s.feed_forward_dropout, s.residual_dropout}) == 1) return nullptr;
    TransformerShape shape{inputs[0].sizes[0], inputs[0].sizes[1], s.heads, s.hidden, asking_};
    if (s.last_token_only) shape.asking = {shape.tokens - 1};
    shape.activation = feed_forward_.activation;
    shape.attention_dropout = s.attention_dropout;
    shape.feed_forward_dropout = s.feed_forward_dropout;
    shape.residual_dropout = s.residual_dropout;
    shape.eps = static_cast<float>(s.eps);
    shape.norm_first = s.norm_first;
    shape.attention_bias = attention_.query.bias.defined();
    shape.first_bias = feed_forward_.first.bias.defined();
    shape.second_bias = feed_forward_.second.bias.defined();
    shape.attention_norm = attention_norm_.weight.defined();
    shape.feed_forward_norm = feed_forward_norm_.weight.defined();
    return std::make_unique<TransformerKernel>(shape);
  }

 private:
  static std::vector<std::int64_t> places(std::vector<std::int64_t> given, std::int64_t tokens) {
    TORCH_CHECK(!given.empty(), "'query_idx' must name at least one token.");
    for (auto& place : given) {
      TORCH_CHECK(place >= -tokens && place < tokens, "'query_idx' names a token that does not exist; there are ",
                  tokens, ".");
      if (place < 0) place += tokens;
    }
    return given;
  }

  at::Tensor asking(const at::Tensor& x) const {
    if (settings_.last_token_only) return x.narrow(1, -1, 1);
    if (asking_.empty()) return x;
    std::vector<at::Tensor> tokens;
    for (const auto place : asking_) tokens.push_back(x.narrow(1, place, 1));
    return at::cat(tokens, 1);
  }

  /// `base` plus a function of `x`, normalised before or after.
  template <class Branch>
  at::Tensor residual(const at::Tensor& x, const at::Tensor& base, const Norm& norm, const ForwardMode& mode,
                      Branch&& branch) const {
    const bool before = settings_.norm_first && norm.weight.defined();
    const auto sum = base + dropped(branch(before ? norm(x) : x), settings_.residual_dropout, mode);
    return settings_.norm_first || !norm.weight.defined() ? sum : norm(sum);
  }

  BlockSettings settings_;
  std::vector<std::int64_t> asking_;
  SelfAttention attention_;
  FeedForward feed_forward_;
  Norm attention_norm_{}, feed_forward_norm_{};
};

std::unique_ptr<Operation> make_encoder_layer(const Arguments& arguments, const BuildInput& build) {
  const auto dropout = arguments.get<double>("dropout");
  BlockSettings settings{arguments.get<std::int64_t>("nhead"),
                         arguments.get<std::int64_t>("dim_feedforward"),
                         dropout,
                         dropout,
                         dropout,
                         arguments.get<std::string>("activation"),
                         arguments.get<bool>("norm_first")};
  settings.eps = arguments.get<double>("layer_norm_eps");
  return std::make_unique<TransformerBlock>(std::move(settings), true, build);
}

std::unique_ptr<Operation> make_ft_block(const Arguments& arguments, const BuildInput& build) {
  const auto& x = build.inputs.at(0);
  const auto hidden = arguments.get<c10::optional<std::int64_t>>("ffn_d_hidden");
  const auto multiplier = arguments.get<double>("ffn_d_hidden_multiplier");
  BlockSettings settings{arguments.get<std::int64_t>("attention_n_heads"),
                         hidden.value_or(static_cast<std::int64_t>(static_cast<double>(x.size(-1)) * multiplier)),
                         arguments.get<double>("attention_dropout"),
                         arguments.get<double>("ffn_dropout"),
                         arguments.get<double>("residual_dropout"),
                         arguments.get<std::string>("ffn_activation"),
                         arguments.get<bool>("prenormalization"),
                         arguments.get<bool>("is_first_layer"),
                         arguments.get<bool>("last_token_only"),
                         arguments.get<c10::optional<std::vector<std::int64_t>>>("query_idx")};
  settings.attention_bias = arguments.get<bool>("attention_bias");
  settings.first_bias = arguments.get<bool>("ffn_bias_first");
  settings.second_bias = arguments.get<bool>("ffn_bias_second");
  settings.attention_norm = arguments.get<std::string>("attention_normalization") == "layer_norm";
  settings.feed_forward_norm = arguments.get<std::string>("ffn_normalization") == "layer_norm";
  return std::make_unique<TransformerBlock>(std::move(settings),
                                            arguments.get<std::string>("attention_initialization") == "xavier", build);
}

const OperationRegistration transformer_registrations[] = {
    {"transformer_encoder_layer(int nhead, int dim_feedforward=2048, float dropout=0.1, str activation='relu', float "
     "layer_norm_eps=1e-05, bool norm_first=False) -> ()",
     {"Transformer encoder layer",
      "Attention among tokens of shape (rows, tokens, features), then a feed-forward network for each. "
      "See Vaswani et al. (2017), arXiv:1706.03762.",
      {{"nhead", "Number of heads, which must divide the number of features.", 1},
       {"dim_feedforward", "Width of the feed-forward network.", 1},
       {"dropout", "Probability that an element is zeroed while training.", 0, 1},
       value::one_of("activation", "The feed-forward network's function.", block_activation_names()),
       {"layer_norm_eps", "Added to the variance in normalisation.", 0},
       {"norm_first", "Whether normalisation comes before attention and feed-forward network, not after."}},
      {"attention"}},
     make_encoder_layer},
    {"ft_transformer_block(int attention_n_heads=8, float attention_dropout=0.2, str "
     "attention_initialization='kaiming', "
     "int? ffn_d_hidden=None, float ffn_d_hidden_multiplier=1.3333333333333333, float ffn_dropout=0.1, str "
     "ffn_activation='reglu', float residual_dropout=0.0, bool prenormalization=True, bool is_first_layer=False, bool "
     "last_token_only=False, str attention_normalization='layer_norm', str ffn_normalization='layer_norm', int[]? "
     "query_idx=None, bool attention_bias=True, bool ffn_bias_first=True, bool ffn_bias_second=True) -> ()",
     {"FT-Transformer block",
      "A block of the FT-Transformer on tokens of shape (rows, tokens, features): attention, then a feed-forward "
      "network. "
      "See Gorishniy et al. (2021), arXiv:2106.11959.",
      {{"attention_n_heads", "Number of heads, which must divide the number of features.", 1},
       {"attention_dropout", "Probability that a token is not attended to while training.", 0, 1},
       value::one_of("attention_initialization", "The initial weights of the attention.", {"kaiming", "xavier"}),
       {"ffn_d_hidden", "Width of the feed-forward network.", 1},
       {"ffn_d_hidden_multiplier", "The same as a multiple of the features, unless given.", 0},
       {"ffn_dropout", "Dropout in the feed-forward network.", 0, 1},
       value::one_of("ffn_activation", "The feed-forward network's function.", block_activation_names()),
       {"residual_dropout", "Dropout of a block's output, before it is added to the tokens.", 0, 1},
       {"prenormalization", "Whether normalisation comes before attention and feed-forward network, not after."},
       {"is_first_layer", "Whether it is the network's first block, which does not normalise before its attention."},
       {"last_token_only", "Whether only the last token is computed, for the last block before a head."},
       value::one_of("attention_normalization", "The normalisation of the attention.", kNormalizations),
       value::one_of("ffn_normalization", "The normalisation of the feed-forward network.", kNormalizations),
       {"query_idx", "The tokens that are computed; all unless given. Negative numbers count from the last."},
       {"attention_bias", "Whether the attention adds constants."},
       {"ffn_bias_first", "Whether the feed-forward network's first layer adds constants."},
       {"ffn_bias_second", "Whether its second layer adds constants."}},
      {"attention"}},
     make_ft_block},
};

}  // namespace
}  // namespace mlr3libtorch::network
