#include <cmath>

#include "core/base/error.h"
#include "loss/losses.h"

namespace mlr3libtorch::test_survival {
namespace {

using namespace mlr3libtorch::test;

/// (time, event)
at::Tensor seen() {
  return torch::tensor({{3.0, 1.0}, {1.0, 0.0}, {2.0, 1.0}, {3.0, 0.0}, {2.0, 1.0}, {5.0, 1.0}}, at::kDouble);
}
at::Tensor risk() { return column({0.2, -1.0, 0.7, 1.5, -0.3, 0.1}); }

/// Breslow's partial likelihood, written out: each event against all rows of at least its time.
double partial_likelihood(const at::Tensor& y_hat, const at::Tensor& y) {
  double sum = 0;
  for (std::int64_t i = 0; i < y.size(0); ++i) {
    double at_risk = 0;
    for (std::int64_t j = 0; j < y.size(0); ++j) {
      if (y[j][0].item<double>() >= y[i][0].item<double>()) at_risk += std::exp(y_hat[j][0].item<double>());
    }
    sum += y[i][1].item<double>() * (std::log(at_risk) - y_hat[i][0].item<double>());
  }
  return sum;
}

TEST_CASE("cox_ph is minus Breslow's partial likelihood, and its mean is that over events", "[loss]") {
  const auto sum = partial_likelihood(risk(), seen());
  CHECK(compute_loss("cox_ph", {{"reduction", "sum"}}, risk(), seen()) == near(sum));
  CHECK(compute_loss("cox_ph", {}, risk(), seen()) == near(sum / 4));
  // Only differences count, and they may be large.
  CHECK(compute_loss("cox_ph", {}, risk() + 300, seen()) == near(sum / 4));
}

TEST_CASE("cox_ph without events is 0, and so is its gradient", "[loss]") {
  auto y = seen();
  y.select(1, 1).zero_();
  const auto y_hat = risk().set_requires_grad(true);
  const auto loss = make_loss("cox_ph", {})->forward(y_hat, y);
  loss.backward();
  CHECK(loss.item<double>() == 0);
  CHECK(torch::equal(y_hat.grad(), torch::zeros_like(y_hat)));
}

TEST_CASE("cox_ph by hand is what autograd computes, for many rows with ties", "[loss]") {
  const std::int64_t rows = 500;
  const auto random = at::detail::createCPUGenerator(3);
  const auto y =
      at::stack({at::randint(1, 60, {rows}, random, at::kFloat), at::randint(0, 2, {rows}, random, at::kFloat)}, 1);
  const auto weights = at::randint(0, 3, {rows}, random, at::kFloat);
  for (const bool weighted : {false, true}) {
    const auto y_hat = at::randn({rows, 1}, random).mul_(3).set_requires_grad(true);
    const auto loss = make_loss("cox_ph", {});
    const auto expected = loss->forward(y_hat, y, weighted ? weights : at::Tensor());
    expected.backward();
    kernel::Target target;
    target.values = y.data_ptr<float>();
    target.width = 2;
    if (weighted) target.weights = weights.data_ptr<float>();
    auto gradient = torch::empty({rows, 1});
    const auto found = loss->kernel(1)->compare(rows, 1, y_hat.data_ptr<float>(), target, gradient.data_ptr<float>());
    CHECK(found == Approx(expected.item<float>()).epsilon(1e-5));
    CHECK(torch::allclose(gradient, y_hat.grad(), 1e-4, 1e-7));
  }
}

TEST_CASE("discrete_hazard is minus the log likelihood of the interval, or of the intervals survived", "[loss]") {
  // intervals (0, 1], (1, 2.5], (2.5, 4]
  const value::NamedValues values{{"cuts", numbers({1, 2.5, 4})}, {"reduction", "sum"}};
  const auto logits = torch::tensor({{0.3, -1.0, 2.0}}, at::kDouble);
  const auto hazard = [&](int k) { return 1 / (1 + std::exp(-logits[0][k].item<double>())); };
  const auto loss = [&](double time, double event) {
    return compute_loss("discrete_hazard", values, logits, torch::tensor({{time, event}}, at::kDouble));
  };
  const auto first = -std::log(1 - hazard(0));
  const auto second = first - std::log(1 - hazard(1));
  CHECK(loss(0.5, 1) == near(-std::log(hazard(0))));
  CHECK(loss(1, 1) == near(-std::log(hazard(0))));
  CHECK(loss(2, 1) == near(first - std::log(hazard(1))));
  CHECK(loss(4, 1) == near(second - std::log(hazard(2))));
  CHECK(loss(9, 1) == near(second - std::log(1 - hazard(2))));
  CHECK(loss(0.5, 0) == near(0));
  CHECK(loss(1, 0) == near(first));
  CHECK(loss(2, 0) == near(first));
  CHECK(loss(9, 0) == near(second - std::log(1 - hazard(2))));
}

TEST_CASE("losses for survival refuse other targets, outputs and cuts", "[loss]") {
  CHECK_THROWS_WITH(compute_loss("cox_ph", {}, risk(), risk()),
                    Catch::Contains("needs a target of two columns of numbers") && Catch::Contains("[6, 1]"));
  CHECK_THROWS_AS(compute_loss("cox_ph", {}, torch::cat({risk(), risk()}, 1), seen()), base::ConfigError);
  const value::NamedValues two{{"cuts", numbers({1, 2})}};
  CHECK_THROWS_WITH(compute_loss("discrete_hazard", two, risk(), seen()),
                    "The loss 'discrete_hazard' has 2 cuts, but the network has 1 outputs.");
  for (const auto& cuts : {numbers({}), numbers({0, 1}), numbers({2, 1}), numbers({1, 1})}) {
    CHECK_THROWS_AS(make_loss("discrete_hazard", {{"cuts", cuts}}), base::ConfigError);
  }
  CHECK(make_loss("discrete_hazard", two)->outputs().cuts == std::vector<double>{1, 2});
}

}  // namespace
}  // namespace mlr3libtorch::test_survival
