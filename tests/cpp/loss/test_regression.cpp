#include <cmath>

#include "core/base/error.h"
#include "loss/losses.h"

namespace mlr3libtorch::test_regression {
namespace {

using namespace mlr3libtorch::test;
namespace F = torch::nn::functional;

at::Tensor predicted() { return column({1, 2, 4}); }
at::Tensor truth() { return column({0.5, 2, 7}); }

TEST_CASE("huber loss is a parabola, then a line", "[loss]") {
  CHECK(compute_loss("huber", {}, predicted(), truth()) == near((0.125 + 0 + 2.5) / 3));
  CHECK(compute_loss("huber", {{"delta", 2.0}, {"reduction", "sum"}}, predicted(), truth()) == near(0.125 + 4));
  CHECK(compute_loss("huber", {}, predicted(), truth()) == near(F::huber_loss(predicted(), truth()).item<double>()));
  CHECK_THROWS_AS(make_loss("huber", {{"delta", 0.0}}), base::ConfigError);
}

TEST_CASE("smooth l1 loss is a parabola, then a line of slope 1", "[loss]") {
  CHECK(compute_loss("smooth_l1", {}, predicted(), truth()) == near((0.125 + 0 + 2.5) / 3));
  CHECK(compute_loss("smooth_l1", {{"beta", 2.0}, {"reduction", "sum"}}, predicted(), truth()) == near(0.0625 + 2));
  CHECK(compute_loss("smooth_l1", {{"beta", 0.0}}, predicted(), truth()) ==
        near(compute_loss("l1", {}, predicted(), truth())));
}

TEST_CASE("poisson likelihood follows torch::nn", "[loss]") {
  const auto counts = column({0, 2, 7});
  CHECK(compute_loss("poisson_nll", {}, predicted(), counts) ==
        near((std::exp(1) - 0 + std::exp(2) - 4 + std::exp(4) - 28) / 3));
  for (const bool log_input : {true, false}) {
    for (const bool full : {true, false}) {
      const auto options = F::PoissonNLLLossFuncOptions().log_input(log_input).full(full).eps(0.01);
      CHECK(compute_loss("poisson_nll", {{"log_input", log_input}, {"full", full}, {"eps", 0.01}}, predicted(),
                         counts) == near(F::poisson_nll_loss(predicted(), counts, options).item<double>()));
    }
  }
}

TEST_CASE("gaussian likelihood is minus the log of the normal density", "[loss]") {
  const auto log_variance = column({0, 1, -2});
  double sum = 0, constants = 0;
  for (int i = 0; i < 3; ++i) {
    const auto s = log_variance[i].item<double>();
    const auto error = (predicted()[i] - truth()[i]).item<double>();
    sum += 0.5 * (s + error * error / std::exp(s));
    constants += 0.5 * std::log(2 * M_PI);
  }
  const auto y_hat = torch::cat({predicted(), log_variance}, 1);
  CHECK(compute_loss("gaussian_nll", {}, y_hat, truth()) == near(sum / 3));
  CHECK(compute_loss("gaussian_nll", {{"full", true}, {"reduction", "sum"}}, y_hat, truth()) == near(sum + constants));
}

TEST_CASE("gaussian likelihood keeps the variance away from zero", "[loss]") {
  const auto y_hat = torch::tensor({{1.0, -100.0}}, at::kDouble);
  CHECK(compute_loss("gaussian_nll", {{"eps", 0.01}}, y_hat, column({1.1})) ==
        near(0.5 * (std::log(0.01) + 0.01 / 0.01)));
}

TEST_CASE("pinball loss weighs errors by their side", "[loss]") {
  CHECK(compute_loss("quantile", {{"quantiles", numbers({0.9})}}, predicted(), truth()) ==
        near((0.1 * 0.5 + 0 + 0.9 * 3) / 3));
  const auto two = torch::cat({predicted(), predicted()}, 1);
  CHECK(compute_loss("quantile", {{"quantiles", numbers({0.9, 0.2})}, {"reduction", "sum"}}, two, truth()) ==
        near(0.1 * 0.5 + 0.9 * 3 + 0.8 * 0.5 + 0.2 * 3));
  CHECK(compute_loss("quantile", {}, predicted(), truth()) == near(compute_loss("l1", {}, predicted(), truth()) / 2));
}

TEST_CASE("the minimum of the pinball loss is the quantile", "[loss]") {
  const auto y = torch::arange(1, 102, at::kDouble).unsqueeze(1);
  const auto at_quantile = compute_loss("quantile", {{"quantiles", numbers({0.25})}}, torch::full_like(y, 26), y);
  for (const double other : {20.0, 25.0, 27.0, 40.0}) {
    CHECK(compute_loss("quantile", {{"quantiles", numbers({0.25})}}, torch::full_like(y, other), y) > at_quantile);
  }
}

TEST_CASE("losses say how many outputs they need, and refuse others", "[loss]") {
  CHECK(make_loss("mse", {})->outputs().count == 1);
  CHECK(make_loss("gaussian_nll", {})->outputs().count == 2);
  CHECK(make_loss("quantile", {{"quantiles", numbers({0.1, 0.5, 0.9})}})->outputs().count == 3);
  CHECK_THROWS_AS(compute_loss("gaussian_nll", {}, predicted(), truth()), base::ConfigError);
  CHECK_THROWS_AS(compute_loss("quantile", {{"quantiles", numbers({0.1, 0.5})}}, predicted(), truth()),
                  base::ConfigError);
  CHECK_THROWS_AS(make_loss("quantile", {{"quantiles", numbers({})}}), base::ConfigError);
}

}  // namespace
}  // namespace mlr3libtorch::test_regression
