// A run on several workers is that of one, except for rounding.
#include <atomic>
#include <mutex>

#include "parallel/meet_in_threads.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_workers {
namespace {

using namespace mlr3libtorch::test;

struct Outcome {
  std::vector<float> losses;
  at::Tensor weights, buffers;
  std::int64_t epochs = 0;
};

using MakeCallbacks = std::function<train::Callbacks()>;

at::Tensor buffers_of(const network::Network& network) {
  std::vector<at::Tensor> buffers{at::zeros({1})};
  for (const auto& [name, buffer] : network.buffers()) buffers.push_back(buffer.to(at::kFloat).reshape({-1}));
  return at::cat(buffers);
}

Outcome outcome_of(const train::Run& run) {
  Outcome outcome;
  for (const auto& epoch : run.history()) outcome.losses.push_back(static_cast<float>(epoch.loss_train));
  outcome.weights = weights(run);
  outcome.buffers = buffers_of(*run.network());
  outcome.epochs = static_cast<std::int64_t>(run.history().size());
  return outcome;
}

Outcome alone(const Setup& setup, train::Callbacks callbacks = {}) {
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  return outcome_of(*run);
}

/// Of each worker.
std::vector<Outcome> together(int size, const Setup& setup, const MakeCallbacks& callbacks = {}) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(size));
  // A run sets and restores what belongs to the process, so they begin and end one after the other.
  std::mutex process;
  meet_in_threads(size, [&](const std::shared_ptr<parallel::Exchange>& exchange) {
    auto own = setup;
    own.options.exchange = exchange;
    std::unique_ptr<train::Run> run;
    {
      const std::lock_guard<std::mutex> lock(process);
      run = make_run(own, callbacks ? callbacks() : train::Callbacks());
    }
    train_quietly(*run);
    outcomes[static_cast<std::size_t>(exchange->rank())] = outcome_of(*run);
    const std::lock_guard<std::mutex> lock(process);
    run.reset();
  });
  return outcomes;
}

void check_equal(const std::vector<Outcome>& workers, const Outcome& one, double tolerance = 1e-5) {
  for (const auto& worker : workers) {
    REQUIRE(worker.losses.size() == one.losses.size());
    for (std::size_t i = 0; i < one.losses.size(); ++i) CHECK(worker.losses[i] == Approx(one.losses[i]).epsilon(1e-5));
    CHECK(at::allclose(worker.weights, one.weights, tolerance, tolerance));
    CHECK(at::allclose(worker.buffers, one.buffers, tolerance, tolerance));
    CHECK(same_bytes(worker.weights, workers.front().weights));
    CHECK(same_bytes(worker.buffers, workers.front().buffers));
  }
}

Setup long_setup(train::PlanUse plan) {
  Setup setup;
  setup.rows = 37;
  setup.rows_valid = 5;
  setup.dropout = 0.3;
  setup.options.epochs = 20;
  setup.options.plan = plan;
  return setup;
}

TEST_CASE("a run on several workers ends within rounding of the run on one", "[workers]") {
  if (!parallel::can_meet()) return;
  for (const auto plan : {train::PlanUse::kRequire, train::PlanUse::kOff}) {
    for (const int size : {2, 3}) {
      for (const bool weighted : {false, true}) {
        auto setup = long_setup(plan);
        setup.weighted = weighted;
        CAPTURE(size, weighted, plan == train::PlanUse::kOff);
        check_equal(together(size, setup), alone(setup));
      }
    }
  }
}

TEST_CASE("batch normalisation takes its statistics of all workers' rows", "[workers]") {
  if (!parallel::can_meet()) return;
  for (const auto plan : {train::PlanUse::kRequire, train::PlanUse::kOff}) {
    auto setup = long_setup(plan);
    setup.normalised = true;
    CAPTURE(plan == train::PlanUse::kOff);
    const auto one = alone(setup);
    check_equal(together(3, setup), one, 1e-4);
    setup.options.sync_batch_norm = false;
    const auto local = together(3, setup);
    CHECK_FALSE(at::allclose(local.front().weights, one.weights, 1e-3, 1e-3));
    CHECK(same_bytes(local.front().buffers, local.back().buffers));
    CHECK(same_bytes(local.front().weights, local.back().weights));
  }
}

/// The rows of a dataset, of which it counts those that are read.
class CountingSource : public data::Source {
 public:
  CountingSource(data::Dataset rows, std::atomic<std::int64_t>& count) : rows_(std::move(rows)), count_(count) {}
  std::int64_t rows() const override { return rows_.rows(); }
  bool is_concurrent() const override { return true; }
  void read(data::Batch& batch) override {
    count_ += batch.index.size(0);
    batch.x[0] = rows_.x[0].index_select(0, batch.index);
    batch.y = rows_.y.index_select(0, batch.index);
  }

 private:
  data::Dataset rows_;
  std::atomic<std::int64_t>& count_;
};

TEST_CASE("each worker reads its share of the rows, and all of them if a callback may look at them", "[workers]") {
  if (!parallel::can_meet()) return;
  for (const int readers : {0, 1}) {
    auto setup = long_setup(train::PlanUse::kAuto);
    setup.options.epochs = 3;
    setup.options.loader.workers = readers;
    std::atomic<std::int64_t> count{0};
    setup.source = std::make_shared<CountingSource>(make_dataset(setup.rows), count);
    const auto one = alone(setup);
    count = 0;
    check_equal(together(3, setup), one);
    const auto in_all_epochs = 3 * setup.rows;
    // beside a few rows that are read as examples
    CHECK(count <= in_all_epochs + 6);
    count = 0;
    check_equal(together(3, setup, [] { return test::one({Stage::kBatchBegin}, [](Stage, Context&) {}); }), one);
    CHECK(count >= 3 * in_all_epochs);
  }
}

TEST_CASE("a mixed batch is mixed as a whole", "[workers]") {
  if (!parallel::can_meet()) return;
  auto setup = long_setup(train::PlanUse::kRequire);
  setup.weighted = true;
  const auto mixing = [] {
    train::Callbacks callbacks;
    callbacks.push_back(callback::make_native("mixup", {{"alpha", 1.0}}, "mixup"));
    return callbacks;
  };
  check_equal(together(2, setup, mixing), alone(setup, mixing()));
}

TEST_CASE("what a callback of the first worker changes, all of them change", "[workers]") {
  if (!parallel::can_meet()) return;
  const auto acts = [] {
    const StageSet stages{Stage::kBatchBegin, Stage::kAfterBackward, Stage::kBatchEnd, Stage::kEpochEnd};
    return one(stages, [](Stage stage, Context& context) {
      if (stage == Stage::kBatchBegin) context.batch.x.front().mul_(1.1);
      if (stage == Stage::kAfterBackward && context.step == 2) context.network.memory().gradients.mul_(0.5);
      if (stage == Stage::kAfterBackward) context.skip_step = context.step == 3;
      if (stage == Stage::kBatchEnd && context.step == 1) context.network.parameters().front().second.mul_(0.99);
      if (stage != Stage::kEpochEnd) return;
      context.optimizer.groups().front().settings.set("lr", 0.1 / static_cast<double>(context.epoch));
      context.terminate = context.epoch == 7;
    });
  };
  auto setup = long_setup(train::PlanUse::kAuto);
  const auto expected = alone(setup, acts());
  CHECK(expected.epochs == 7);
  check_equal(together(3, setup, acts), expected);
}

TEST_CASE("the first worker's callbacks see the gradients, outputs and loss of all rows", "[workers]") {
  if (!parallel::can_meet()) return;
  struct Seen {
    std::vector<at::Tensor> gradients, outputs, losses, index;
  };
  const auto sees = [](Seen& seen) {
    return one({Stage::kAfterBackward}, [&](Stage, Context& context) {
      seen.gradients.push_back(context.network.memory().gradients.clone());
      seen.outputs.push_back(context.y_hats.front().clone());
      seen.losses.push_back(context.loss.clone());
      seen.index.push_back(context.batch.index.clone());
    });
  };
  auto setup = long_setup(train::PlanUse::kAuto);
  setup.options.epochs = 2;
  Seen one_sees, first_sees;
  alone(setup, sees(one_sees));
  together(3, setup, [&] { return sees(first_sees); });
  REQUIRE(first_sees.losses.size() == one_sees.losses.size());
  for (std::size_t i = 0; i < one_sees.losses.size(); ++i) {
    CHECK(at::equal(first_sees.index[i], one_sees.index[i]));
    CHECK(at::allclose(first_sees.losses[i], one_sees.losses[i], 1e-5, 1e-6));
    CHECK(at::allclose(first_sees.outputs[i], one_sees.outputs[i], 1e-5, 1e-6));
    CHECK(at::allclose(first_sees.gradients[i], one_sees.gradients[i], 1e-5, 1e-6));
  }
}

TEST_CASE("hooks, which only the first worker would have, are refused", "[workers]") {
  if (!parallel::can_meet()) return;
  const auto hooks = [] {
    return one({Stage::kBegin}, [](Stage, Context& context) {
      context.network.parameters().front().second.register_hook([](const at::Tensor& gradient) { return gradient; });
    });
  };
  CHECK_THROWS_WITH(together(2, long_setup(train::PlanUse::kAuto), hooks), Catch::Contains("train with `workers = 1`"));
}

TEST_CASE("a run that the first worker was asked to stop goes on, on another number of workers", "[workers]") {
  if (!parallel::can_meet()) return;
  auto setup = long_setup(train::PlanUse::kAuto);
  setup.options.epochs = 4;
  const auto whole = alone(setup);
  c10::IValue state;
  std::map<std::string, at::Tensor> stopped;
  std::mutex process;
  meet_in_threads(2, [&](const std::shared_ptr<parallel::Exchange>& exchange) {
    auto own = setup;
    own.options.exchange = exchange;
    train::Run* live = nullptr;
    auto callbacks = one({Stage::kBatchEnd}, [&](Stage, Context& context) {
      if (context.global_step == 7) live->ask_to_stop();
    });
    std::unique_ptr<train::Run> run;
    {
      const std::lock_guard<std::mutex> lock(process);
      run = make_run(own, std::move(callbacks));
    }
    live = run.get();
    train_quietly(*run);
    const std::lock_guard<std::mutex> lock(process);
    if (exchange->rank() == 0) {
      state = run->state();
      for (const auto& [name, tensor] : run->network()->parameters()) stopped[name] = tensor.detach().clone();
    }
    run.reset();
  });
  const auto run = make_run(setup);
  run->network()->load(stopped);
  run->load_state(state);
  train_quietly(*run);
  CHECK(run->context().global_step == 4 * 5);
  CHECK(at::allclose(weights(*run), whole.weights, 1e-5, 1e-6));
}

}  // namespace
}  // namespace mlr3libtorch::test_workers
