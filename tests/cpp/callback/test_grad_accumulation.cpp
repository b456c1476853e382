#include "loss/loss_cases.h"

#include "callback/callbacks.h"
#include "core/base/error.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::test_grad_accumulation {
namespace {

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

constexpr std::int64_t kRows = 60;

/// Classes come one after the other, so that batches hold different ones and weigh differently.
data::Dataset sorted_dataset(const LossCase& loss, bool weighted) {
  const auto index = at::arange(kRows);
  auto y = index.remainder(4).to(at::kFloat).unsqueeze(1);
  if (loss.classes > 0) y = index.floor_divide(25);
  if (loss.is_survival) y = survival_truth(kRows);
  if (loss.classes == 2) y = y.eq(0).to(at::kFloat).unsqueeze(1);
  data::Dataset dataset{{"x"}, {at::randn({kRows, 3}, at::detail::createCPUGenerator(4))}, y};
  if (weighted) dataset.weights = index.remainder(7).to(at::kFloat) / 2;
  return dataset;
}

/// What the optimizer steps with in an epoch of one step.
at::Tensor step_gradients(const LossCase& tested, const data::Dataset& dataset, std::int64_t batch_size,
                          train::PlanUse plan) {
  const auto generator = train::make_generator(5);
  const network::Spec spec{{"x"},
                           {{"hidden", "linear", {{"out_features", 8}}, {"x"}},
                            {"bend", "tanh", {}, {"hidden"}},
                            {"out", "linear", {{"out_features", tested.outputs}}, {"bend"}}},
                           {}};
  auto network = std::make_shared<network::Network>(spec, std::vector<at::Tensor>{at::zeros({2, 3})}, generator);
  train::RunOptions options;
  options.loader.batch_size = batch_size;
  options.device = "cpu";
  options.plan = plan;
  at::Tensor gradients;
  auto callbacks = with_native("grad_accumulation", accumulating({kRows / batch_size}));
  add(callbacks, "observer", {Stage::kAfterBackward}, [&](Stage, Context& context) {
    if (!context.skip_step) gradients = context.network.memory().gradients.clone();
  });
  train::Run run(network, dataset, std::nullopt, make_loss(tested.name, tested.arguments), {"sgd", {{"lr", 0.1}}},
                 options, generator, std::move(callbacks));
  train_quietly(run);
  return gradients;
}

TEST_CASE("accumulated batches are the larger batch with every loss, by both kinds of step", "[callback]") {
  for_each_reduction(loss_cases(), [](const LossCase& tested) {
    // The risk sets of a larger batch are others.
    if (tested.compares_rows) return;
    const auto loss = make_loss(tested.name, tested.arguments);
    for (const auto plan : {train::PlanUse::kOff, train::PlanUse::kRequire}) {
      if (plan == train::PlanUse::kRequire && loss->kernel(tested.outputs) == nullptr) continue;
      for (const bool weighted : {false, true}) {
        CAPTURE(static_cast<int>(plan), weighted);
        const auto dataset = sorted_dataset(tested, weighted);
        const auto whole = step_gradients(tested, dataset, kRows, plan);
        const auto parts = step_gradients(tested, dataset, kRows / 3, plan);
        CHECK((parts - whole).abs().max().item<float>() <= 1e-6 * whole.abs().max().item<float>());
      }
    }
  });
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

TEST_CASE("what is accumulated is a state", "[callback]") {
  const auto callback = make_native("grad_accumulation", accumulating({3}));
  CHECK(callback->state().isNone());
  CHECK_THROWS_AS(callback->load_state(value::make_dictionary()), base::Error);
  CHECK(resumes_exactly(with_batches(4, 4), "grad_accumulation", accumulating({3})));
  const auto run = make_run(with_batches(4));
  auto& context = run->context();
  context.epoch = 1;
  context.step = 1;
  context.batch.y = at::ones({4, 1});
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
}  // namespace mlr3libtorch::test_grad_accumulation
