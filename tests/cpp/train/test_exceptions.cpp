#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "train/run_setup.h"

namespace mlr3libtorch::test_exceptions {
namespace {

using namespace mlr3libtorch::test;

/// What belongs to the process and must be as it was once a run is over.
struct Surroundings {
  bool tracking = at::GradMode::is_enabled();
  int threads = at::get_num_threads();
  at::Tensor generator = library_generator_state();
};

bool untouched(const Surroundings& before) {
  return at::GradMode::is_enabled() == before.tracking && at::get_num_threads() == before.threads &&
         same_bytes(library_generator_state(), before.generator);
}

Setup validated() {
  Setup setup;
  setup.rows_valid = 4;
  setup.dropout = 0.5;
  setup.options.threads = at::get_num_threads() + 1;
  return setup;
}

/// Remembers outputs without keeping them alive.
using Remembered = std::vector<c10::weak_intrusive_ptr<at::TensorImpl>>;

/// Throws at its `fatal`-th call and knows which stage that was.
struct Thrower {
  int fatal;
  int calls = 0;
  Stage stage = Stage::kBegin;
  Remembered outputs = {};

  void operator()(Stage now, Context& context) {
    for (const auto& y_hat : context.y_hats) outputs.emplace_back(y_hat.getIntrusivePtr());
    stage = now;
    if (++calls == fatal) throw Unheard{};
  }
};

/// Whether the training threw, and everything else was as it should be.
bool passes_through(Thrower& thrower) {
  const Surroundings before;
  bool thrown = false;
  {
    train::Callbacks callbacks;
    add(callbacks, "first", {Stage::kBegin}, [](Stage, Context&) {});
    add(callbacks, "thrower", all_stages(), [&](Stage stage, Context& context) { thrower(stage, context); });
    const auto run = make_run(validated(), std::move(callbacks));
    KeepingScorer scorer;
    base::Interrupt interrupt;
    try {
      run->train(scorer, interrupt);
    } catch (const Unheard&) {
      thrown = true;
    }
    CHECK(at::GradMode::is_enabled() == before.tracking);
    const auto& running = run->context().running;
    CHECK(running.has_value() == thrown);
    if (running) {
      CHECK(running->id == "thrower");
      CHECK(running->stage == thrower.stage);
    }
  }
  CHECK(untouched(before));
  for (const auto& output : thrower.outputs) CHECK(output.expired());
  return thrown;
}

TEST_CASE("what an observer throws passes through, at every stage and batch", "[train]") {
  int fatal = 1;
  for (;; ++fatal) {
    CAPTURE(fatal);
    Thrower thrower{fatal};
    if (!passes_through(thrower)) break;
    REQUIRE(thrower.calls == fatal);
  }
  // begin and end; in each epoch begin, 3 batches of 3 stages, before_valid, 2 batches of 2 stages, valid_end and end.
  CHECK(fatal - 1 == 2 + 2 * (1 + 3 * 3 + 1 + 2 * 2 + 1 + 1));
}

TEST_CASE("what an observer throws in its exit passes through and names it", "[train]") {
  const auto run = make_run(Setup(), one({Stage::kExit}, [](Stage, Context&) { throw Unheard{}; }));
  train_quietly(*run);
  CHECK_FALSE(run->context().running);
  CHECK_THROWS_AS(run->call(Stage::kExit, *run->callbacks().front()), Unheard);
  REQUIRE(run->context().running);
  CHECK(run->context().running->id == "one");
  CHECK(run->context().running->stage == Stage::kExit);
  CHECK(at::GradMode::is_enabled());
}

TEST_CASE("an interrupt at any poll passes through, and no stage is blamed", "[train]") {
  const Surroundings before;
  int fatal = 1;
  for (;; ++fatal) {
    CAPTURE(fatal);
    CountingInterrupt interrupt(fatal);
    const auto run = make_run(validated());
    train::Scorer scorer;
    bool thrown = false;
    try {
      run->train(scorer, interrupt);
    } catch (const Unheard&) {
      thrown = true;
    }
    CHECK_FALSE(run->context().running);
    CHECK(at::GradMode::is_enabled());
    if (!thrown) break;
    REQUIRE(interrupt.polls == fatal);
  }
  CHECK(untouched(before));
  // Before each of 3 and 2 batches of an epoch, and before its loaders say that there are no more; before each of a
  // training batch's 3 nodes forward and backward, and each of a validation batch's 2, which has no dropout.
  CHECK(fatal - 1 == 2 * (3 + 1 + 2 + 1 + 3 * 6 + 2 * 2));
}

TEST_CASE("what a scorer throws passes through, and no stage is blamed", "[train]") {
  struct Throwing : KeepingScorer {
    score::NamedScores score_valid(const train::Predictions&) override { throw Unheard{}; }
  } scorer;
  base::Interrupt interrupt;
  const auto run = make_run(validated());
  CHECK_THROWS_AS(run->train(scorer, interrupt), Unheard);
  CHECK_FALSE(run->context().running);
}

TEST_CASE("after a normal end everything that belongs to the process is as it was", "[train]") {
  const Surroundings before;
  int threads = 0;
  for (const auto use : {train::PlanUse::kOff, train::PlanUse::kRequire}) {
    auto setup = validated();
    setup.options.plan = use;
    const auto run = make_run(setup, one({Stage::kBatchEnd}, [&](Stage, Context&) {
                                threads = at::get_num_threads();
                                at::rand({3});
                              }));
    train_quietly(*run);
    CHECK(threads == train::threads_for(setup.options.threads).torch);
  }
  CHECK(untouched(before));
}

TEST_CASE("a run that has not begun has taken nothing and gives nothing back", "[train]") {
  const Surroundings before;
  auto run = make_idle_run(validated());
  CHECK(untouched(before));
  at::rand({3});
  const Surroundings later;
  CHECK_FALSE(untouched(before));
  run.reset();
  CHECK(untouched(later));
}

TEST_CASE("a run that cannot be made leaves everything as it was", "[train]") {
  const Surroundings before;
  auto setup = validated();
  setup.optimizer = {"adm", {}};
  CHECK_THROWS_AS(make_run(setup), base::UnknownNameError);
  setup = validated();
  setup.options.device = "toaster";
  CHECK_THROWS_AS(make_run(setup), base::ConfigError);
  setup = validated();
  setup.options.loader.batch_size = 0;
  CHECK_THROWS_AS(make_run(setup), base::ConfigError);
  CHECK(untouched(before));
}

}  // namespace
}  // namespace mlr3libtorch::test_exceptions
