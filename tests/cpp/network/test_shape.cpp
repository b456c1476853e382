#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_shape {
namespace {

using namespace mlr3libtorch::test;

at::Tensor rows() { return at::arange(2 * 3 * 4 * 5, at::kFloat).reshape({2, 3, 4, 5}); }

c10::List<std::int64_t> sizes(std::initializer_list<std::int64_t> values) { return c10::List<std::int64_t>(values); }

TEST_CASE("flatten, reshape, squeeze and unsqueeze keep the numbers and change the shape", "[network]") {
  const auto x = rows();
  CHECK(at::equal(apply("flatten", {}, x), x.flatten(1)));
  CHECK(at::equal(apply("flatten", {{"start_dim", 2}}, x), x.flatten(2)));
  CHECK(at::equal(apply("flatten", {{"end_dim", 2}}, x), x.flatten(1, 2)));
  CHECK(at::equal(apply("reshape", {{"shape", sizes({-1, 12, 5})}}, x), x.reshape({2, 12, 5})));
  CHECK(at::equal(apply("reshape", {{"shape", sizes({-1, 6, -1})}}, x), x.reshape({2, 6, 10})));
  CHECK(at::equal(apply("unsqueeze", {{"dim", 1}}, x), x.unsqueeze(1)));
  CHECK(at::equal(apply("unsqueeze", {{"dim", -1}}, x), x.unsqueeze(-1)));
  CHECK(at::equal(apply("squeeze", {{"dim", sizes({2})}}, x.unsqueeze(2)), x));
  CHECK(at::equal(apply("squeeze", {{"dim", sizes({-1})}}, x.unsqueeze(-1)), x));
  CHECK(at::equal(apply("squeeze", {{"dim", sizes({1, -1, 5})}}, x.unsqueeze(1).unsqueeze(-1)), x));
}

TEST_CASE("a reshaped network takes any number of rows", "[network]") {
  const auto network = make_network({{"node", "reshape", {{"shape", sizes({-1, 60})}}, {"x"}}}, rows());
  CHECK(network.forward({rows().narrow(0, 0, 1)}, {}).front().sizes() == at::IntArrayRef({1, 60}));
  CHECK(network.forward({rows().narrow(0, 0, 0)}, {}).front().sizes() == at::IntArrayRef({0, 60}));
}

TEST_CASE("permute names every dimension once", "[network]") {
  CHECK_THROWS_WITH(apply("permute", {{"dims", sizes({0, 2, 1})}}, rows()),
                    Catch::Contains("each of the 4 dimensions"));
  CHECK_THROWS_AS(apply("permute", {{"dims", sizes({0, 2, 2, 1})}}, rows()), base::ShapeError);
  CHECK_THROWS_AS(apply("permute", {{"dims", sizes({0, 2, 4, 1})}}, rows()), base::ShapeError);
}

TEST_CASE("select refuses a place that is not there", "[network]") {
  CHECK_THROWS_WITH(apply("select", {{"dim", 1}, {"index", 3}}, rows()), Catch::Contains("beyond the 3"));
  CHECK_THROWS_WITH(apply("select", {{"dim", 1}, {"index", -4}}, rows()), Catch::Contains("beyond the 3"));
  CHECK_THROWS_AS(apply("select", {{"dim", 4}, {"index", 0}}, rows()), base::ShapeError);
}

TEST_CASE("the dimension of the rows stays", "[network]") {
  CHECK_THROWS_WITH(apply("permute", {{"dims", sizes({1, 0, 2, 3})}}, rows()), Catch::Contains("of the rows"));
  CHECK_THROWS_WITH(apply("permute", {{"dims", sizes({0, 1, 0, 3})}}, rows()), Catch::Contains("cannot be changed"));
  CHECK_THROWS_WITH(apply("select", {{"dim", 0}, {"index", 0}}, rows()), Catch::Contains("cannot be changed"));
  CHECK_THROWS_WITH(apply("flatten", {{"start_dim", 0}}, rows()), Catch::Contains("cannot be changed"));
  CHECK_THROWS_WITH(apply("squeeze", {{"dim", sizes({0})}}, rows().narrow(0, 0, 1)),
                    Catch::Contains("cannot be changed"));
  CHECK_THROWS_WITH(apply("unsqueeze", {{"dim", 0}}, rows()), Catch::Contains("cannot be changed"));
  CHECK_THROWS_WITH(apply("reshape", {{"shape", sizes({2, 60})}}, rows()), Catch::Contains("stands for the rows"));
  CHECK_THROWS_AS(apply("squeeze", {{"dim", sizes({1})}}, rows()), base::ShapeError);
}

TEST_CASE("softmax and its logarithm sum to one along their dimension", "[network]") {
  const auto x = at::randn({3, 4, 5}, at::detail::createCPUGenerator(1));
  const auto exponentials = x.exp();
  CHECK(at::allclose(apply("softmax", {}, x), exponentials / exponentials.sum(-1, true), 1e-5, 1e-6));
  CHECK(at::allclose(apply("softmax", {{"dim", 1}}, x), exponentials / exponentials.sum(1, true), 1e-5, 1e-6));
  CHECK(at::allclose(apply("log_softmax", {}, x), (exponentials / exponentials.sum(-1, true)).log(), 1e-5, 1e-5));
}

/// What one operation makes of three inputs.
at::Tensor merge(const std::string& operation, const value::NamedValues& parameters, const at::Tensor& a,
                 const at::Tensor& b, const at::Tensor& c) {
  const network::Network network({{"a", "b", "c"}, {{"node", operation, parameters, {"a", "b", "c"}}}, {}}, {a, b, c},
                                 at::detail::createCPUGenerator(1));
  return network.forward({a, b, c}, {}).front();
}

TEST_CASE("merges take any number of inputs", "[network]") {
  const auto a = at::randn({3, 4}), b = at::randn({3, 4}), c = at::randn({3, 1});
  CHECK(at::equal(merge("merge_sum", {}, a, b, c), a + b + c));
  CHECK(at::equal(merge("merge_prod", {}, a, b, c), a * b * c));
  CHECK(at::equal(merge("merge_cat", {}, a, b, c), at::cat({a, b, c}, 1)));
  CHECK(at::equal(merge("merge_cat", {{"dim", 1}}, a, b, c), at::cat({a, b, c}, 1)));
  for (const auto* operation : {"merge_sum", "merge_prod", "merge_cat"}) {
    CHECK(at::equal(apply(operation, {}, a), a));
    CHECK_THROWS_AS(make_network({{"node", operation, {}, {}}}, a), base::ConfigError);
  }
  CHECK_THROWS_AS(merge("merge_sum", {}, a, b, at::randn({3, 3})), base::ShapeError);
}

TEST_CASE("an embedding has a normal vector for each class, and none for padding", "[network]") {
  const auto x = at::tensor({0, 3, 1, 3}, at::kLong).reshape({2, 2});
  const auto network = make_network(
      {{"node", "embedding", {{"num_embeddings", 4}, {"embedding_dim", 3}, {"padding_idx", 1}}, {"x"}}}, x);
  const auto weight = network.parameters()[0].second;
  CHECK(weight.sizes() == at::IntArrayRef({4, 3}));
  CHECK(weight.scalar_type() == at::kFloat);
  CHECK(weight[1].eq(0).all().item<bool>());
  const auto y = network.forward({x}, {}).front();
  CHECK(at::equal(y, weight.index_select(0, x.flatten()).reshape({2, 2, 3})));
  const auto many = make_network({{"node", "embedding", {{"num_embeddings", 100}, {"embedding_dim", 200}}, {"x"}}}, x);
  CHECK(many.parameters()[0].second.mean().item<double>() == Approx(0).margin(0.03));
  CHECK(many.parameters()[0].second.std().item<double>() == Approx(1).margin(0.03));
  CHECK_THROWS_AS(network.forward({at::tensor({4, 0}, at::kLong).reshape({1, 2})}, {}), base::ShapeError);
}

TEST_CASE("the columns of an embedding have vectors of their own if their numbers of classes are given", "[network]") {
  const auto x = at::tensor({0, 3, 1, 0}, at::kLong).reshape({2, 2});
  const auto embedding = [&](value::NamedValues more) {
    value::NamedValues parameters{
        {"num_embeddings", 6}, {"embedding_dim", 3}, {"cardinalities", std::vector<std::int64_t>{2, 4}}};
    for (auto& [name, value] : more) parameters[name] = value;
    return make_network({{"node", "embedding", parameters, {"x"}}}, x);
  };
  const auto network = embedding({});
  const auto weight = network.parameters()[0].second;
  const auto rows = at::tensor({0, 2 + 3, 1, 2 + 0}, at::kLong);
  CHECK(at::equal(network.forward({x}, {}).front(), weight.index_select(0, rows).reshape({2, 2, 3})));
  // a class of the second column would be one of the first
  CHECK_THROWS_AS(network.forward({at::tensor({2, 0}, at::kLong).reshape({1, 2})}, {}), base::ShapeError);
  CHECK_THROWS_AS(embedding({{"num_embeddings", 4}}), base::ShapeError);
  CHECK_THROWS_AS(embedding({{"padding_idx", 1}}), base::ShapeError);
  CHECK_THROWS_AS(embedding({{"cardinalities", std::vector<std::int64_t>{6}}}), base::ShapeError);
}

TEST_CASE("one-hot marks the class", "[network]") {
  const auto y = apply("one_hot", {{"num_classes", 3}}, at::tensor({2, 0}, at::kLong));
  CHECK(at::equal(y, at::tensor({0.0F, 0.0F, 1.0F, 1.0F, 0.0F, 0.0F}).reshape({2, 3})));
}

}  // namespace
}  // namespace mlr3libtorch::test_shape
