#include <limits>

#include "callback/callbacks.h"
#include "core/base/error.h"

// clip_grad_value, gradient_noise and terminate_on_nan: what they do to gradients before a step.
namespace mlr3libtorch::test_gradient_callbacks {
namespace {

using namespace mlr3libtorch::test;
using Tensors = std::vector<at::Tensor>;

/// The gradients of each batch before and after the callback.
std::pair<Tensors, Tensors> around(const std::string& name, const value::NamedValues& values) {
  Tensors before, after;
  const auto keep = [](Tensors& gradients) {
    return [&gradients](Stage, Context& context) { gradients.push_back(context.network.memory().gradients.clone()); };
  };
  train::Callbacks callbacks;
  add(callbacks, "before", {Stage::kAfterBackward}, keep(before));
  callbacks.push_back(make_native(name, values));
  add(callbacks, "after", {Stage::kAfterBackward}, keep(after));
  train_weights(Setup(), std::move(callbacks));
  REQUIRE(before.size() == 6);
  return {before, after};
}

TEST_CASE("each gradient is cut by itself", "[callback]") {
  const auto [before, after] = around("clip_grad_value", {{"clip_value", 0.05}});
  for (std::size_t i = 0; i < before.size(); ++i) {
    REQUIRE(before[i].abs().max().item<double>() > 0.05);
    CHECK(same_bytes(after[i], before[i].clamp(-0.05, 0.05)));
  }
}

TEST_CASE("the noise of gradients has the variance of its formula", "[callback]") {
  const auto [before, after] = around("gradient_noise", {{"eta", 4.0}, {"gamma", 1.0}});
  double sum = 0;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto noise = (after[i] - before[i]) / std::sqrt(4.0 / static_cast<double>(i + 1));
    sum += noise.pow(2).sum().item<double>();
    count += noise.numel();
  }
  CHECK(sum / static_cast<double>(count) == Approx(1).margin(0.25));
}

TEST_CASE("noise is drawn from the run's generator", "[callback]") {
  const value::NamedValues values{{"eta", 0.1}};
  const auto first = train_weights(Setup(), with_native("gradient_noise", values));
  at::randn({5});
  CHECK(same_bytes(first, train_weights(Setup(), with_native("gradient_noise", values))));
  Setup setup;
  setup.options.epochs = 4;
  CHECK(resumes_exactly(setup, "gradient_noise", values));
}

/// Makes the gradients of batch 5, the second of epoch 2, what the network cannot learn from.
train::Callbacks spoiled(const value::NamedValues& values, bool gradients_only) {
  train::Callbacks callbacks;
  add(callbacks, "spoiler", {Stage::kBatchBegin, Stage::kAfterBackward}, [gradients_only](Stage stage, Context& run) {
    if (run.global_step != 5) return;
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    if (stage == Stage::kBatchBegin && !gradients_only) run.batch.x[0] = run.batch.x[0] * nan;
    if (stage == Stage::kAfterBackward && gradients_only) run.network.memory().gradients[3] = nan;
  });
  callbacks.push_back(make_native("terminate_on_nan", values));
  return callbacks;
}

TEST_CASE("training stops before a step that would spoil the weights", "[callback]") {
  for (const bool gradients_only : {false, true}) {
    Setup setup;
    setup.options.epochs = 5;
    const auto run = make_run(setup, spoiled({}, gradients_only));
    train_quietly(*run);
    CHECK(run->context().epoch == 2);
    CHECK(run->context().global_step == 5);
    CHECK(at::isfinite(weights(*run)).all().item<bool>());
  }
}

TEST_CASE("or ends in an error", "[callback]") {
  CHECK_THROWS_WITH(train_weights(Setup(), spoiled({{"action", "error"}}, false)),
                    "The loss is not finite: training diverges.");
  CHECK_THROWS_WITH(train_weights(Setup(), spoiled({{"action", "error"}}, true)),
                    "The gradients are not finite: training diverges.");
  // Where gradients are not looked at, the weights are spoiled and with them the next loss.
  CHECK_THROWS_WITH(train_weights(Setup(), spoiled({{"action", "error"}, {"gradients", false}}, true)),
                    "The loss is not finite: training diverges.");
  CHECK_THROWS_AS(make_native("terminate_on_nan", {{"action", "stpo"}}), base::Error);
}

}  // namespace
}  // namespace mlr3libtorch::test_gradient_callbacks
