#include <torch/csrc/jit/api/module.h>

#include <cmath>
#include <set>
#include <sstream>

#include "core/base/error.h"
#include "loss/losses.h"

namespace {

using namespace mlr3libtorch;
using namespace mlr3libtorch::test;
namespace F = torch::nn::functional;

TEST_CASE("mse is the mean or sum of squared differences", "[loss]") {
  const auto y_hat = column({1, 2, 4});
  const auto y = column({0, 2, 7});
  CHECK(compute_loss("mse", {}, y_hat, y) == near(10.0 / 3));
  CHECK(compute_loss("mse", {{"reduction", "sum"}}, y_hat, y) == near(10));
  CHECK(compute_loss("mse", {}, y_hat, y) == near(F::mse_loss(y_hat, y).item<double>()));
}

TEST_CASE("l1 is the mean or sum of absolute differences", "[loss]") {
  const auto y_hat = column({1, 2, 4});
  const auto y = column({0, 2, 7});
  CHECK(compute_loss("l1", {}, y_hat, y) == near(4.0 / 3));
  CHECK(compute_loss("l1", {{"reduction", "sum"}}, y_hat, y) == near(4));
  CHECK(compute_loss("l1", {}, y_hat, y) == near(F::l1_loss(y_hat, y).item<double>()));
}

TEST_CASE("cross entropy is the mean or sum of -log p of the true class", "[loss]") {
  const auto sum = -(std::log(0.5) + std::log(0.6) + std::log(0.8));
  CHECK(compute_loss("cross_entropy", {}, logits() + 3, classes()) == near(sum / 3));
  CHECK(compute_loss("cross_entropy", {{"reduction", "sum"}}, logits(), classes()) == near(sum));
  CHECK(compute_loss("cross_entropy", {}, logits(), classes()) ==
        near(F::cross_entropy(logits(), classes()).item<double>()));
}

TEST_CASE("class weights make the mean of cross entropy a weighted one", "[loss]") {
  const value::NamedValues values{{"class_weight", numbers({1, 2, 3})}};
  const auto sum = -(1 * std::log(0.5) + 3 * std::log(0.6) + 2 * std::log(0.8));
  CHECK(compute_loss("cross_entropy", values, logits(), classes()) == near(sum / 6));
  const auto options = F::CrossEntropyFuncOptions().weight(torch::tensor({1.0, 2.0, 3.0}, at::kDouble));
  CHECK(compute_loss("cross_entropy", values, logits(), classes()) ==
        near(F::cross_entropy(logits(), classes(), options).item<double>()));
  auto sums = values;
  sums["reduction"] = "sum";
  CHECK(compute_loss("cross_entropy", sums, logits(), classes()) == near(sum));
}

TEST_CASE("an ignored class does not count", "[loss]") {
  const auto sum = -(std::log(0.5) + std::log(0.8));
  CHECK(compute_loss("cross_entropy", {{"ignore_index", 2}}, logits(), classes()) == near(sum / 2));
  CHECK(compute_loss("cross_entropy", {{"ignore_index", 2}, {"class_weight", numbers({1, 3, 9})}}, logits(),
                     classes()) == near(-(std::log(0.5) + 3 * std::log(0.8)) / 4));
}

double probability(double z) { return 1 / (1 + std::exp(-z)); }

TEST_CASE("binary cross entropy is the mean or sum of -log p of the true class", "[loss]") {
  const auto sum = -(std::log(probability(0.3)) + std::log(1 - probability(-1.2)) + std::log(1 - probability(2)) +
                     std::log(probability(0)));
  CHECK(compute_loss("cross_entropy", {}, logit(), first()) == near(sum / 4));
  CHECK(compute_loss("cross_entropy", {{"reduction", "sum"}}, logit(), first()) == near(sum));
  CHECK(compute_loss("cross_entropy", {}, logit(), first()) ==
        near(F::binary_cross_entropy_with_logits(logit(), first()).item<double>()));
}

TEST_CASE("one logit and two logits give the same cross entropy, whatever the options", "[loss]") {
  for (const auto* reduction : {"mean", "sum"}) {
    for (const auto& class_weight : {c10::IValue(), c10::IValue(numbers({2, 5}))}) {
      for (const auto ignore_index : {-100, 0, 1}) {
        CAPTURE(reduction, class_weight.isNone(), ignore_index);
        const value::NamedValues values{
            {"class_weight", class_weight}, {"ignore_index", ignore_index}, {"reduction", reduction}};
        CHECK(compute_loss("cross_entropy", values, logit(), first()) ==
              near(compute_loss("cross_entropy", values, two_logits(), two_classes())));
      }
    }
  }
}

TEST_CASE("class weights of any number but the classes' are refused", "[loss]") {
  const value::NamedValues values{{"class_weight", numbers({1, 2, 3})}};
  CHECK_THROWS_AS(compute_loss("cross_entropy", values, logit(), first()), base::ConfigError);
  CHECK_THROWS_WITH(compute_loss("cross_entropy", {{"class_weight", numbers({1, 2})}}, logits(), classes()),
                    "'class_weight' has 2 weights, but there are 3 classes: give one weight per class, in the order of "
                    "the levels.");
}

TEST_CASE("losses check their arguments", "[loss]") {
  CHECK_THROWS_AS(make_loss("mse", {{"reduction", "none"}}), base::Error);
  CHECK_THROWS_AS(make_loss("cross_entropy", {{"class_weight", numbers({1, -1})}}), base::Error);
  CHECK_THROWS_AS(make_loss("cross_entropy", {{"weight", numbers({1, 1})}}), base::UnknownNameError);
  CHECK_THROWS_AS(make_loss("mes", {}), base::UnknownNameError);
}

/// What a loss cannot do without: a user's own needs its text or file.
value::NamedValues required_values(const std::string& name) {
  const std::string code = "def forward(self, y_hat, y):\n  return torch.pow(y_hat - y, 2)\n";
  if (name == "script") return {{"code", code}};
  if (name != "script_file") return {};
  torch::jit::Module module("Loss");
  module.define(code);
  std::ostringstream stream;
  module.save(stream);
  const auto bytes = stream.str();
  const std::vector<std::uint8_t> numbers(bytes.begin(), bytes.end());
  return {{"file", torch::tensor(numbers, torch::kByte)}};
}

TEST_CASE("losses keep dtype and gradients", "[loss]") {
  std::vector<std::tuple<std::string, at::Tensor, at::Tensor>> examples;
  for (const auto* name : {"mse", "l1", "huber", "smooth_l1", "poisson_nll", "quantile", "script", "script_file"}) {
    examples.emplace_back(name, logit(), first());
  }
  examples.emplace_back("gaussian_nll", at::cat({logit(), logit()}, 1), first());
  for (const auto* name : {"cross_entropy", "focal", "multi_margin", "bce_with_logits"}) {
    examples.emplace_back(name, logit(), first());
    examples.emplace_back(name, logits(), classes());
  }
  std::set<std::string> seen;
  for (const auto& [name, y_hat, y] : examples) {
    CAPTURE(name);
    const auto single = y_hat.to(at::kFloat).set_requires_grad(true);
    const auto result =
        make_loss(name, required_values(name))->forward(single, y.is_floating_point() ? y.to(at::kFloat) : y);
    CHECK(result.scalar_type() == at::kFloat);
    result.backward();
    CHECK(single.grad().isfinite().all().item<bool>());
    CHECK_FALSE(single.grad().eq(0).all().item<bool>());
    seen.insert(name);
  }
  for (const auto& name : loss::losses().names()) CHECK(seen.count(name) == 1);
}

}  // namespace
