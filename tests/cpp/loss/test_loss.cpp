#include <cmath>
#include <set>

#include "core/base/error.h"
#include "loss/loss_cases.h"

namespace mlr3libtorch::test_loss {
namespace {

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

TEST_CASE("every argument of every loss is in the cases that the tests of all losses go through", "[loss]") {
  std::set<std::string> set;
  for_each_reduction(loss_cases(), [&](const LossCase& tested) {
    set.insert(tested.name);
    for (const auto& [argument, value] : tested.arguments) set.insert(tested.name + " " + argument);
  });
  for (const auto& name : loss::losses().names()) {
    CAPTURE(name);
    CHECK(set.count(name) == 1);
    for (const auto& argument : loss::losses().at(name).schema.arguments()) {
      CAPTURE(argument.name());
      CHECK(set.count(name + " " + argument.name()) == 1);
    }
  }
}

TEST_CASE("losses keep dtype and gradients", "[loss]") {
  for (const auto& tested : loss_cases()) {
    CAPTURE(tested.name, tested.outputs);
    const bool by_number = tested.classes > 0 && tested.outputs > 1;
    const auto y_hat = torch::cat({logit(), -logit(), logit() + 1}, 1).narrow(1, 0, tested.outputs);
    const auto single = y_hat.to(at::kFloat).set_requires_grad(true);
    auto y = by_number ? at::cat({classes(), classes().narrow(0, 0, 1)}) : first().to(at::kFloat);
    if (tested.is_survival) y = survival_truth(4);
    const auto result = make_loss(tested.name, tested.arguments)->forward(single, y);
    CHECK(result.scalar_type() == at::kFloat);
    result.backward();
    CHECK(single.grad().isfinite().all().item<bool>());
    CHECK_FALSE(single.grad().eq(0).all().item<bool>());
  }
}

TEST_CASE("the denominator is what the mean over rows is divided by", "[loss]") {
  const auto y = classes();
  const auto weights = torch::tensor({2.0, 0.0, 3.0});
  const auto make = [](const value::NamedValues& values) { return make_loss("cross_entropy", values); };
  CHECK(make_loss("mse", {})->denominator(first()) == 4);
  CHECK(make_loss("mse", {})->denominator(y, weights) == near(5));
  CHECK(make_loss("mse", {{"reduction", "sum"}})->denominator(y, weights) == 1);
  // of classes 0, 2, 1
  CHECK(make({})->denominator(y) == 3);
  CHECK(make({{"class_weight", numbers({1, 10, 100})}})->denominator(y) == near(111));
  CHECK(make({{"class_weight", numbers({1, 10, 100})}})->denominator(y, weights) == near(32));
  CHECK(make({{"ignore_index", 0}})->denominator(y, weights) == near(3));
  // of one logit, where 1 is the first class
  CHECK(make({{"class_weight", numbers({1, 10})}})->denominator(first()) == near(22));
  CHECK(make({{"ignore_index", 1}})->denominator(first()) == near(2));
  CHECK(make_loss("focal", {{"class_weight", numbers({1, 10, 100})}})->denominator(y) == near(111));
  // PyTorch's mean of this one is over rows, whatever their classes weigh.
  CHECK(make_loss("multi_margin", {{"class_weight", numbers({1, 10, 100})}})->denominator(y) == 3);
}

TEST_CASE("a batch of ignored rows has no loss and no gradient", "[loss]") {
  const auto y = torch::ones({3}, at::kLong);
  const auto loss = make_loss("cross_entropy", {{"ignore_index", 1}});
  const auto y_hat = logits().to(at::kFloat).set_requires_grad(true);
  loss->forward(y_hat, y).backward();
  CHECK(torch::equal(y_hat.grad(), torch::zeros({3, 3})));
  auto gradient = torch::ones({3, 3});
  kernel::Target target;
  target.numbers = y.data_ptr<std::int64_t>();
  target.width = 1;
  CHECK(loss->kernel(3)->compare(3, 3, y_hat.data_ptr<float>(), target, gradient.data_ptr<float>()) == 0);
  CHECK(torch::equal(gradient, torch::zeros({3, 3})));
}

}  // namespace
}  // namespace mlr3libtorch::test_loss
