// Each loss on the tested device against the CPU: its value, its gradient, and what it counts in a mean.
#include "loss/loss_cases.h"

#include "device/tested_device.h"

namespace mlr3libtorch::test_device_losses {
namespace {

using namespace mlr3libtorch::test;

at::Tensor on_device(const at::Tensor& tensor) { return tensor.defined() ? tensor.to(tested_device()) : tensor; }

void check_loss(const loss::Loss& loss, const at::Tensor& y_hat, const at::Tensor& y, const at::Tensor& weights) {
  const auto found = compare(loss, on_device(y_hat), on_device(y), on_device(weights));
  const auto expected = compare(loss, y_hat, y, weights);
  CHECK(agrees(found.loss, expected.loss));
  CHECK(agrees(found.gradient, expected.gradient));
  const auto count = loss.denominator(y, weights);
  CHECK(loss.denominator(on_device(y), on_device(weights)) == Approx(count));
}

TEST_CASE("every loss is on the device what it is on the CPU, with case weights and without", "[device]") {
  for_each_reduction(loss_cases(), [](const LossCase& example) {
    const auto loss = make_loss(example.name, example.arguments);
    check_loss(*loss, outputs_for(example), target_for(example), {});
    check_loss(*loss, outputs_for(example), target_for(example), torch::arange(kLossRows).to(at::kFloat));
  });
}

TEST_CASE("a loss in the target's units is on the device what it is on the CPU", "[device]") {
  for (const auto& example : loss_cases()) {
    const auto loss = make_loss(example.name, example.arguments);
    if (!loss->has_units()) continue;
    CAPTURE(example.name, example.outputs);
    const auto count = static_cast<std::size_t>(example.outputs);
    loss->use_units({std::vector<float>(count, 1.5F), std::vector<float>(count, 2.5F)});
    check_loss(*loss, outputs_for(example), target_for(example), {});
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_device_losses
