#include <ATen/core/grad_mode.h>

#include "train/run_setup.h"

namespace mlr3libtorch::test_stages {
namespace {

using namespace mlr3libtorch::test;
using Calls = std::vector<std::string>;

/// What an epoch of two training batches and `valid` validation batches looks like.
void add_epoch(Calls& calls, int epoch, int valid) {
  const auto at = [&](const char* stage, int step, int step_valid) {
    calls.push_back(std::string(stage) + " " + std::to_string(epoch) + " " + std::to_string(step) + " " +
                    std::to_string(step_valid));
  };
  at("on_epoch_begin", 0, 0);
  for (int step = 1; step <= 2; ++step) {
    at("on_batch_begin", step, 0);
    at("on_after_backward", step, 0);
    at("on_batch_end", step, 0);
  }
  at("on_before_valid", 2, 0);
  for (int step = 1; step <= valid; ++step) {
    at("on_batch_valid_begin", 2, step);
    at("on_batch_valid_end", 2, step);
  }
  if (valid > 0) at("on_valid_end", 2, valid);
  at("on_epoch_end", 2, valid);
}

Setup two_batches(std::int64_t rows_valid) {
  Setup setup;
  setup.rows = 5;
  setup.rows_valid = rows_valid;
  setup.options.loader.batch_size = 3;
  return setup;
}

Calls calls_of(const Setup& setup) {
  Calls calls;
  const auto run = make_run(setup, one(all_stages(), writing(calls)));
  train_quietly(*run);
  for (const auto& callback : run->callbacks()) run->call(Stage::kExit, *callback);
  return calls;
}

TEST_CASE("stages come in the order of the contract, with validation", "[train]") {
  Calls expected{"on_begin 0 0 0"};
  add_epoch(expected, 1, 2);
  add_epoch(expected, 2, 2);
  expected.insert(expected.end(), {"on_end 2 2 2", "on_exit 2 2 2"});
  CHECK(calls_of(two_batches(4)) == expected);
}

TEST_CASE("stages come in the order of the contract, without validation", "[train]") {
  Calls expected{"on_begin 0 0 0"};
  add_epoch(expected, 1, 0);
  add_epoch(expected, 2, 0);
  expected.insert(expected.end(), {"on_end 2 2 0", "on_exit 2 2 0"});
  CHECK(calls_of(two_batches(0)) == expected);
}

TEST_CASE("no epochs are a begin and an end", "[train]") {
  auto setup = two_batches(4);
  setup.options.epochs = 0;
  CHECK(calls_of(setup) == Calls{"on_begin 0 0 0", "on_end 0 0 0", "on_exit 0 0 0"});
}

TEST_CASE("every stage's place in the list is its number", "[callback]") {
  for (std::size_t i = 0; i < callback::kStageCount; ++i) {
    CHECK(static_cast<std::size_t>(callback::kStages.at(i).stage) == i);
  }
}

TEST_CASE("callbacks are called in the order given, at every stage", "[train]") {
  Calls calls;
  train::Callbacks callbacks;
  for (const auto* id : {"c", "a", "b"}) {
    add(callbacks, id, all_stages(), [&calls, id](Stage stage, Context&) { calls.push_back(name_of(stage) + id); });
  }
  const auto run = make_run(two_batches(4), std::move(callbacks));
  train_quietly(*run);
  REQUIRE(calls.size() % 3 == 0);
  for (std::size_t i = 0; i < calls.size(); i += 3) {
    const auto stage = calls[i].substr(0, calls[i].size() - 1);
    CHECK(Calls(calls.begin() + i, calls.begin() + i + 3) == Calls{stage + "c", stage + "a", stage + "b"});
  }
}

/// Counts how often its stages are asked for.
struct Inquired : Instrument {
  Inquired(StageSet stages, Action action, int& inquiries)
      : Instrument("inquired", stages, std::move(action)), count(inquiries) {}
  StageSet stages() const override {
    ++count;
    return Instrument::stages();
  }
  int& count;
};

TEST_CASE("a stage nobody subscribed to calls nothing", "[train]") {
  Calls calls;
  int inquiries = 0;
  train::Callbacks callbacks;
  callbacks.push_back(std::make_unique<Inquired>(StageSet{Stage::kBatchEnd}, writing(calls), inquiries));
  const auto run = make_run(two_batches(4), std::move(callbacks));
  train_quietly(*run);
  CHECK(calls == Calls{"on_batch_end 1 1 0", "on_batch_end 1 2 0", "on_batch_end 2 1 0", "on_batch_end 2 2 0"});
  // Before the loop: to choose the step, and to make the lists of subscribers.
  CHECK(inquiries == 2);
  for (const auto& callback : run->callbacks()) run->call(Stage::kExit, *callback);
  CHECK(calls.size() == 4);
}

TEST_CASE("a changed batch is what the network sees", "[train]") {
  auto setup = two_batches(0);
  setup.options.epochs = 1;
  std::vector<bool> zero;
  train::Callbacks callbacks;
  add(callbacks, "writer", {Stage::kBatchBegin},
      [](Stage, Context& context) { context.batch.x[0] = at::zeros_like(context.batch.x[0]); });
  add(callbacks, "reader", {Stage::kAfterBackward}, [&](Stage, Context& context) {
    const auto gradient = context.network.parameters()[0].second.grad();
    zero.push_back(gradient.eq(0).all().item<bool>());
    CHECK(at::allclose(context.loss, (context.y_hats[0] - context.batch.y).square().mean()));
    CHECK_FALSE(context.loss.requires_grad());
    CHECK_FALSE(context.y_hats[0].requires_grad());
  });
  train_quietly(*make_run(setup, std::move(callbacks)));
  CHECK(zero == std::vector<bool>{true, true});
}

TEST_CASE("callbacks run without gradient tracking", "[train]") {
  int tracked = 0;
  const auto run = make_run(two_batches(4),
                            one(all_stages(), [&](Stage, Context&) { tracked += at::GradMode::is_enabled() ? 1 : 0; }));
  train_quietly(*run);
  for (const auto& callback : run->callbacks()) run->call(Stage::kExit, *callback);
  CHECK(tracked == 0);
}

}  // namespace
}  // namespace mlr3libtorch::test_stages
