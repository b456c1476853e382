#include "core/base/error.h"
#include "core/data/row_random.h"
#include "core/value/plain_state.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_resume {
namespace {

using namespace mlr3libtorch::test;

/// Adds noise from the library's generator, as a user's callback may.
train::Callbacks noisy() {
  return one({Stage::kBatchBegin}, [](Stage, Context& context) {
    context.batch.x[0] = context.batch.x[0] + 0.1 * at::randn(context.batch.x[0].sizes());
  });
}

struct Saved {
  c10::IValue state;
  std::map<std::string, at::Tensor> weights;
};

/// What remains of a run.
Saved save(const train::Run& run) {
  Saved saved{run.state(), {}};
  for (const auto& [name, parameter] : run.network()->parameters()) saved.weights[name] = parameter.detach().clone();
  return saved;
}

Setup random_setup(const std::string& optimizer, const value::NamedValues& settings, std::int64_t epochs) {
  Setup setup;
  setup.dropout = 0.3;
  setup.rows_valid = 5;
  setup.optimizer = {optimizer, settings};
  setup.options.epochs = epochs;
  return setup;
}

std::unique_ptr<train::Run> trained(const Setup& setup) {
  auto run = make_run(setup, noisy());
  train_quietly(*run);
  return run;
}

/// A run of other seed and weights that is given what remains of the first.
std::unique_ptr<train::Run> resumed(Setup setup, const Saved& saved) {
  setup.seed = 77;
  auto run = make_run(setup, noisy());
  run->network()->load(saved.weights);
  run->load_state(saved.state);
  return run;
}

TEST_CASE("three epochs and two more are the same bytes as five", "[train]") {
  const std::vector<std::pair<std::string, value::NamedValues>> optimizers{
      {"adam", {{"lr", 0.01}, {"amsgrad", true}, {"weight_decay", 0.01}}},
      {"adamw", {{"lr", 0.01}}},
      {"sgd", {{"lr", 0.05}, {"momentum", 0.9}, {"nesterov", true}}},
      {"rmsprop", {{"lr", 0.01}, {"momentum", 0.9}, {"centered", true}}},
      {"adagrad", {{"lr", 0.01}, {"lr_decay", 0.1}}}};
  for (const auto& [name, settings] : optimizers) {
    CAPTURE(name);
    const auto whole = weights(*trained(random_setup(name, settings, 5)));
    const auto saved = save(*trained(random_setup(name, settings, 3)));
    const auto run = resumed(random_setup(name, settings, 5), saved);
    train_quietly(*run);
    CHECK(same_bytes(whole, weights(*run)));
  }
}

/// Saves the run after its `step`-th batch.
std::unique_ptr<train::Run> saving(const Setup& setup, std::int64_t step, std::optional<Saved>& saved) {
  auto callbacks = noisy();
  auto place = std::make_shared<train::Run*>(nullptr);
  add(callbacks, "saves", {Stage::kBatchEnd}, [&saved, step, place](Stage, Context& context) {
    if (context.global_step == step) saved = save(**place);
  });
  auto run = make_run(setup, std::move(callbacks));
  *place = run.get();
  return run;
}

TEST_CASE("a run goes on from any batch with the same bytes, weights and training outputs", "[train]") {
  for (const auto use : {train::PlanUse::kOff, train::PlanUse::kRequire}) {
    auto setup = random_setup("adam", {{"lr", 0.01}}, 3);
    setup.options.plan = use;
    for (std::int64_t step = 1; step <= 9; ++step) {
      CAPTURE(step);
      std::optional<Saved> saved;
      KeepingScorer whole_scores;
      KeepingScorer scores;
      base::Interrupt interrupt;
      const auto whole = saving(setup, step, saved);
      whole->train(whole_scores, interrupt);
      REQUIRE(saved);
      const auto run = resumed(setup, *saved);
      run->train(scores, interrupt);
      CHECK(same_bytes(weights(*whole), weights(*run)));
      REQUIRE(!scores.train.empty());
      // Each epoch has three batches.
      CHECK(scores.train.size() == static_cast<std::size_t>(3 - (step - 1) / 3));
      const auto& expected = whole_scores.train[whole_scores.train.size() - scores.train.size()];
      CHECK(same_bytes(expected.y_hat, scores.train.front().y_hat));
      CHECK(same_bytes(expected.index, scores.train.front().index));
    }
  }
}

/// The rows of `make_dataset()` with noise that is another in each epoch.
class NoisySource : public data::Source {
 public:
  std::int64_t rows() const override { return memory_.rows(); }
  bool is_concurrent() const override { return true; }
  bool is_random() const override { return true; }
  void read(data::Batch& batch) override {
    batch.x[0] = memory_.x[0].index_select(0, batch.index);
    batch.y = memory_.y.index_select(0, batch.index);
    const auto* row = batch.index.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch.rows(); ++i) {
      batch.x[0][i].add_(data::RowRandom(batch.draw, row[i]).uniform(-1, 1));
    }
  }

 private:
  data::Dataset memory_ = make_dataset(20);
};

TEST_CASE("a run with a random source goes on from any batch with the same bytes, with any number of workers",
          "[train]") {
  auto setup = random_setup("adam", {{"lr", 0.01}}, 3);
  setup.source = std::make_shared<NoisySource>();
  for (std::int64_t step = 1; step <= 9; ++step) {
    CAPTURE(step);
    std::optional<Saved> saved;
    setup.options.loader.workers = 0;
    const auto whole = saving(setup, step, saved);
    train_quietly(*whole);
    REQUIRE(saved);
    setup.options.loader.workers = static_cast<int>(step % 3);
    const auto run = resumed(setup, *saved);
    train_quietly(*run);
    CHECK(same_bytes(weights(*whole), weights(*run)));
  }
}

TEST_CASE("a run that goes on with another batch size visits each row of the epoch once", "[train]") {
  auto setup = random_setup("adam", {{"lr", 0.01}}, 2);
  for (const std::int64_t size : {3, 8, 20}) {
    CAPTURE(size);
    std::optional<Saved> saved;
    KeepingScorer ignored;
    KeepingScorer scores;
    base::Interrupt interrupt;
    setup.options.loader.batch_size = 8;
    saving(setup, 1, saved)->train(ignored, interrupt);
    setup.options.loader.batch_size = size;
    const auto run = resumed(setup, *saved);
    run->train(scores, interrupt);
    REQUIRE(scores.train.size() == 2);
    for (const auto& epoch : scores.train) {
      CHECK(at::equal(std::get<0>(epoch.index.sort()), at::arange(20)));
    }
  }
}

TEST_CASE("a run that is asked to stop ends after its batch, and goes on with the same bytes", "[train]") {
  const auto setup = random_setup("adam", {{"lr", 0.01}}, 3);
  const auto whole = weights(*trained(setup));
  std::vector<std::string> calls;
  auto callbacks = noisy();
  train::Run* live = nullptr;
  add(callbacks, "stops", {Stage::kBatchBegin, Stage::kBatchEnd, Stage::kEnd}, [&](Stage stage, Context& context) {
    writing(calls)(stage, context);
    if (context.global_step == 5) live->ask_to_stop();
  });
  const auto run = make_run(setup, std::move(callbacks));
  live = run.get();
  train::Scorer scorer;
  base::Interrupt interrupt;
  CHECK_FALSE(run->train(scorer, interrupt));
  CHECK(calls.back() == "on_batch_end 2 2 0");
  const auto rest = resumed(setup, save(*run));
  CHECK(rest->train(scorer, interrupt));
  CHECK(same_bytes(whole, weights(*rest)));
}

TEST_CASE("a state of a running epoch that is none is refused", "[train]") {
  const auto setup = random_setup("adam", {}, 2);
  std::optional<Saved> saved;
  train_quietly(*saving(setup, 2, saved));
  const auto run = make_run(setup);
  const auto refuses = [&](const std::string& field, const c10::IValue& value) {
    auto state = saved->state.toGenericDict().copy();
    auto epoch = state.at("running_epoch").toGenericDict().copy();
    epoch.insert_or_assign(field, value);
    state.insert_or_assign("running_epoch", epoch);
    CHECK_THROWS_AS(run->load_state(state), base::Error);
    CHECK(run->context().epoch == 0);
  };
  refuses("steps", -1);
  refuses("steps", 17);
  refuses("rows", -1);
  refuses("rows", 21);
  refuses("order", 1);
  refuses("order", at::zeros({20}, at::kLong));
  refuses("order", at::arange(19));
  refuses("stop_epoch", "no");
  refuses("y_hat", at::zeros({3, 1}));
  run->load_state(saved->state);
  CHECK(run->context().epoch == 1);
  CHECK(run->context().step == 2);
}

TEST_CASE("a callback's change of the limits holds if the same was asked for", "[train]") {
  auto setup = random_setup("adam", {}, 5);
  const auto run = make_run(setup, one({Stage::kEpochEnd}, [](Stage, Context& context) {
                              context.total_epochs = 2;
                              context.eval_freq = 3;
                              context.terminate = context.epoch == 2;
                            }));
  train_quietly(*run);
  const auto same = make_run(setup);
  same->load_state(run->state());
  CHECK(same->context().total_epochs == 2);
  CHECK(same->context().eval_freq == 3);
  CHECK(same->context().terminate);
  CHECK(same->context().stopped_by == run->context().stopped_by);
  CHECK_FALSE(same->context().stopped_by.empty());
  setup.options.epochs = 6;
  setup.options.eval_freq = 2;
  const auto other = make_run(setup);
  other->load_state(run->state());
  CHECK(other->context().total_epochs == 6);
  CHECK(other->context().eval_freq == 2);
  CHECK_FALSE(other->context().terminate);
  CHECK(other->context().stopped_by.empty());
}

TEST_CASE("limits of an earlier version, which do not say who has ended the run, are read", "[train]") {
  const auto setup = random_setup("adam", {}, 5);
  const auto run = make_run(setup);
  auto state = run->state().toGenericDict();
  CHECK(state.at("limits").toGenericDict().erase("stopped_by") == 1);
  run->load_state(state);
  CHECK(run->context().stopped_by.empty());
}

TEST_CASE("a resumed run counts on", "[train]") {
  const auto setup = random_setup("adam", {}, 5);
  const auto saved = save(*trained(random_setup("adam", {}, 3)));
  std::vector<std::string> calls;
  std::vector<std::int64_t> global_steps;
  train::Callbacks callbacks;
  add(callbacks, "writer", {Stage::kBegin, Stage::kEpochBegin, Stage::kEnd}, writing(calls));
  add(callbacks, "counter", {Stage::kBatchEnd},
      [&](Stage, Context& context) { global_steps.push_back(context.global_step); });
  const auto run = make_run(setup, std::move(callbacks));
  run->load_state(saved.state);
  train_quietly(*run);
  CHECK(calls ==
        std::vector<std::string>{"on_begin 3 0 0", "on_epoch_begin 4 0 0", "on_epoch_begin 5 0 0", "on_end 5 3 3"});
  CHECK(global_steps == std::vector<std::int64_t>{10, 11, 12, 13, 14, 15});
}

TEST_CASE("a run that has all its epochs already trains none", "[train]") {
  const auto saved = save(*trained(random_setup("adam", {}, 3)));
  const auto run = resumed(random_setup("adam", {}, 2), saved);
  const auto before = weights(*run);
  train_quietly(*run);
  CHECK(same_bytes(before, weights(*run)));
  CHECK(run->context().epoch == 3);
}

TEST_CASE("a state is a copy", "[train]") {
  const auto run = make_run(random_setup("adam", {}, 1));
  const auto state = run->state().toGenericDict();
  const auto generator = state.at("generator").toTensor().clone();
  train_quietly(*run);
  CHECK(same_bytes(generator, state.at("generator").toTensor()));
  CHECK(state.at("epoch").toInt() == 0);
}

TEST_CASE("counters may come back as numbers of another kind", "[train]") {
  const auto saved = save(*trained(random_setup("adam", {}, 3)));
  auto state = saved.state.toGenericDict().copy();
  state.insert_or_assign("epoch", 3.0);
  state.insert_or_assign("global_step", 3e9);
  const auto run = make_run(random_setup("adam", {}, 3));
  run->load_state(state);
  CHECK(run->context().epoch == 3);
  CHECK(run->context().global_step == 3000000000);
}

/// The kind of error with which `value` as the state's field is refused; the run must stay as it was.
std::string refusal(train::Run& run, const std::string& field, const c10::IValue& value) {
  const auto before = run.state().toGenericDict();
  auto state = before.copy();
  state.insert_or_assign(field, value);
  // Something that would show if a part of the state were taken over.
  state.insert_or_assign(field == "library_generator" ? "generator" : "library_generator",
                         train::make_generator(99).get_state());
  std::string kind = "none";
  try {
    run.load_state(state);
  } catch (const base::Error& error) {
    kind = error.kind();
  }
  const auto after = run.state().toGenericDict();
  for (const auto* name : {"generator", "library_generator"}) {
    CHECK(same_bytes(before.at(name).toTensor(), after.at(name).toTensor()));
  }
  CHECK(before.at("epoch").toInt() == after.at("epoch").toInt());
  CHECK(before.at("global_step").toInt() == after.at("global_step").toInt());
  return kind;
}

TEST_CASE("a state that is none is refused and changes nothing", "[train]") {
  const auto run = trained(random_setup("adam", {}, 1));
  CHECK(refusal(*run, "epoch", -1) == "state");
  CHECK(refusal(*run, "epoch", 1.5) == "state");
  CHECK(refusal(*run, "epoch", "three") == "state");
  CHECK(refusal(*run, "epoch", c10::List<std::int64_t>({1, 2})) == "state");
  CHECK(refusal(*run, "global_step", -1) == "state");
  CHECK(refusal(*run, "global_step", c10::IValue()) == "state");
  for (const auto* generator : {"generator", "library_generator"}) {
    CHECK(refusal(*run, generator, 1) == "state");
    CHECK(refusal(*run, generator, at::Tensor()) == "state");
    CHECK(refusal(*run, generator, at::zeros({3}, at::kByte)) == "state");
    CHECK(refusal(*run, generator, at::zeros_like(library_generator_state())) == "state");
    CHECK(refusal(*run, generator, library_generator_state().to(at::kFloat)) == "state");
  }
  CHECK(refusal(*run, "optimizer", 1) == "state");
  CHECK(refusal(*run, "optimizer",
                make_run(random_setup("sgd", {{"lr", 0.1}}, 1))->state().toGenericDict().at("optimizer")) == "state");
}

TEST_CASE("a state that lacks something is refused by name", "[train]") {
  const auto run = make_run(random_setup("adam", {}, 1));
  CHECK_THROWS_AS(run->load_state(1), base::Error);
  CHECK_THROWS_AS(run->load_state(c10::IValue()), base::Error);
  for (const auto* name : {"epoch", "global_step", "generator", "library_generator", "limits", "optimizer"}) {
    auto state = run->state().toGenericDict();
    CHECK(state.erase(name) == 1);
    CHECK_THROWS_WITH(run->load_state(state), Catch::Contains(std::string("'") + name + "'"));
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_resume
