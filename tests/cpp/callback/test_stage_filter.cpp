#include <cmath>

#include "core/base/error.h"
#include "core/callback/stage_filter.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_stage_filter {
namespace {

using namespace mlr3libtorch::test;

/// The batches, as `global_step`, in which a filter is due at `stage` in a run of 3 epochs of 3 batches.
std::vector<std::int64_t> due_in(Stage stage, const std::string& unit, double n) {
  std::vector<std::int64_t> due;
  callback::StageFilter filter(unit, n);
  Setup setup;
  setup.options.epochs = 3;
  train_weights(setup, one({stage}, [&](Stage called, Context& context) {
                  if (filter.due(called, context)) due.push_back(context.global_step);
                }));
  return due;
}

using Steps = std::vector<std::int64_t>;

TEST_CASE("a filter is due for each n-th batch, in each n-th epoch, or once", "[callback]") {
  CHECK(due_in(Stage::kBatchEnd, "batch", 4) == Steps{4, 8});
  CHECK(due_in(Stage::kBatchBegin, "batch", 1) == Steps{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(due_in(Stage::kBatchEnd, "epoch", 2) == Steps{4, 5, 6});
  CHECK(due_in(Stage::kEpochEnd, "epoch", 3) == Steps{9});
  CHECK(due_in(Stage::kEpochEnd, "once", 1) == Steps{3});
}

TEST_CASE("a filter of no unit or no number is refused", "[callback]") {
  CHECK_THROWS_AS(callback::StageFilter("batches", 1), base::UnknownNameError);
  for (const double n : {0.0, 1.5, -1.0, std::nan("")}) {
    CHECK_THROWS_AS(callback::StageFilter("batch", n), base::ConfigError);
  }
  CHECK_THROWS_AS(callback::StageFilter("second", 0), base::ConfigError);
  CHECK_THROWS_AS(callback::StageFilter("second", std::nan("")), base::ConfigError);
}

TEST_CASE("a filter by time waits", "[callback]") {
  CHECK(due_in(Stage::kBatchEnd, "second", 3600).empty());
  CHECK(due_in(Stage::kBatchEnd, "second", 1e-9) == Steps{1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("only a filter of one call can be done with", "[callback]") {
  callback::StageFilter once("once", 1), every("batch", 1);
  once.set_done();
  every.set_done();
  CHECK(once.is_done());
  CHECK_FALSE(every.is_done());
}

TEST_CASE("a run counts what it does", "[train]") {
  Setup setup;
  setup.rows_valid = 5;
  auto callbacks = one({Stage::kBatchEnd, Stage::kEpochEnd}, [](Stage, Context&) {});
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  const auto& timing = run->context().timing;
  std::vector<std::int64_t> calls;
  for (const auto& part : timing.parts()) {
    CHECK(part.seconds >= 0);
    calls.push_back(part.calls);
  }
  // data, forward, backward and step of 6 batches, 2 times 3 validation batches, no scores
  CHECK(calls == Steps{6, 6, 6, 6, 6, 0});
  REQUIRE(timing.stages().size() == 2);
  CHECK(timing.stages().front().callback == "one");
  CHECK(timing.stages().front().spent.calls == 2);
  CHECK(timing.stages().back().spent.calls == 6);
}

}  // namespace
}  // namespace mlr3libtorch::test_stage_filter
