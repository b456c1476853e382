#include "callback/callbacks.h"
#include "core/base/error.h"
#include "core/value/plain_state.h"

namespace {

using namespace mlr3libtorch;
using namespace mlr3libtorch::test;

value::NamedValues accumulating(const std::vector<std::int64_t>& n_batches,
                                const std::vector<std::int64_t>& from_epoch = {1}) {
  return {{"n_batches", c10::List<std::int64_t>(n_batches)}, {"from_epoch", c10::List<std::int64_t>(from_epoch)}};
}

Setup with_batches(std::int64_t size, std::int64_t epochs = 3) {
  Setup setup;
  setup.options.loader.batch_size = size;
  setup.options.epochs = epochs;
  setup.optimizer = {"adam", {{"lr", 0.01}}};
  return setup;
}

TEST_CASE("accumulated batches are the larger batch", "[callback]") {
  // 20 rows: the last of 5 batches has 4 rows, like the last of 7; groups of 2 and 3 leave a smaller one.
  for (const std::int64_t n : {1, 2, 3, 4}) {
    for (const std::int64_t size : {3, 4}) {
      CAPTURE(n, size);
      const auto small = train_weights(with_batches(size), with_native("grad_accumulation", accumulating({n})));
      CHECK(at::allclose(small, train_weights(with_batches(size * n)), 1e-4, 1e-6));
    }
  }
}

TEST_CASE("accumulated batches are the larger batch when rows have weights, and go on when resumed", "[callback]") {
  auto small = with_batches(4, 4);
  small.weighted = true;
  auto large = with_batches(8, 4);
  large.weighted = true;
  const auto found = train_weights(small, with_native("grad_accumulation", accumulating({2})));
  CHECK(at::allclose(found, train_weights(large), 1e-4, 1e-6));
  CHECK_FALSE(at::allclose(found, train_weights(with_batches(8, 4)), 1e-3, 1e-4));
  CHECK(resumes_exactly(small, "grad_accumulation", accumulating({2})));
}

TEST_CASE("the optimizer steps once in a group, and at the end of an epoch", "[callback]") {
  std::vector<std::int64_t> stepped;
  auto callbacks = with_native("grad_accumulation", accumulating({2, 3, 1}, {1, 2, 3}));
  auto before = at::Tensor();
  add(callbacks, "observer", {Stage::kBatchBegin, Stage::kBatchEnd}, [&](Stage stage, Context& context) {
    const auto& values = context.network.memory().values;
    if (stage == Stage::kBatchBegin) before = values.clone();
    if (stage == Stage::kBatchEnd && !same_bytes(before, values)) stepped.push_back(context.global_step);
  });
  train_weights(with_batches(4), std::move(callbacks));
  CHECK(stepped == std::vector<std::int64_t>{2, 4, 5, 8, 10, 11, 12, 13, 14, 15});
}

TEST_CASE("an epoch that is stopped steps with what it has", "[callback]") {
  train::Callbacks callbacks;
  add(callbacks, "stopper", {Stage::kBatchBegin},
      [](Stage, Context& context) { context.stop_epoch = context.step == 2; });
  callbacks.push_back(make_native("grad_accumulation", accumulating({3})));
  auto setup = with_batches(4, 1);
  const auto found = train_weights(setup, std::move(callbacks));
  setup.options.loader.batch_size = 8;
  auto stopped = one({Stage::kBatchBegin}, [](Stage, Context& context) { context.stop_epoch = true; });
  CHECK(at::allclose(found, train_weights(setup, std::move(stopped)), 1e-4, 1e-6));
}

TEST_CASE("what is accumulated is a state", "[callback]") {
  const auto callback = make_native("grad_accumulation", accumulating({3}));
  CHECK(callback->state().isNone());
  CHECK_THROWS_AS(callback->load_state(value::make_dictionary()), base::Error);
  CHECK(resumes_exactly(with_batches(4, 4), "grad_accumulation", accumulating({3})));
  const auto run = make_run(with_batches(4));
  auto& context = run->context();
  context.epoch = 1;
  context.step = 1;
  context.batch.index = at::arange(4);
  context.network.memory().gradients.fill_(0.5);
  callback->run(Stage::kAfterBackward, context);
  CHECK(context.skip_step);
  const auto other = make_native("grad_accumulation", accumulating({3}));
  other->load_state(callback->state());
  const auto state = other->state().toGenericDict();
  CHECK(state.at("batches").toInt() == 1);
  CHECK(state.at("weight").toDouble() == 4);
  CHECK(same_bytes(state.at("sum").toTensor(), context.network.memory().gradients * 4));
}

TEST_CASE("a schedule rises from epoch 1 and is as long as the numbers of batches", "[callback]") {
  const auto refused = [](const value::NamedValues& values) {
    CHECK_THROWS_WITH(make_native("grad_accumulation", values), Catch::Contains("must rise from 1"));
  };
  refused(accumulating({2, 3}));
  refused(accumulating({2, 3}, {1, 1}));
  refused(accumulating({2, 3}, {2, 3}));
  refused(accumulating({}, {}));
  CHECK_THROWS_AS(make_native("grad_accumulation", accumulating({0})), base::Error);
}

}  // namespace
