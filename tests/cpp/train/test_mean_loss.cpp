#include "train/run_setup.h"

#include <cmath>

namespace mlr3libtorch::test_mean_loss {
namespace {

using namespace mlr3libtorch::test;

/// The mean loss of all rows of `batches`, by the loss itself on all of them at once, for outputs that do not change.
double loss_of_all(const loss::Loss& loss, const std::vector<data::Batch>& batches,
                   const std::vector<at::Tensor>& y_hats) {
  std::vector<at::Tensor> y, weights;
  for (const auto& batch : batches) {
    y.push_back(batch.y);
    if (batch.weights.defined()) weights.push_back(batch.weights);
  }
  return loss.forward(at::cat(y_hats), at::cat(y), weights.empty() ? at::Tensor() : at::cat(weights)).item<double>();
}

void check_epochs(const Setup& setup) {
  std::vector<data::Batch> batches;
  std::vector<at::Tensor> y_hats;
  std::vector<double> expected;
  train::Callbacks callbacks;
  add(callbacks, "keeper", {Stage::kEpochBegin, Stage::kBatchEnd, Stage::kEpochEnd},
      [&](Stage stage, Context& context) {
        if (stage == Stage::kEpochBegin) {
          batches.clear();
          y_hats.clear();
        } else if (stage == Stage::kBatchEnd) {
          batches.push_back(context.batch);
          batches.back().own();
          y_hats.push_back(context.y_hats.front().clone());
        } else {
          expected.push_back(loss_of_all(context.loss_fn, batches, y_hats));
        }
      });
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  REQUIRE(run->history().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(run->history()[i].epoch == static_cast<std::int64_t>(i) + 1);
    CHECK(run->history()[i].loss_train == Approx(expected[i]).epsilon(1e-6));
    CHECK(run->history()[i].seconds >= 0);
  }
}

TEST_CASE("an epoch's mean loss is that of all its rows, whatever the batches' sizes and weights", "[train]") {
  for (const auto plan : {train::PlanUse::kAuto, train::PlanUse::kOff}) {
    for (const bool weighted : {false, true}) {
      CAPTURE(static_cast<int>(plan), weighted);
      Setup setup;
      setup.options.plan = plan;
      setup.options.loader.batch_size = 7;
      setup.weighted = weighted;
      check_epochs(setup);
    }
  }
}

TEST_CASE("the validation's mean loss is the loss of all its rows", "[train]") {
  for (const auto plan : {train::PlanUse::kAuto, train::PlanUse::kOff}) {
    Setup setup;
    setup.options.plan = plan;
    setup.options.batch_size_valid = 4;
    setup.rows_valid = 10;
    const auto valid = make_dataset(10);
    double expected = 0;
    std::optional<double> shown;
    auto callbacks = one({Stage::kValidEnd}, [&](Stage, Context& context) {
      const auto y_hat = context.network.forward(valid.x, {}).front();
      expected = context.loss_fn.forward(y_hat, valid.y, {}).item<double>();
      shown = context.mean_loss_valid;
    });
    const auto run = make_run(setup, std::move(callbacks));
    train_quietly(*run);
    CHECK(run->history().back().loss_valid == Approx(expected).epsilon(1e-5));
    CHECK(shown.value() == run->history().back().loss_valid);
  }
}

TEST_CASE("a mean loss goes on from its state, and is unknown if that was not saved", "[train]") {
  train::MeanLoss whole, first, second;
  CHECK(std::isnan(whole.value()));
  whole.add(at::scalar_tensor(2.0), 3);
  whole.add(at::scalar_tensor(4.0), 1);
  CHECK(whole.value() == 2.5);
  first.add(at::scalar_tensor(2.0), 3);
  second.load_state(first.state());
  second.add(at::scalar_tensor(4.0), 1);
  CHECK(second.value() == whole.value());
  second.load_state({});
  CHECK(std::isnan(second.value()));
  CHECK_THROWS_AS(second.load_state(std::vector<double>{1}), base::Error);
}

}  // namespace
}  // namespace mlr3libtorch::test_mean_loss
