#include <ATen/core/grad_mode.h>

#include "train/run_setup.h"

namespace mlr3libtorch::test_ending {
namespace {

using namespace mlr3libtorch::test;
using Calls = std::vector<std::string>;
using Epochs = std::vector<std::int64_t>;

/// The epochs in which a validation ended, and how many scores there were.
struct Evaluations {
  Epochs epochs;
  std::size_t scores_train;
  std::size_t scores_valid;
};

Evaluations evaluations(std::int64_t epochs, std::int64_t eval_freq, StageSet stages = {}, Action action = {}) {
  Setup setup;
  setup.rows_valid = 4;
  setup.options.epochs = epochs;
  setup.options.eval_freq = eval_freq;
  Evaluations seen{};
  train::Callbacks callbacks;
  add(callbacks, "actor", stages, std::move(action));
  add(callbacks, "observer", {Stage::kValidEnd},
      [&](Stage, Context& context) { seen.epochs.push_back(context.epoch); });
  KeepingScorer scorer;
  base::Interrupt interrupt;
  make_run(setup, std::move(callbacks))->train(scorer, interrupt);
  seen.scores_train = scorer.train.size();
  seen.scores_valid = scorer.valid.size();
  return seen;
}

Action terminate_at(std::int64_t epoch) {
  return [epoch](Stage, Context& context) {
    if (context.epoch == epoch) context.terminate = true;
  };
}

TEST_CASE("every eval_freq-th epoch is evaluated, and the last", "[train]") {
  CHECK(evaluations(5, 1).epochs == Epochs{1, 2, 3, 4, 5});
  CHECK(evaluations(5, 2).epochs == Epochs{2, 4, 5});
  CHECK(evaluations(6, 3).epochs == Epochs{3, 6});
  CHECK(evaluations(4, 100).epochs == Epochs{4});
}

TEST_CASE("training and validation are scored together", "[train]") {
  const auto seen = evaluations(5, 2);
  CHECK(seen.scores_train == 3);
  CHECK(seen.scores_valid == 3);
}

TEST_CASE("an epoch that terminate has just made the last is evaluated", "[train]") {
  for (const auto stage :
       {Stage::kEpochBegin, Stage::kBatchBegin, Stage::kAfterBackward, Stage::kBatchEnd, Stage::kBeforeValid}) {
    CAPTURE(name_of(stage));
    const auto seen = evaluations(10, 4, {stage}, terminate_at(2));
    CHECK(seen.epochs == Epochs{2});
    CHECK(seen.scores_train == 1);
    CHECK(seen.scores_valid == 1);
  }
}

TEST_CASE("terminate at an epoch's end trains no further epoch", "[train]") {
  CHECK(evaluations(10, 1, {Stage::kEpochEnd}, terminate_at(3)).epochs == Epochs{1, 2, 3});
  CHECK(evaluations(10, 1, {Stage::kValidEnd}, terminate_at(3)).epochs == Epochs{1, 2, 3});
}

TEST_CASE("terminate in begin trains no epoch but calls end", "[train]") {
  Calls calls;
  train::Callbacks callbacks;
  add(callbacks, "stopper", {Stage::kBegin}, [](Stage, Context& context) { context.terminate = true; });
  add(callbacks, "writer", all_stages(), writing(calls));
  const auto run = make_run(Setup(), std::move(callbacks));
  const auto before = weights(*run);
  train_quietly(*run);
  CHECK(calls == Calls{"on_begin 0 0 0", "on_end 0 0 0"});
  CHECK(same_bytes(before, weights(*run)));
}

TEST_CASE("terminate within an epoch completes the epoch, its validation and its callbacks", "[train]") {
  Setup setup;
  setup.rows_valid = 4;
  setup.options.epochs = 10;
  std::vector<std::int64_t> steps;
  Calls calls;
  train::Callbacks callbacks;
  add(callbacks, "stopper", {Stage::kBatchBegin}, [](Stage, Context& context) { context.terminate = true; });
  add(callbacks, "counter", {Stage::kBatchEnd}, [&](Stage, Context& context) { steps.push_back(context.step); });
  add(callbacks, "writer", {Stage::kValidEnd, Stage::kEpochEnd, Stage::kEnd}, writing(calls));
  train_quietly(*make_run(setup, std::move(callbacks)));
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3});
  CHECK(calls == Calls{"on_valid_end 1 3 2", "on_epoch_end 1 3 2", "on_end 1 3 2"});
}

TEST_CASE("the context names the callback that has ended the run, and nobody if all epochs were trained", "[train]") {
  const auto stopped_by = [](std::int64_t first, std::int64_t second) {
    train::Callbacks callbacks;
    add(callbacks, "first", {Stage::kEpochEnd}, terminate_at(first));
    add(callbacks, "second", {Stage::kEpochEnd}, terminate_at(second));
    const auto run = make_run(Setup(), std::move(callbacks));
    train_quietly(*run);
    return run->context().stopped_by;
  };
  CHECK(stopped_by(1, 1) == "first");
  CHECK(stopped_by(0, 1) == "second");
  CHECK(stopped_by(0, 0).empty());
}

TEST_CASE("a callback that takes terminate back has not ended the run", "[train]") {
  train::Callbacks callbacks;
  add(callbacks, "first", {Stage::kBatchEnd}, [](Stage, Context& context) { context.terminate = true; });
  add(callbacks, "second", {Stage::kEpochEnd}, [](Stage, Context& context) { context.terminate = false; });
  const auto run = make_run(Setup(), std::move(callbacks));
  train_quietly(*run);
  CHECK(run->context().stopped_by.empty());
}

TEST_CASE("stop_epoch goes on with validation and then with the next epoch", "[train]") {
  Setup setup;
  setup.rows_valid = 2;
  Calls calls;
  train::Callbacks callbacks;
  add(callbacks, "stopper", {Stage::kAfterBackward}, [](Stage, Context& context) {
    if (context.epoch == 1 && context.step == 2) context.stop_epoch = true;
  });
  add(callbacks, "writer", {Stage::kBatchEnd, Stage::kValidEnd, Stage::kEpochEnd}, writing(calls));
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  CHECK(calls == Calls{"on_batch_end 1 1 0", "on_batch_end 1 2 0", "on_valid_end 1 2 1", "on_epoch_end 1 2 1",
                       "on_batch_end 2 1 0", "on_batch_end 2 2 0", "on_batch_end 2 3 0", "on_valid_end 2 3 1",
                       "on_epoch_end 2 3 1"});
  CHECK(run->context().global_step == 5);
}

TEST_CASE("stop_epoch at an epoch's begin trains no batch and scores no training", "[train]") {
  const auto seen = evaluations(2, 1, {Stage::kEpochBegin}, [](Stage, Context& context) { context.stop_epoch = true; });
  CHECK(seen.epochs == Epochs{1, 2});
  CHECK(seen.scores_train == 0);
  CHECK(seen.scores_valid == 2);
}

TEST_CASE("a scorer sees every row once, with its prediction", "[train]") {
  Setup setup;
  setup.rows_valid = 5;
  setup.options.epochs = 1;
  KeepingScorer scorer;
  base::Interrupt interrupt;
  const auto run = make_run(setup);
  run->train(scorer, interrupt);
  REQUIRE(scorer.train.size() == 1);
  REQUIRE(scorer.valid.size() == 1);
  CHECK(at::equal(std::get<0>(scorer.train[0].index.sort()), at::arange(20)));
  CHECK(scorer.train[0].y_hat.sizes() == at::IntArrayRef({20, 1}));
  CHECK(at::equal(scorer.valid[0].index, at::arange(5)));
  const at::NoGradGuard no_gradients;
  const auto expected = run->network()->forward(make_dataset(5).x, {}).front();
  CHECK(at::allclose(scorer.valid[0].y_hat, expected, 1e-5, 1e-6));
}

TEST_CASE("a scorer that wants nothing is told nothing", "[train]") {
  struct Silent : KeepingScorer {
    bool wants_train() const override { return false; }
    bool wants_valid() const override { return false; }
  } scorer;
  Setup setup;
  setup.rows_valid = 5;
  base::Interrupt interrupt;
  make_run(setup)->train(scorer, interrupt);
  CHECK(scorer.train.empty());
  CHECK(scorer.valid.empty());
}

}  // namespace
}  // namespace mlr3libtorch::test_ending
