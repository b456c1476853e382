#include <cmath>

#include "core/base/error.h"
#include "loss/losses.h"

namespace mlr3libtorch::test_classification {
namespace {

using namespace mlr3libtorch::test;
namespace F = torch::nn::functional;

TEST_CASE("label smoothing follows torch::nn", "[loss]") {
  for (const double smoothing : {0.1, 0.5, 1.0}) {
    const auto options =
        F::CrossEntropyFuncOptions().weight(torch::tensor({1.0, 2.0, 3.0}, at::kDouble)).label_smoothing(smoothing);
    CHECK(compute_loss("cross_entropy", {{"label_smoothing", smoothing}, {"class_weight", numbers({1, 2, 3})}},
                       logits(), classes()) == near(F::cross_entropy(logits(), classes(), options).item<double>()));
  }
}

TEST_CASE("label smoothing of two classes is the same for one logit and two", "[loss]") {
  for (const auto& class_weight : {c10::IValue(), c10::IValue(numbers({2, 5}))}) {
    const value::NamedValues values{{"label_smoothing", 0.2}, {"class_weight", class_weight}};
    CHECK(compute_loss("cross_entropy", values, logit(), first()) ==
          near(compute_loss("cross_entropy", values, two_logits(), two_classes())));
  }
  const auto smoothed = first() * 0.8 + 0.1;
  CHECK(compute_loss("cross_entropy", {{"label_smoothing", 0.2}}, logit(), first()) ==
        near(F::binary_cross_entropy_with_logits(logit(), smoothed).item<double>()));
}

TEST_CASE("focal loss scales -log p by (1 - p)^gamma", "[loss]") {
  const std::vector<double> p{0.5, 0.6, 0.8};
  for (const double gamma : {0.5, 1.0, 2.0}) {
    double sum = 0;
    for (const double one : p) sum -= std::pow(1 - one, gamma) * std::log(one);
    CHECK(compute_loss("focal", {{"gamma", gamma}}, logits(), classes()) == near(sum / 3));
    CHECK(compute_loss("focal", {{"gamma", gamma}, {"reduction", "sum"}}, logits(), classes()) == near(sum));
    CHECK(compute_loss("focal", {{"gamma", gamma}}, logit(), first()) ==
          near(compute_loss("focal", {{"gamma", gamma}}, two_logits(), two_classes())));
  }
}

TEST_CASE("focal loss with gamma 0 is cross entropy, class weights included", "[loss]") {
  const value::NamedValues weights{{"class_weight", numbers({1, 2, 3})}};
  auto focal = weights;
  focal["gamma"] = 0.0;
  CHECK(compute_loss("focal", focal, logits(), classes()) ==
        near(compute_loss("cross_entropy", weights, logits(), classes())));
}

TEST_CASE("focal loss has a finite slope if the true class is certain", "[loss]") {
  const auto y_hat = torch::tensor({{80.0, 0.0}}, at::kDouble).set_requires_grad(true);
  make_loss("focal", {{"gamma", 0.5}})->forward(y_hat, torch::tensor({0}, at::kLong)).backward();
  CHECK(y_hat.grad().isfinite().all().item<bool>());
}

TEST_CASE("multi-margin loss follows torch::nn and its closed form", "[loss]") {
  const auto scores = torch::tensor({{1.0, 0.5, -1.0}}, at::kDouble);
  const auto truth = torch::tensor({0}, at::kLong);
  CHECK(compute_loss("multi_margin", {}, scores, truth) == near(0.5 / 3));
  CHECK(compute_loss("multi_margin", {{"p", 2}, {"margin", 3.0}}, scores, truth) == near((2.5 * 2.5 + 1) / 3));
  const auto options = F::MultiMarginLossFuncOptions().weight(torch::tensor({1.0, 2.0, 3.0}, at::kDouble));
  CHECK(compute_loss("multi_margin", {{"class_weight", numbers({1, 2, 3})}}, logits(), classes()) ==
        near(F::multi_margin_loss(logits(), classes(), options).item<double>()));
  CHECK(compute_loss("multi_margin", {}, logit(), first()) ==
        near(compute_loss("multi_margin", {}, two_logits(), two_classes())));
}

TEST_CASE("binary cross entropy of one logit follows torch::nn", "[loss]") {
  CHECK(compute_loss("bce_with_logits", {}, logit(), first()) ==
        near(F::binary_cross_entropy_with_logits(logit(), first()).item<double>()));
  const auto options = F::BinaryCrossEntropyWithLogitsFuncOptions().pos_weight(torch::tensor(3.0, at::kDouble));
  CHECK(compute_loss("bce_with_logits", {{"pos_weight", 3.0}}, logit(), first()) ==
        near(F::binary_cross_entropy_with_logits(logit(), first(), options).item<double>()));
}

TEST_CASE("binary cross entropy of several classes tells each from all others", "[loss]") {
  const auto truth = torch::one_hot(classes(), 3).to(at::kDouble);
  CHECK(compute_loss("bce_with_logits", {}, logits(), classes()) ==
        near(F::binary_cross_entropy_with_logits(logits(), truth).item<double>()));
}

TEST_CASE("every loss of classes refuses class weights of another number", "[loss]") {
  for (const auto* name : {"cross_entropy", "focal", "multi_margin"}) {
    CHECK_THROWS_AS(compute_loss(name, {{"class_weight", numbers({1, 2})}}, logits(), classes()), base::ConfigError);
    CHECK_THROWS_AS(compute_loss(name, {{"class_weight", numbers({1, 2, 3})}}, logit(), first()), base::ConfigError);
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_classification
