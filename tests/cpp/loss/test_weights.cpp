// Case weights, in every loss: what a row of weight k does is what k rows do.
#include <cmath>

#include "loss/loss_cases.h"

namespace mlr3libtorch::test_weights {
namespace {

using namespace mlr3libtorch::test;

constexpr std::int64_t kRows = kLossRows;

Comparison compare_by_kernel(const loss::Loss& loss, const at::Tensor& y_hat, const at::Tensor& y,
                             const at::Tensor& weights) {
  kernel::Target target;
  target.width = y.numel() / y.size(0);
  target.weights = weights.data_ptr<float>();
  if (y.is_floating_point()) {
    target.values = y.data_ptr<float>();
  } else {
    target.numbers = y.data_ptr<std::int64_t>();
  }
  const auto gradient = torch::empty_like(y_hat);
  const auto value =
      loss.kernel(y_hat.size(1))
          ->compare(y_hat.size(0), y_hat.size(1), y_hat.data_ptr<float>(), target, gradient.data_ptr<float>());
  return {torch::tensor(value), gradient};
}

template <class Check>
void for_each_case(const Check& check) {
  for_each_reduction(loss_cases(), [&](const LossCase& example) {
    check(*make_loss(example.name, example.arguments), outputs_for(example), target_for(example));
  });
}

TEST_CASE("whole weights do what as many rows do", "[loss]") {
  const auto times = torch::tensor({1, 0, 2, 1, 3, 0, 5}, at::kLong);
  for_each_case([&](const loss::Loss& loss, const at::Tensor& y_hat, const at::Tensor& y) {
    const auto weighted = compare(loss, y_hat, y, times.to(at::kFloat));
    const auto rows = torch::arange(kRows, at::kLong).repeat_interleave(times);
    const auto repeated = compare(loss, y_hat.index_select(0, rows), y.index_select(0, rows), {});
    CHECK(torch::allclose(weighted.loss, repeated.loss, 1e-5, 1e-6));
    const auto gradient = torch::zeros_like(y_hat).index_add(0, rows, repeated.gradient);
    CHECK(torch::allclose(weighted.gradient, gradient, 1e-5, 1e-6));
  });
}

TEST_CASE("weights that are all the same change no mean", "[loss]") {
  for (const auto& example : loss_cases()) {
    CAPTURE(example.name, example.outputs);
    const auto loss = make_loss(example.name, example.arguments);
    const auto plain = compare(*loss, outputs_for(example), target_for(example), {});
    const auto weighted = compare(*loss, outputs_for(example), target_for(example), torch::full({kRows}, 2.5F));
    // A risk set of rows that weigh more is larger, as if the rows were there several times.
    const double more = example.compares_rows ? std::log(2.5) : 0;
    CHECK(torch::allclose(weighted.loss - more, plain.loss, 1e-5, 1e-6));
    CHECK(torch::allclose(weighted.gradient, plain.gradient, 1e-5, 1e-6));
  }
}

TEST_CASE("a batch in which nothing weighs anything has no loss and no gradient", "[loss]") {
  for_each_case([&](const loss::Loss& loss, const at::Tensor& y_hat, const at::Tensor& y) {
    const auto nothing = torch::zeros({kRows});
    const auto found = compare(loss, y_hat, y, nothing);
    CHECK(found.loss.item<float>() == 0);
    CHECK(torch::equal(found.gradient, torch::zeros_like(y_hat)));
    if (loss.kernel(y_hat.size(1)) == nullptr) return;
    const auto planned = compare_by_kernel(loss, y_hat, y, nothing);
    CHECK(planned.loss.item<float>() == 0);
    CHECK(torch::equal(planned.gradient, torch::zeros_like(y_hat)));
  });
}

TEST_CASE("kernels weigh rows as autograd does", "[loss]") {
  const auto weights = torch::tensor({0.5, 0.0, 2.0, 1.0, 0.3, 4.0, 1.5}, at::kFloat);
  int kernels = 0;
  for_each_case([&](const loss::Loss& loss, const at::Tensor& y_hat, const at::Tensor& y) {
    if (loss.kernel(y_hat.size(1)) == nullptr) return;
    ++kernels;
    const auto expected = compare(loss, y_hat, y, weights);
    const auto found = compare_by_kernel(loss, y_hat, y, weights);
    CHECK(torch::allclose(found.loss, expected.loss, 1e-5, 1e-6));
    CHECK(torch::allclose(found.gradient, expected.gradient, 1e-5, 1e-6));
  });
  CHECK(kernels > 20);
}

}  // namespace
}  // namespace mlr3libtorch::test_weights
