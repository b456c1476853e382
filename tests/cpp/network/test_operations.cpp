#include <cmath>

#include "network/networks.h"

namespace mlr3libtorch::test_operations {
namespace {

using namespace mlr3libtorch::test;

at::Tensor dropped(double p, std::uint64_t seed, bool training = true) {
  return apply("dropout", {{"p", p}}, at::ones({100000, 2}), {training, at::detail::createCPUGenerator(seed)});
}

TEST_CASE("dropout zeroes a share p and keeps the mean", "[network]") {
  for (const double p : {0.1, 0.5, 0.9}) {
    CAPTURE(p);
    const auto y = dropped(p, 1);
    const auto zero = y.eq(0);
    CHECK(zero.to(at::kDouble).mean().item<double>() == Approx(p).margin(0.01));
    CHECK(y.to(at::kDouble).mean().item<double>() == Approx(1).margin(0.03));
    CHECK(at::allclose(y.masked_select(zero.logical_not()), at::tensor(static_cast<float>(1 / (1 - p)))));
  }
}

TEST_CASE("dropout follows its generator and no other", "[network]") {
  const auto library = at::detail::getDefaultCPUGenerator().get_state();
  CHECK(at::equal(dropped(0.5, 1), dropped(0.5, 1)));
  CHECK_FALSE(at::equal(dropped(0.5, 1), dropped(0.5, 2)));
  CHECK(at::equal(library, at::detail::getDefaultCPUGenerator().get_state()));
}

TEST_CASE("dropout does nothing outside of training and for p = 0, and zeroes all for p = 1", "[network]") {
  CHECK(dropped(0.5, 1, false).eq(1).all().item<bool>());
  CHECK(dropped(0, 1).eq(1).all().item<bool>());
  CHECK(dropped(1, 1).eq(0).all().item<bool>());
}

TEST_CASE("a linear node starts within 1 / sqrt(in_features), evenly", "[network]") {
  for (const std::int64_t in_features : {1, 16, 100}) {
    CAPTURE(in_features);
    const auto network =
        make_network({{"a", "linear", {{"out_features", 20000 / in_features}}, {"x"}}}, at::zeros({2, in_features}));
    const auto bound = 1 / std::sqrt(static_cast<double>(in_features));
    const auto weight = network.parameters()[0].second;
    CHECK(weight.sizes() == at::IntArrayRef({20000 / in_features, in_features}));
    for (const auto& [name, parameter] : network.parameters()) CHECK(parameter.abs().max().item<double>() <= bound);
    CHECK(weight.abs().max().item<double>() > 0.99 * bound);
    CHECK(weight.mean().item<double>() == Approx(0).margin(0.02 * bound));
    CHECK(weight.std().item<double>() == Approx(bound / std::sqrt(3)).epsilon(0.02));
  }
}

TEST_CASE("initial weights follow the generator and no other", "[network]") {
  const auto library = at::detail::getDefaultCPUGenerator().get_state();
  CHECK(at::equal(make_mlp(1).memory().values, make_mlp(1).memory().values));
  CHECK_FALSE(at::equal(make_mlp(1).memory().values, make_mlp(2).memory().values));
  CHECK(at::equal(library, at::detail::getDefaultCPUGenerator().get_state()));
}

TEST_CASE("a linear node maps the last dimension, with or without a bias", "[network]") {
  const auto x = at::randn({4, 5, 3}, at::detail::createCPUGenerator(1));
  const auto with = make_network({{"a", "linear", {{"out_features", 2}}, {"x"}}}, x);
  const auto parameters = with.parameters();
  CHECK(at::allclose(with.forward({x}, {}).front(), at::matmul(x, parameters[0].second.t()) + parameters[1].second,
                     1e-5, 1e-6));
  const auto without = make_network({{"a", "linear", {{"out_features", 2}, {"bias", false}}, {"x"}}}, x);
  REQUIRE(without.parameters().size() == 1);
  CHECK(at::allclose(without.forward({x}, {}).front(), at::matmul(x, without.parameters()[0].second.t()), 1e-5, 1e-6));
}

TEST_CASE("a weight that the machine's memory cannot hold is refused before it is made", "[network]") {
  const std::int64_t many = 1000000000000;
  CHECK_THROWS_WITH(make_network({{"huge", "linear", {{"out_features", many}}, {"x"}}}, at::zeros({2, 3})),
                    Catch::Contains("'huge'") && Catch::Contains("GB") && Catch::Contains("make the layer smaller"));
}

TEST_CASE("a constant node gives every row its weights, which start at zero", "[network]") {
  auto network = make_network({{"a", "constant", {{"out_features", 2}}, {"x"}}}, at::zeros({2, 3}));
  CHECK(network.memory().values.eq(0).all().item<bool>());
  network.memory().values.copy_(at::tensor({1.0F, -2.0F}));
  const auto y = network.forward({at::randn({3, 3}, at::detail::createCPUGenerator(1))}, {}).front();
  CHECK(at::equal(y, at::tensor({1.0F, -2.0F, 1.0F, -2.0F, 1.0F, -2.0F}).reshape({3, 2})));
}

}  // namespace
}  // namespace mlr3libtorch::test_operations
