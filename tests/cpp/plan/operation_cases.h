#pragma once

// LibTorch first, as in plans.h.
#include "plan/plans.h"

#include <string>
#include <vector>

namespace mlr3libtorch::test {

/// An operation with settings, and what it reads.
struct OperationCase {
  std::string operation;
  value::NamedValues parameters = {};
  std::vector<std::string> inputs = {"before"};
  /// Of what the operation reads, for one row.
  std::vector<std::int64_t> sizes = {6};
};

using Integers = std::vector<std::int64_t>;
inline const Integers kTokens{4, 6};
inline const Integers kPictures{2, 4, 5};

/// Between two linear layers, so that gradients flow through it from and to somewhere. The network reads [rows, n].
inline std::vector<network::Node> around(const OperationCase& tested) {
  std::int64_t width = 1;
  std::vector<std::int64_t> shape{-1};
  for (const auto size : tested.sizes) {
    width *= size;
    shape.push_back(size);
  }
  return {{"first", "linear", {{"out_features", width}}, {"x"}},
          {"spread", "layer_norm", {}, {"first"}},  // the numbers reach all pieces of a function
          {"before", "reshape", {{"shape", shape}}, {"spread"}},
          {"second", "linear", {{"out_features", width}}, {"x"}},
          {"other", "reshape", {{"shape", shape}}, {"second"}},
          {"tested", tested.operation, tested.parameters, tested.inputs},
          {"shaped", "flatten", {}, {"tested"}},
          {"last", "linear", {{"out_features", 3}}, {"shaped"}}};
}

inline const c10::List<double> kSix{0.5, -1, 0, 3, 0.1, 2};
inline const c10::List<double> kSixPositive{0.5, 1, 2, 3, 0.1, 2};

/// Every operation that is planned, with the settings that change what is computed.
inline std::vector<OperationCase> operation_cases() {
  return {
      {"linear", {{"out_features", 5}}},
      {"linear", {{"out_features", 5}, {"bias", false}}},
      {"head", {{"out_features", 5}}},
      {"identity"},
      {"relu"},
      {"relu6"},
      {"selu"},
      {"silu"},
      {"sigmoid"},
      {"log_sigmoid"},
      {"tanh"},
      {"tanhshrink"},
      {"softsign"},
      {"hardsigmoid"},
      {"gelu"},
      {"gelu", {{"approximate", "tanh"}}},
      {"elu"},
      {"elu", {{"alpha", 0.3}}},
      {"celu"},
      {"celu", {{"alpha", 2.5}}},
      {"leaky_relu"},
      {"leaky_relu", {{"negative_slope", 0.3}}},
      {"softshrink"},
      {"hardshrink"},
      {"softplus"},
      {"softplus", {{"beta", 2.0}, {"threshold", 1.5}}},
      {"hardtanh", {{"min_val", -0.5}, {"max_val", 0.8}}},
      {"threshold", {{"threshold", 0.2}, {"value", -0.4}}},
      {"mish"},
      {"hardswish"},
      {"prelu"},
      {"prelu", {{"num_parameters", 4}}, {"before"}, kTokens},
      {"periodic_encoding", {{"n_frequencies", 5}, {"frequency_init_scale", 0.7}}},
      {"piecewise_linear_encoding",
       {{"edges", std::vector<double>{-1, 0.1, 1, -2, 0.3, -1, 1, 0, 1, -1, 0, -0.5, 0.5}},
        {"bins", Integers{2, 1, 1, 1, 1, 1}}}},
      {"batch_norm1d", {}, {"before"}, kTokens},
      {"batch_norm2d", {{"affine", false}}, {"before"}, kPictures},
      {"batch_norm2d", {}, {"before"}, kPictures},
      {"group_norm", {{"num_groups", 2}}, {"before"}, kTokens},
      {"group_norm", {{"num_groups", 1}, {"affine", false}}, {"before"}, kPictures},
      {"instance_norm1d", {{"affine", true}}, {"before"}, kTokens},
      {"instance_norm2d", {}, {"before"}, kPictures},
      {"instance_norm3d", {}, {"before"}, Integers{2, 2, 3, 2}},
      {"batch_norm3d", {}, {"before"}, Integers{2, 2, 3, 2}},
      {"dropout", {{"p", 0.4}}},
      {"dropout", {{"p", 0.0}}},
      {"batch_norm1d"},
      {"batch_norm1d", {{"affine", false}, {"momentum", c10::IValue()}}},
      {"layer_norm"},
      {"layer_norm", {{"elementwise_affine", false}}},
      {"softmax"},
      {"log_softmax"},
      {"merge_sum", {}, {"before", "other", "before"}},
      {"merge_prod", {}, {"before", "other", "before"}},
      {"merge_cat", {}, {"other", "before", "other"}},
      {"merge_cat", {}, {"other", "before"}, kTokens},
      {"merge_cat", {{"dim", 1}}, {"other", "before"}, kTokens},
      {"glu"},
      {"reglu"},
      {"geglu"},
      {"swiglu", {}, {"before"}, kTokens},
      {"tokenizer_num", {{"d_token", 5}}},
      {"tokenizer_num", {{"d_token", 5}, {"bias", false}}},
      {"ft_cls", {}, {"before"}, kTokens},
      {"permute", {{"dims", Integers{0, 3, 1, 2}}}, {"before"}, kPictures},
      {"select", {{"dim", 2}, {"index", -1}}, {"before"}, kPictures},
      {"layer_scale", {{"init", 0.7}}, {"before"}, kPictures},
      {"vit_embedding", {}, {"before"}, kTokens},
      {"ensemble_scale", {{"members", 4}, {"initialization", "normal"}}},
      {"ensemble_scale", {{"members", 4}, {"initialization", "normal"}}, {"before"}, kTokens},
      {"ensemble_linear", {{"out_features", 5}, {"members", 4}, {"initialization", "normal"}}},
      {"ensemble_linear", {{"out_features", 5}, {"members", 4}, {"bias", false}}, {"before"}, kTokens},
      {"separate_linear", {{"out_features", 5}}, {"before"}, kTokens},
      {"separate_linear", {{"out_features", 1}, {"bias", false}}, {"before"}, kTokens},
      {"multihead_attention", {{"num_heads", 2}}, {"before"}, kTokens},
      {"multihead_attention",
       {{"num_heads", 3}, {"bias", false}, {"is_causal", true}, {"dropout", 0.3}},
       {"before"},
       kTokens},
      {"conv1d", {{"out_channels", 3}, {"kernel_size", Integers{2}}}, {"before"}, kTokens},
      {"conv1d",
       {{"out_channels", 4},
        {"kernel_size", Integers{3}},
        {"stride", Integers{2}},
        {"padding", Integers{2}},
        {"dilation", Integers{2}},
        {"groups", 2},
        {"bias", false}},
       {"before"},
       kTokens},
      {"conv2d", {{"out_channels", 3}, {"kernel_size", Integers{2, 3}}}, {"before"}, kPictures},
      {"conv2d",
       {{"out_channels", 4},
        {"kernel_size", Integers{3, 2}},
        {"stride", Integers{2, 1}},
        {"padding", Integers{1, 2}},
        {"dilation", Integers{1, 3}},
        {"groups", 2}},
       {"before"},
       kPictures},
      // A window that moves by one place: within zeros, by groups, and with more zeros than it is wide.
      {"conv1d", {{"out_channels", 4}, {"kernel_size", Integers{3}}, {"padding", Integers{1}}}, {"before"}, kTokens},
      {"conv1d",
       {{"out_channels", 2}, {"kernel_size", Integers{2}}, {"padding", Integers{2}}, {"dilation", Integers{3}}},
       {"before"},
       kTokens},
      {"conv1d", {{"out_channels", 2}, {"kernel_size", Integers{2}}, {"padding", Integers{3}}}, {"before"}, kTokens},
      {"conv2d",
       {{"out_channels", 4},
        {"kernel_size", Integers{3, 2}},
        {"padding", Integers{1, 1}},
        {"dilation", Integers{1, 2}},
        {"groups", 2}},
       {"before"},
       kPictures},
      {"max_pool1d", {{"kernel_size", Integers{2}}}, {"before"}, kTokens},
      {"max_pool2d", {{"kernel_size", Integers{2, 2}}}, {"before"}, kPictures},
      {"max_pool2d",
       {{"kernel_size", Integers{3, 2}},
        {"stride", Integers{1, 2}},
        {"padding", Integers{1, 1}},
        {"dilation", Integers{2, 1}}},
       {"before"},
       kPictures},
      {"avg_pool1d", {{"kernel_size", Integers{3}}, {"padding", Integers{1}}}, {"before"}, kTokens},
      {"avg_pool2d", {{"kernel_size", Integers{2, 3}}, {"stride", Integers{1, 1}}}, {"before"}, kPictures},
      {"avg_pool2d",
       {{"kernel_size", Integers{3, 3}}, {"padding", Integers{1, 1}}, {"count_include_pad", false}},
       {"before"},
       kPictures},
      {"adaptive_avg_pool1d", {{"output_size", Integers{4}}}, {"before"}, kTokens},
      {"adaptive_avg_pool1d", {{"output_size", Integers{1}}}, {"before"}, Integers{2, 37}},
      {"adaptive_avg_pool2d", {{"output_size", Integers{1, 1}}}, {"before"}, kPictures},
      {"adaptive_max_pool1d", {{"output_size", Integers{4}}}, {"before"}, kTokens},
      {"adaptive_max_pool2d", {{"output_size", Integers{2, 3}}}, {"before"}, kPictures},
      {"lstm", {{"hidden_size", 3}}, {"before"}, kTokens},
      {"lstm",
       {{"hidden_size", 3}, {"num_layers", 2}, {"bidirectional", true}, {"dropout", 0.2}, {"output", "last"}},
       {"before"},
       kTokens},
      {"gru", {{"hidden_size", 3}}, {"before"}, kTokens},
      {"gru",
       {{"hidden_size", 3}, {"num_layers", 2}, {"bidirectional", true}, {"bias", false}, {"output", "last"}},
       {"before"},
       kTokens},
      {"rnn", {{"hidden_size", 3}}, {"before"}, kTokens},
      {"rnn",
       {{"hidden_size", 3}, {"nonlinearity", "relu"}, {"num_layers", 3}, {"bidirectional", true}},
       {"before"},
       kTokens},
      {"transformer_encoder_layer", {{"nhead", 2}, {"dim_feedforward", 7}, {"dropout", 0.2}}, {"before"}, kTokens},
      {"transformer_encoder_layer",
       {{"nhead", 1}, {"dim_feedforward", 7}, {"activation", "gelu"}, {"norm_first", true}, {"dropout", 0.0}},
       {"before"},
       kTokens},
      {"ft_transformer_block", {{"attention_n_heads", 2}}, {"before"}, kTokens},
      {"ft_transformer_block",
       {{"attention_n_heads", 2}, {"is_first_layer", true}, {"last_token_only", true}, {"residual_dropout", 0.1}},
       {"before"},
       kTokens},
      {"ft_transformer_block",
       {{"attention_n_heads", 3},
        {"query_idx", std::vector<std::int64_t>{2, 0}},
        {"prenormalization", false},
        {"attention_bias", false},
        {"ffn_bias_first", false},
        {"ffn_bias_second", false},
        {"ffn_activation", "swiglu"}},
       {"before"},
       kTokens},
      {"ft_transformer_block",
       {{"attention_n_heads", 2},
        {"attention_normalization", "identity"},
        {"ffn_normalization", "identity"},
        {"ffn_activation", "geglu"}},
       {"before"},
       kTokens},
      {"unsqueeze", {{"dim", 1}}},
      {"reshape", {{"shape", std::vector<std::int64_t>{-1, 2, 3}}}},
      {"standardize", {{"mean", kSix}, {"sd", kSixPositive}}},
      {"standardize",
       {{"mean", c10::List<double>{0.5}}, {"sd", c10::List<double>{2.0}}, {"index", c10::List<std::int64_t>{4}}}},
      {"unstandardize", {{"mean", kSix}, {"sd", kSixPositive}}},
      {"constant", {{"out_features", 4}}}};
}

/// Something for an argument without a default, by its type.
inline c10::IValue some_value(const c10::Argument& argument) {
  const auto type = argument.real_type()->str();
  if (type.find("int[]") != std::string::npos || type.find("List[int]") != std::string::npos) {
    return std::vector<std::int64_t>{2};
  }
  if (type == "int") return 2;
  if (type == "float") return 0.5;
  return "some";
}

/// What fits some of the inputs below, for those that are choosy.
inline value::NamedValues chosen_parameters(const std::string& operation) {
  if (operation == "squeeze") return {{"dim", std::vector<std::int64_t>{1}}};
  if (operation == "pad") return {{"padding", Integers{1, 1}}};
  if (operation == "upsample") return {{"scale_factor", std::vector<double>{2}}};
  if (operation == "ft_transformer_block") return {{"attention_n_heads", 2}};
  if (operation != "piecewise_linear_encoding") return {};
  return {{"edges", std::vector<double>{0, 1, 0, 1}}, {"bins", Integers{1, 1}}};
}

/// Settings with which an operation can be made.
inline value::NamedValues some_parameters(const std::string& operation) {
  auto parameters = chosen_parameters(operation);
  for (const auto& argument : network::operations().at(operation).schema.arguments()) {
    if (!argument.default_value()) parameters.emplace(argument.name(), some_value(argument));
  }
  return parameters;
}

/// Of all kinds, so that every operation takes one of them.
inline std::vector<at::Tensor> some_inputs() {
  std::vector<at::Tensor> inputs{at::zeros({3, 1}, at::kLong), at::zeros({3, 2}, at::kLong)};
  for (const auto& sizes :
       std::vector<std::vector<std::int64_t>>{{3, 6}, {3, 2, 6}, {3, 4, 6}, {3, 4, 6, 6}, {3, 4, 6, 6, 6}}) {
    inputs.push_back(at::randn(sizes, generator_of(2)));
  }
  return inputs;
}

}  // namespace mlr3libtorch::test
