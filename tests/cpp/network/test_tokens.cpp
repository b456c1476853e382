#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_tokens {
namespace {

using namespace mlr3libtorch::test;

std::map<std::string, at::Tensor> weights_of(const network::Network& network) {
  std::map<std::string, at::Tensor> weights;
  for (const auto& [name, weight] : network.parameters()) weights[name.substr(name.find('.') + 1)] = weight;
  return weights;
}

TEST_CASE("a token of a number is the number times its feature's vector plus another", "[network]") {
  const auto x = at::tensor({1.0F, 2.0F, -1.0F, 0.5F}).reshape({2, 2});
  const auto network = make_network({{"node", "tokenizer_num", {{"d_token", 3}}, {"x"}}}, x);
  auto weights = weights_of(network);
  const auto expected = x.reshape({2, 2, 1}) * weights["weight"] + weights["bias"];
  CHECK(at::equal(network.forward({x}, {}).front(), expected));
  CHECK(weights["weight"].abs().max().item<double>() <= 1 / std::sqrt(3.0));
}

TEST_CASE("a token of a class is its feature's vector for it", "[network]") {
  const auto x = at::tensor({0, 2, 1, 0}, at::kLong).reshape({2, 2});
  const network::Node node{
      "node", "tokenizer_categ", {{"d_token", 3}, {"cardinalities", std::vector<std::int64_t>{2, 3}}}, {"x"}};
  const auto network = make_network({node}, x);
  auto weights = weights_of(network);
  CHECK(weights["weight"].sizes() == at::IntArrayRef({5, 3}));
  const auto rows = at::tensor({0, 4, 1, 2}, at::kLong);
  const auto expected = weights["weight"].index_select(0, rows).reshape({2, 2, 3}) + weights["bias"];
  CHECK(at::equal(network.forward({x}, {}).front(), expected));
  CHECK_THROWS_AS(network.forward({x + 1}, {}), base::ShapeError);
}

TEST_CASE("the CLS token comes last and is the same for every row", "[network]") {
  const auto x = at::randn({2, 3, 4});
  const auto network = make_network({{"node", "ft_cls", {}, {"x"}}}, x);
  const auto y = network.forward({x}, {}).front();
  CHECK(at::equal(y.narrow(1, 0, 3), x));
  CHECK(at::equal(y.select(1, 3), weights_of(network)["weight"].expand({2, 4})));
}

/// The block of the paper (Gorishniy et al., 2021) for one head, from its weights; the first block does not normalise
/// before its attention.
at::Tensor ft_block(const at::Tensor& x, std::map<std::string, at::Tensor>& w, bool is_first) {
  const auto normalised = [&](const at::Tensor& t, const std::string& norm) {
    return at::layer_norm(t, {t.size(2)}, w[norm + "_weight"], w[norm + "_bias"]);
  };
  const auto map = [&](const at::Tensor& t, const std::string& name) {
    return at::matmul(t, w[name + "_weight"].t()) + w[name + "_bias"];
  };
  const auto input = is_first ? x : normalised(x, "norm1");
  const auto scores = at::matmul(map(input, "query"), map(input, "key").transpose(1, 2)) / std::sqrt(x.size(2));
  const auto attended = x + map(at::matmul(scores.softmax(-1), map(input, "value")), "attention_out");
  const auto halves = map(normalised(attended, "norm2"), "linear1").chunk(2, -1);
  return attended + map(halves[0] * halves[1].relu(), "linear2");
}

TEST_CASE("a block of the FT-Transformer is what its paper says", "[network]") {
  const auto x = at::randn({2, 3, 6}, at::detail::createCPUGenerator(2));
  for (const bool is_first : {true, false}) {
    value::NamedValues parameters{{"attention_n_heads", 1}, {"is_first_layer", is_first}};
    const auto network = make_network({{"node", "ft_transformer_block", parameters, {"x"}}}, x);
    auto weights = weights_of(network);
    const auto expected = ft_block(x, weights, is_first);
    CHECK(at::allclose(network.forward({x}, {}).front(), expected, 1e-5, 1e-6));
    parameters["last_token_only"] = true;
    auto last = make_network({{"node", "ft_transformer_block", parameters, {"x"}}}, x);
    CHECK(at::allclose(last.forward({x}, {}).front(), expected.narrow(1, 2, 1), 1e-5, 1e-6));
  }
}

TEST_CASE("tokens that heads cannot share are refused with the remedy", "[network]") {
  CHECK_THROWS_WITH(apply("multihead_attention", {{"num_heads", 4}}, at::zeros({2, 3, 6})),
                    Catch::Contains("choose a number of heads that divides them"));
  CHECK_THROWS_WITH(apply("transformer_encoder_layer", {{"nhead", 1}}, at::zeros({2, 6})),
                    Catch::Contains("(rows, tokens, features)"));
}

}  // namespace
}  // namespace mlr3libtorch::test_tokens
