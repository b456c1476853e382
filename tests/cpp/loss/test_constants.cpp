// What a network should start with, and the loss of the best outputs that are the same for all rows.
#include "loss/loss_cases.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace mlr3libtorch::test_constants {
namespace {

using namespace mlr3libtorch::test;

at::Tensor make_numbers() { return column({0, 1, 1, 2, 3, 9}); }
at::Tensor make_weights() { return torch::tensor({1.0, 2.0, 0.0, 1.0, 3.0, 1.0}, at::kDouble); }

at::Tensor make_truth(const LossCase& tested) {
  if (tested.classes == 0) return make_numbers();
  if (tested.outputs == 1) return column({1, 0, 0, 1, 1, 1});
  return torch::tensor({0, 2, 1, 0, 0, 2}, at::kLong);
}

double loss_of(const loss::Loss& loss, const at::Tensor& constant, const at::Tensor& y, const at::Tensor& weights) {
  return loss.forward(constant.unsqueeze(0).expand({y.size(0), constant.size(0)}), y, weights).item<double>();
}

/// The smallest loss of many outputs around 0.
double least_of_many(const loss::Loss& loss, bool is_positive, std::int64_t outputs, const at::Tensor& y,
                     const at::Tensor& weights) {
  const auto generator = at::detail::createCPUGenerator(5);
  double least = HUGE_VAL;
  for (int i = 0; i < 3000; ++i) {
    const auto constant = at::randn({outputs}, generator, at::kDouble) * 2 + 1;
    least = std::min(least, loss_of(loss, is_positive ? constant.abs() : constant, y, weights));
  }
  return least;
}

TEST_CASE("no outputs that are the same for all rows have a smaller loss", "[loss]") {
  const std::vector<std::string> near_best{"huber", "smooth_l1"};
  int known = 0;
  for (const auto& tested : loss_cases()) {
    const auto loss = make_loss(tested.name, tested.arguments);
    const auto y = make_truth(tested);
    for (const auto& weights : {at::Tensor(), make_weights()}) {
      CAPTURE(tested.name, tested.outputs, tested.arguments.size(), weights.defined());
      const auto constant = loss->constant_loss(y, weights, tested.outputs);
      if (!constant) continue;
      ++known;
      // Between the mean and the median.
      const bool is_near = std::count(near_best.begin(), near_best.end(), tested.name) > 0;
      const bool is_rate = tested.arguments.count("log_input") > 0;
      CHECK(*constant <= least_of_many(*loss, is_rate, tested.outputs, y, weights) + (is_near ? 0.1 : 1e-6));
    }
  }
  CHECK(known > 20);
}

TEST_CASE("the constant's loss is the target's variance, its mean distance, the classes' entropy", "[loss]") {
  const auto y = make_numbers();
  CHECK(*make_loss("mse", {})->constant_loss(y.to(at::kFloat), {}, 1) == near(y.var(0, false).item<double>()));
  CHECK(*make_loss("l1", {})->constant_loss(y, {}, 1) == near((y - 1).abs().mean().item<double>()));
  const auto entropy = -(0.5 * std::log(0.5) + std::log(1.0 / 6) / 6 + std::log(1.0 / 3) / 3);
  CHECK(*make_loss("cross_entropy", {})->constant_loss(torch::tensor({0, 2, 1, 0, 0, 2}), {}, 3) == near(entropy));
}

TEST_CASE("the constant's loss is in the units that are used", "[loss]") {
  const auto y = make_numbers();
  auto loss = make_loss("mse", {});
  loss->use_units({{static_cast<float>(y.mean().item<double>())}, {2.0F}});
  CHECK(*loss->constant_loss(y, {}, 1) == near(y.var(0, false).item<double>() / 4));
}

TEST_CASE("there is no constant's loss for a sum and for losses whose best outputs are not known", "[loss]") {
  const auto y = make_numbers();
  CHECK_FALSE(make_loss("mse", {{"reduction", "sum"}})->constant_loss(y, {}, 1));
  CHECK_FALSE(make_loss("script", {{"code", squared_error_code()}})->constant_loss(y, {}, 1));
  CHECK_FALSE(make_loss("focal", {})->constant_loss(first(), {}, 1));
}

TEST_CASE("a network starts with the logarithms of the classes' shares of the weight", "[loss]") {
  const auto loss = make_loss("cross_entropy", {});
  const auto y = torch::tensor({0, 2, 0, 0}, at::kLong);
  const auto start = loss->start(y, {}, 3, 3);
  const auto shares = start.softmax(0);
  // The class without rows counts as half a row.
  CHECK(at::allclose(shares, torch::tensor({3.0, 0.5, 1.0}, at::kDouble) / 4.5));
  const auto weights = torch::tensor({1.0F, 1.0F, 0.0F, 0.0F});
  CHECK(start.sizes() == at::IntArrayRef({3}));
  CHECK(at::allclose(loss->start(y, weights, 3, 3).softmax(0)[0], torch::tensor(0.5 / 1.125, at::kDouble)));
  const auto odds = loss->start(first(), torch::tensor({1.0F, 3.0F, 1.0F, 0.0F}), 1, 2);
  CHECK(odds.item<double>() == near(std::log(1.0 / 4)));
}

TEST_CASE("numbers start at 0, which is their mean once they are standardised, and rates at the mean", "[loss]") {
  CHECK(at::equal(make_loss("gaussian_nll", {})->start(make_numbers(), {}, 2, 0), at::zeros({2}, at::kDouble)));
  CHECK(make_loss("poisson_nll", {})->start(make_numbers(), {}, 1, 0).item<double>() == near(std::log(16.0 / 6)));
  const auto rate = make_loss("poisson_nll", {{"log_input", false}});
  CHECK(rate->start(make_numbers(), make_weights(), 1, 0).item<double>() == near(22.0 / 8));
}

}  // namespace
}  // namespace mlr3libtorch::test_constants
