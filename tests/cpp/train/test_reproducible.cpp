#include "train/run_setup.h"

namespace mlr3libtorch::test_reproducible {
namespace {

using namespace mlr3libtorch::test;

Setup random_setup() {
  Setup setup;
  setup.dropout = 0.5;
  setup.optimizer = {"adam", {{"lr", 0.01}}};
  return setup;
}

TEST_CASE("the same seed gives the same bytes, another seed others", "[train]") {
  auto setup = random_setup();
  const auto first = train_weights(setup);
  CHECK(same_bytes(first, train_weights(setup)));
  setup.seed = 2;
  CHECK_FALSE(same_bytes(first, train_weights(setup)));
}

TEST_CASE("validation and evaluation change nothing in the weights", "[train]") {
  auto setup = random_setup();
  const auto first = train_weights(setup);
  setup.rows_valid = 7;
  CHECK(same_bytes(first, train_weights(setup)));
  setup.options.eval_freq = 2;
  CHECK(same_bytes(first, train_weights(setup)));
}

TEST_CASE("shuffling and dropout draw from the run's generator only", "[train]") {
  at::Tensor library_begin, library_end, own_begin, own_end;
  const auto run = make_run(random_setup(), one({Stage::kBegin, Stage::kEnd}, [&](Stage stage, Context& context) {
                              const auto begins = stage == Stage::kBegin;
                              (begins ? library_begin : library_end) = library_generator_state();
                              (begins ? own_begin : own_end) = context.generator.get_state();
                            }));
  train_quietly(*run);
  CHECK(same_bytes(library_begin, library_end));
  CHECK_FALSE(same_bytes(own_begin, own_end));
}

TEST_CASE("what a callback draws from the library changes nothing", "[train]") {
  const auto drawing = [] { return one(all_stages(), [](Stage, Context&) { at::rand({5}); }); };
  CHECK(same_bytes(train_weights(random_setup()), train_weights(random_setup(), drawing())));
}

TEST_CASE("a callback draws the same numbers from the library in every run", "[train]") {
  const auto draws = [] {
    std::vector<at::Tensor> numbers;
    train_weights(random_setup(),
                  one({Stage::kBatchBegin}, [&](Stage, Context&) { numbers.push_back(at::rand({4})); }));
    return at::cat(numbers);
  };
  at::rand({3});
  const auto first = draws();
  at::rand({3});
  CHECK(same_bytes(first, draws()));
}

TEST_CASE("generators without a seed differ", "[train]") {
  const auto first = train::make_generator({});
  const auto second = train::make_generator({});
  CHECK_FALSE(at::equal(at::rand({4}, first), at::rand({4}, second)));
}

TEST_CASE("a batch size larger than the rows is one batch of all rows", "[train]") {
  auto setup = random_setup();
  setup.options.loader.batch_size = 20;
  const auto exact = train_weights(setup);
  setup.options.loader.batch_size = 1000;
  const auto run = make_run(setup);
  train_quietly(*run);
  CHECK(run->context().global_step == 2);
  CHECK(same_bytes(exact, weights(*run)));
}

TEST_CASE("training lowers the loss", "[train]") {
  Setup setup;
  setup.options.epochs = 100;
  std::vector<double> losses;
  train_weights(
      setup, one({Stage::kBatchEnd}, [&](Stage, Context& context) { losses.push_back(context.loss.item<double>()); }));
  CHECK(losses.back() < 0.1 * losses.front());
}

/// Freezes or thaws the first two parameters, which belong to the hidden layer.
Action track_hidden(bool tracked) {
  return [tracked](Stage, Context& context) {
    const auto parameters = context.network.parameters();
    for (int i : {0, 1}) parameters[i].second.set_requires_grad(tracked);
  };
}

constexpr std::int64_t kHidden = 3 * 8 + 8;

TEST_CASE("frozen parameters keep their bytes, the others learn", "[train]") {
  for (const auto* name : {"sgd", "adamw"}) {
    auto setup = random_setup();
    setup.optimizer = {name, {{"lr", 0.1}, {"weight_decay", 0.1}}};
    const auto run = make_run(setup, one({Stage::kBegin}, track_hidden(false)));
    const auto before = weights(*run);
    train_quietly(*run);
    const auto after = weights(*run);
    CHECK(same_bytes(before.narrow(0, 0, kHidden), after.narrow(0, 0, kHidden)));
    CHECK_FALSE(before.narrow(0, kHidden, 8).eq(after.narrow(0, kHidden, 8)).any().item<bool>());
  }
}

TEST_CASE("thawed parameters learn from then on", "[train]") {
  train::Callbacks callbacks;
  std::vector<at::Tensor> values;
  add(callbacks, "keeper", {Stage::kEpochBegin, Stage::kEnd}, [&](Stage, Context& context) {
    values.push_back(context.network.memory().values.narrow(0, 0, kHidden).clone());
  });
  add(callbacks, "freezer", {Stage::kBegin}, track_hidden(false));
  add(callbacks, "thawer", {Stage::kEpochEnd}, track_hidden(true));
  train_weights(random_setup(), std::move(callbacks));
  REQUIRE(values.size() == 3);
  CHECK(same_bytes(values[0], values[1]));
  CHECK_FALSE(same_bytes(values[1], values[2]));
}

TEST_CASE("a network that is frozen altogether is trained without effect", "[train]") {
  const auto run = make_run(random_setup(), one({Stage::kBegin}, [](Stage, Context& context) {
                              for (const auto& [name, parameter] : context.network.parameters()) {
                                parameter.set_requires_grad(false);
                              }
                            }));
  const auto before = weights(*run);
  train_quietly(*run);
  CHECK(same_bytes(before, weights(*run)));
  CHECK(run->context().loss.isfinite().item<bool>());
}

}  // namespace
}  // namespace mlr3libtorch::test_reproducible
