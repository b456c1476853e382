#include <torch/torch.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/loss/loss.h"

namespace {

using namespace mlr3libtorch;
namespace F = torch::nn::functional;

std::unique_ptr<loss::Loss> make(const std::string& name, const value::NamedValues& values) {
  return loss::losses().make(name, loss::losses().bind(name, values));
}

double compute(const std::string& name, const value::NamedValues& values, const at::Tensor& y_hat,
               const at::Tensor& y) {
  const auto result = make(name, values)->forward(y_hat, y);
  CHECK(result.dim() == 0);
  return result.item<double>();
}

c10::List<double> weights(std::initializer_list<double> values) { return c10::List<double>(values); }

at::Tensor column(const std::vector<double>& values) { return torch::tensor(values, at::kDouble).unsqueeze(1); }

Approx near(double value) { return Approx(value).epsilon(1e-6); }

TEST_CASE("mse is the mean or sum of squared differences", "[loss]") {
  const auto y_hat = column({1, 2, 4});
  const auto y = column({0, 2, 7});
  CHECK(compute("mse", {}, y_hat, y) == near(10.0 / 3));
  CHECK(compute("mse", {{"reduction", "sum"}}, y_hat, y) == near(10));
  CHECK(compute("mse", {}, y_hat, y) == near(F::mse_loss(y_hat, y).item<double>()));
}

TEST_CASE("l1 is the mean or sum of absolute differences", "[loss]") {
  const auto y_hat = column({1, 2, 4});
  const auto y = column({0, 2, 7});
  CHECK(compute("l1", {}, y_hat, y) == near(4.0 / 3));
  CHECK(compute("l1", {{"reduction", "sum"}}, y_hat, y) == near(4));
  CHECK(compute("l1", {}, y_hat, y) == near(F::l1_loss(y_hat, y).item<double>()));
}

/// Logits of three rows and three classes whose probabilities are these; the rows belong to the classes 0, 2, 1.
at::Tensor logits() { return torch::tensor({{0.5, 0.25, 0.25}, {0.2, 0.2, 0.6}, {0.1, 0.8, 0.1}}, at::kDouble).log(); }
at::Tensor classes() { return torch::tensor({0, 2, 1}, at::kLong); }

TEST_CASE("cross entropy is the mean or sum of -log p of the true class", "[loss]") {
  const auto sum = -(std::log(0.5) + std::log(0.6) + std::log(0.8));
  CHECK(compute("cross_entropy", {}, logits() + 3, classes()) == near(sum / 3));
  CHECK(compute("cross_entropy", {{"reduction", "sum"}}, logits(), classes()) == near(sum));
  CHECK(compute("cross_entropy", {}, logits(), classes()) ==
        near(F::cross_entropy(logits(), classes()).item<double>()));
}

TEST_CASE("class weights make the mean of cross entropy a weighted one", "[loss]") {
  const value::NamedValues values{{"class_weight", weights({1, 2, 3})}};
  const auto sum = -(1 * std::log(0.5) + 3 * std::log(0.6) + 2 * std::log(0.8));
  CHECK(compute("cross_entropy", values, logits(), classes()) == near(sum / 6));
  const auto options = F::CrossEntropyFuncOptions().weight(torch::tensor({1.0, 2.0, 3.0}, at::kDouble));
  CHECK(compute("cross_entropy", values, logits(), classes()) ==
        near(F::cross_entropy(logits(), classes(), options).item<double>()));
  auto sums = values;
  sums["reduction"] = "sum";
  CHECK(compute("cross_entropy", sums, logits(), classes()) == near(sum));
}

TEST_CASE("an ignored class does not count", "[loss]") {
  const auto sum = -(std::log(0.5) + std::log(0.8));
  CHECK(compute("cross_entropy", {{"ignore_index", 2}}, logits(), classes()) == near(sum / 2));
  CHECK(compute("cross_entropy", {{"ignore_index", 2}, {"class_weight", weights({1, 3, 9})}}, logits(), classes()) ==
        near(-(std::log(0.5) + 3 * std::log(0.8)) / 4));
}

/// One logit a row; 1 is the first class.
at::Tensor logit() { return column({0.3, -1.2, 2.0, 0.0}); }
at::Tensor first() { return column({1, 0, 0, 1}); }

double probability(double z) { return 1 / (1 + std::exp(-z)); }

TEST_CASE("binary cross entropy is the mean or sum of -log p of the true class", "[loss]") {
  const auto sum = -(std::log(probability(0.3)) + std::log(1 - probability(-1.2)) + std::log(1 - probability(2)) +
                     std::log(probability(0)));
  CHECK(compute("cross_entropy", {}, logit(), first()) == near(sum / 4));
  CHECK(compute("cross_entropy", {{"reduction", "sum"}}, logit(), first()) == near(sum));
  CHECK(compute("cross_entropy", {}, logit(), first()) ==
        near(F::binary_cross_entropy_with_logits(logit(), first()).item<double>()));
}

TEST_CASE("one logit and two logits give the same cross entropy, whatever the options", "[loss]") {
  const auto two_logits = torch::cat({logit(), torch::zeros_like(logit())}, 1);
  const auto class_numbers = (1 - first()).squeeze(1).to(at::kLong);
  for (const auto* reduction : {"mean", "sum"}) {
    for (const auto& class_weight : {c10::IValue(), c10::IValue(weights({2, 5}))}) {
      for (const auto ignore_index : {-100, 0, 1}) {
        CAPTURE(reduction, class_weight.isNone(), ignore_index);
        const value::NamedValues values{
            {"class_weight", class_weight}, {"ignore_index", ignore_index}, {"reduction", reduction}};
        CHECK(compute("cross_entropy", values, logit(), first()) ==
              near(compute("cross_entropy", values, two_logits, class_numbers)));
      }
    }
  }
}

TEST_CASE("class weights of any number but the classes' are refused", "[loss]") {
  const value::NamedValues values{{"class_weight", weights({1, 2, 3})}};
  CHECK_THROWS_AS(compute("cross_entropy", values, logit(), first()), base::ConfigError);
  CHECK_THROWS_WITH(compute("cross_entropy", {{"class_weight", weights({1, 2})}}, logits(), classes()),
                    "'class_weight' has 2 weights, but there are 3 classes: give one weight per class, in the order of "
                    "the levels.");
}

TEST_CASE("losses check their arguments", "[loss]") {
  CHECK_THROWS_AS(make("mse", {{"reduction", "none"}}), base::Error);
  CHECK_THROWS_AS(make("cross_entropy", {{"class_weight", weights({1, -1})}}), base::Error);
  CHECK_THROWS_AS(make("cross_entropy", {{"weight", weights({1, 1})}}), base::UnknownNameError);
  CHECK_THROWS_AS(make("mes", {}), base::UnknownNameError);
}

TEST_CASE("losses keep dtype and gradients", "[loss]") {
  const std::vector<std::tuple<std::string, at::Tensor, at::Tensor>> examples{{"mse", logit(), first()},
                                                                              {"l1", logit(), first()},
                                                                              {"cross_entropy", logit(), first()},
                                                                              {"cross_entropy", logits(), classes()}};
  std::set<std::string> seen;
  for (const auto& [name, y_hat, y] : examples) {
    CAPTURE(name);
    const auto single = y_hat.to(at::kFloat).set_requires_grad(true);
    const auto result = make(name, {})->forward(single, y.is_floating_point() ? y.to(at::kFloat) : y);
    CHECK(result.scalar_type() == at::kFloat);
    result.backward();
    CHECK(single.grad().isfinite().all().item<bool>());
    CHECK_FALSE(single.grad().eq(0).all().item<bool>());
    seen.insert(name);
  }
  for (const auto& name : loss::losses().names()) CHECK(seen.count(name) == 1);
}

}  // namespace
