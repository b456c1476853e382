// Every planned operation between two linear layers, so that gradients flow through it from and to somewhere.
#include "plan/plans.h"

#include <optional>
#include <set>

namespace mlr3libtorch::test_kernels {
namespace {

using namespace mlr3libtorch::test;

struct Case {
  std::string operation;
  value::NamedValues parameters = {};
  std::vector<std::string> inputs = {"before"};
  /// Of what the operation reads, for one row.
  std::vector<std::int64_t> sizes = {6};
};

using Integers = std::vector<std::int64_t>;
const Integers kTokens{4, 6};
const Integers kPictures{2, 4, 5};

std::vector<network::Node> around(const Case& tested) {
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

const c10::List<double> kSix{0.5, -1, 0, 3, 0.1, 2};
const c10::List<double> kSixPositive{0.5, 1, 2, 3, 0.1, 2};

std::vector<Case> cases() {
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

TEST_CASE("a planned step gives autograd's outputs and gradients, for each operation", "[plan]") {
  // Several blocks of those kernels that work in blocks of rows, and the last one is not full.
  const auto x = at::randn({150, 4}, generator_of(3));
  for (const auto& tested : cases()) {
    CAPTURE(tested.operation);
    auto network = make_network(around(tested), x);
    network.enable_gradients();
    REQUIRE(plan::reasons_against(network).empty());
    REQUIRE(plan::steps_out(network).empty());
    plan::Plan plan(network, 150, plan::Purpose::kTraining);
    for (const std::int64_t rows : {150, 5}) {
      const auto batch = x.narrow(0, 0, rows).contiguous();
      // Running averages move with each training step, but do not enter it.
      check_follows_autograd(network, plan, batch);
    }
  }
}

/// Of all numbers together: a single one may be on the other side of a jump.
double relative_error(const at::Tensor& given, const at::Tensor& expected) {
  return ((given - expected).norm() / expected.norm()).item<double>();
}

TEST_CASE("in bfloat16, planned steps and autograd's are close to float32, for each operation", "[plan][bfloat16]") {
  constexpr auto kBfloat16 = kernel::Precision::kBfloat16;
  const auto x = at::randn({150, 4}, generator_of(3));
  for (const auto& tested : cases()) {
    CAPTURE(tested.operation);
    auto network = make_network(around(tested), x);
    network.enable_gradients();
    const auto expected = step_by_autograd(network, {x});
    plan::Plan plan(network, 150, plan::Purpose::kTraining, kBfloat16);
    for (const auto& given : {step_by_plan(network, plan, {x}), step_by_autograd(network, {x}, 1, kBfloat16)}) {
      CHECK(given.y_hat.scalar_type() == at::kFloat);
      CHECK(relative_error(given.y_hat, expected.y_hat) < 0.05);
      CHECK(relative_error(given.gradients, expected.gradients) < 0.05);
      CHECK(relative_error(given.gradients, expected.gradients) > 1e-5);
    }
    CHECK(kernel::current_precision() == kernel::Precision::kFloat32);
  }
}

/// The gradient of half the sum of the outputs' squares by central differences in double precision.
at::Tensor finite_differences(const std::vector<network::Node>& nodes, const at::Tensor& x, const at::Tensor& weights) {
  constexpr double kStep = 1e-6;
  auto network = make_network(nodes, x.to(at::kDouble));
  auto& values = network.memory().values;
  values.copy_(weights);
  const auto loss = [&] {
    return network.forward({x.to(at::kDouble)}, {true, generator_of(1)}).front().square().sum().item<double>() / 2;
  };
  auto gradients = at::empty_like(values);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const auto before = values[i].item<double>();
    values[i] = before + kStep;
    const auto above = loss();
    values[i] = before - kStep;
    gradients[i] = (above - loss()) / (2 * kStep);
    values[i] = before;
  }
  return gradients;
}

TEST_CASE("a planned step's gradients are those of finite differences in double precision", "[plan]") {
  const auto x = at::randn({4, 2}, generator_of(5));
  for (const auto& tested : cases()) {
    CAPTURE(tested.operation);
    auto network = make_network(around(tested), x);
    network.enable_gradients();
    REQUIRE(plan::steps_out(network).empty());
    plan::Plan plan(network, 4, plan::Purpose::kTraining);
    const auto given = step_by_plan(network, plan, {x});
    const auto expected = finite_differences(around(tested), x, network.memory().values);
    CHECK(is_close(given.gradients.to(at::kDouble), expected, 1e-4));
  }
}

TEST_CASE("embeddings and indicators are planned for class numbers of either type", "[plan]") {
  const auto numbers = at::tensor({0, 2, 1, 2, 3}, at::kLong).view({5, 1});
  for (const auto type : {at::kLong, at::kFloat}) {
    for (const std::string operation : {"embedding", "one_hot"}) {
      CAPTURE(operation, type);
      value::NamedValues parameters{{"num_embeddings", 4}, {"embedding_dim", 3}, {"padding_idx", 1}};
      if (operation == "one_hot") parameters = {{"num_classes", 4}};
      const auto x = numbers.to(type);
      auto network = make_network({{"tested", operation, parameters, {"x"}},
                                   {"flat", "flatten", {}, {"tested"}},
                                   {"last", "linear", {{"out_features", 2}}, {"flat"}}},
                                  x);
      network.enable_gradients();
      plan::Plan plan(network, 5, plan::Purpose::kTraining);
      check_follows_autograd(network, plan, x);
      CHECK_THROWS_WITH(step_by_plan(network, plan, {x + 1}),
                        Catch::Contains("tested") && Catch::Contains("4 classes"));
    }
  }
}

TEST_CASE("an embedding of columns with vectors of their own is planned", "[plan]") {
  const auto x = at::tensor({0, 2, 1, 0, 1, 3, 0, 1}, at::kLong).view({4, 2});
  auto network =
      make_network({{"tested",
                     "embedding",
                     {{"num_embeddings", 6}, {"embedding_dim", 3}, {"cardinalities", std::vector<std::int64_t>{2, 4}}},
                     {"x"}},
                    {"flat", "flatten", {}, {"tested"}},
                    {"last", "linear", {{"out_features", 2}}, {"flat"}}},
                   x);
  network.enable_gradients();
  plan::Plan plan(network, 4, plan::Purpose::kTraining);
  check_follows_autograd(network, plan, x);
  CHECK_THROWS_WITH(step_by_plan(network, plan, {x + 1}), Catch::Contains("tested") && Catch::Contains("2 classes"));
}

TEST_CASE("tokens of classes are planned", "[plan]") {
  const auto x = at::tensor({0, 2, 1, 0, 1, 3, 0, 1}, at::kLong).view({4, 2});
  for (const bool bias : {true, false}) {
    auto network = make_network({{"tested",
                                  "tokenizer_categ",
                                  {{"d_token", 3}, {"cardinalities", std::vector<std::int64_t>{2, 4}}, {"bias", bias}},
                                  {"x"}},
                                 {"flat", "flatten", {}, {"tested"}},
                                 {"last", "linear", {{"out_features", 2}}, {"flat"}}},
                                x);
    REQUIRE(plan::steps_out(network).empty());
    check_follows_autograd(network, x);
  }
}

TEST_CASE("batch norm's running averages are those of autograd's step", "[plan]") {
  const auto x = at::randn({9, 4}, generator_of(3)) * 3 + 1;
  for (const auto& momentum : {c10::IValue(0.3), c10::IValue()}) {
    const std::vector<network::Node> nodes = {{"norm", "batch_norm1d", {{"momentum", momentum}}, {"x"}}};
    auto by_autograd = make_network(nodes, x);
    auto by_plan = make_network(nodes, x);
    by_autograd.enable_gradients();
    by_plan.enable_gradients();
    plan::Plan plan(by_plan, 9, plan::Purpose::kTraining);
    for (int batch = 0; batch < 3; ++batch) {
      step_by_autograd(by_autograd, {x + batch});
      step_by_plan(by_plan, plan, {x + batch});
    }
    for (std::size_t i = 0; i < by_plan.buffers().size(); ++i) {
      CHECK(is_close(by_plan.buffers()[i].second.to(at::kFloat), by_autograd.buffers()[i].second.to(at::kFloat)));
    }
    const auto one_row = x.narrow(0, 0, 1).contiguous();
    CHECK_THROWS_WITH(step_by_plan(by_plan, plan, {one_row}), Catch::Contains("batch of one row"));
  }
}

/// Something for an argument without a default, by its type.
c10::IValue some_value(const c10::Argument& argument) {
  const auto type = argument.real_type()->str();
  if (type.find("int[]") != std::string::npos || type.find("List[int]") != std::string::npos) {
    return std::vector<std::int64_t>{2};
  }
  if (type == "int") return 2;
  if (type == "float") return 0.5;
  return "some";
}

/// What fits some of the inputs below, for those that are choosy.
value::NamedValues chosen_parameters(const std::string& operation) {
  if (operation == "squeeze") return {{"dim", std::vector<std::int64_t>{1}}};
  if (operation == "pad") return {{"padding", Integers{1, 1}}};
  if (operation == "upsample") return {{"scale_factor", std::vector<double>{2}}};
  if (operation == "ft_transformer_block") return {{"attention_n_heads", 2}};
  if (operation != "piecewise_linear_encoding") return {};
  return {{"edges", std::vector<double>{0, 1, 0, 1}}, {"bins", Integers{1, 1}}};
}

value::NamedValues some_parameters(const std::string& operation) {
  auto parameters = chosen_parameters(operation);
  for (const auto& argument : network::operations().at(operation).schema.arguments()) {
    if (!argument.default_value()) parameters.emplace(argument.name(), some_value(argument));
  }
  return parameters;
}

/// Whether the operation is planned for so many of these inputs; none if it does not take them.
std::optional<bool> is_planned_for(const std::string& operation, const at::Tensor& x, std::size_t count) {
  const network::Node node{"node", operation, some_parameters(operation), std::vector<std::string>(count, "x")};
  try {
    return plan::reasons_against(make_network({node}, x)).empty();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::vector<at::Tensor> some_inputs() {
  std::vector<at::Tensor> inputs{at::zeros({3, 1}, at::kLong), at::zeros({3, 2}, at::kLong)};
  for (const auto& sizes :
       std::vector<std::vector<std::int64_t>>{{3, 6}, {3, 2, 6}, {3, 4, 6}, {3, 4, 6, 6}, {3, 4, 6, 6, 6}}) {
    inputs.push_back(at::randn(sizes, generator_of(2)));
  }
  return inputs;
}

TEST_CASE("every operation with a planned kernel is tested here", "[plan]") {
  std::set<std::string> tested{"embedding", "one_hot", "tokenizer_categ"};
  for (const auto& example : cases()) tested.insert(example.operation);
  // Texts and files that are not made up; nothing plans TorchScript.
  const std::set<std::string> not_built{"script", "script_file"};
  for (const auto& operation : network::operations().names()) {
    const bool is_tested = tested.count(operation) > 0;
    bool is_built = is_tested || not_built.count(operation) > 0;
    bool has_kernel = false;
    for (const auto& x : some_inputs()) {
      for (const std::size_t count : {1, 2, 3}) {
        const auto is_planned = is_planned_for(operation, x, count);
        if (!is_planned) continue;
        is_built = true;
        has_kernel = has_kernel || *is_planned;
      }
    }
    if (has_kernel && !is_tested) FAIL_CHECK(operation << ": add a row to cases() in tests/cpp/plan/test_kernels.cpp.");
    if (!is_built) {
      FAIL_CHECK(operation << " takes none of the inputs here: add arguments to chosen_parameters() or an input to "
                              "some_inputs() in tests/cpp/plan/test_kernels.cpp.");
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_kernels
