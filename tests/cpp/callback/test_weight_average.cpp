#include "callback/callbacks.h"
#include "core/base/error.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::test_weight_average {
namespace {

using namespace mlr3libtorch::test;
using Tensors = std::vector<at::Tensor>;

Setup averaged() {
  Setup setup;
  setup.rows_valid = 5;
  setup.dropout = 0.2;
  setup.options.epochs = 4;
  setup.optimizer = {"adam", {{"lr", 0.05}}};
  return setup;
}

/// Weights that a run has in a stage, each time.
Tensors weights_in(Stage stage, const std::string& name, const value::NamedValues& values) {
  Tensors seen;
  auto callbacks = with_native(name, values);
  add(callbacks, "observer", {stage},
      [&](Stage, Context& context) { seen.push_back(context.network.memory().values.clone()); });
  train_weights(averaged(), std::move(callbacks));
  return seen;
}

/// The weights after each step of a run that nobody averages.
Tensors plain_weights(Stage stage) {
  Tensors seen;
  train_weights(averaged(), one({stage}, [&](Stage, Context& context) {
                  seen.push_back(context.network.memory().values.clone());
                }));
  return seen;
}

TEST_CASE("ema is the moving average of its closed form", "[callback]") {
  const auto steps = plain_weights(Stage::kBatchEnd);
  const double decay = 0.8;
  // average_n = decay^n w_0 + (1 - decay) sum_k decay^(n - k) w_k
  const auto last = static_cast<double>(steps.size() - 1);
  auto expected = steps.front().to(at::kDouble) * std::pow(decay, last);
  for (std::size_t k = 1; k < steps.size(); ++k) {
    expected += steps[k].to(at::kDouble) * (1 - decay) * std::pow(decay, last - static_cast<double>(k));
  }
  const auto found = train_weights(averaged(), with_native("ema", {{"decay", decay}}));
  CHECK(at::allclose(found.to(at::kDouble), expected, 1e-5, 1e-6));
}

TEST_CASE("swa is the mean over epochs from its first", "[callback]") {
  const auto epochs = plain_weights(Stage::kBeforeValid);
  const auto found = train_weights(averaged(), with_native("swa", {{"start_epoch", 2}}));
  CHECK(at::allclose(found, (epochs[1] + epochs[2] + epochs[3]) / 3, 1e-5, 1e-6));
  const auto sparse = train_weights(averaged(), with_native("swa", {{"start_epoch", 2}, {"freq", 2}}));
  CHECK(at::allclose(sparse, (epochs[1] + epochs[3]) / 2, 1e-5, 1e-6));
}

TEST_CASE("training goes on with its own weights", "[callback]") {
  const auto plain = plain_weights(Stage::kBatchEnd);
  const auto ema = weights_in(Stage::kBatchEnd, "ema", {{"decay", 0.9}});
  const auto swa = weights_in(Stage::kBatchEnd, "swa", {{"start_epoch", 1}});
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CHECK(same_bytes(plain[i], ema[i]));
    CHECK(same_bytes(plain[i], swa[i]));
  }
}

TEST_CASE("validation sees the average, the end of the epoch the training's weights", "[callback]") {
  const auto plain = plain_weights(Stage::kEpochEnd);
  const auto validated = weights_in(Stage::kBatchValidBegin, "ema", {{"decay", 0.9}});
  const auto ended = weights_in(Stage::kEpochEnd, "ema", {{"decay", 0.9}});
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CHECK(same_bytes(plain[i], ended[i]));
    CHECK_FALSE(at::allclose(plain[i], validated[3 * i]));
  }
  CHECK(same_bytes(validated.back(), train_weights(averaged(), with_native("ema", {{"decay", 0.9}}))));
}

TEST_CASE("an average that has not begun leaves the network alone", "[callback]") {
  const auto plain = train_weights(averaged());
  CHECK(same_bytes(plain, train_weights(averaged(), with_native("swa", {{"start_epoch", 9}}))));
  CHECK(same_bytes(plain, train_weights(averaged(), with_native("ema", {{"start_epoch", 9}}))));
}

TEST_CASE("a resumed average goes on, from a checkpoint and from the final model", "[callback]") {
  const std::vector<std::pair<std::string, value::NamedValues>> cases{
      {"ema", {{"decay", 0.9}}}, {"swa", {{"start_epoch", 2}}}, {"swa", {{"start_epoch", 4}}}};
  for (const auto& [name, values] : cases) {
    CHECK(resumes_exactly(averaged(), name, values));
    auto half = averaged();
    half.options.epochs = 2;
    const auto run = make_run(half, with_native(name, values));
    train_quietly(*run);
    const auto resumed = resume(averaged(), keep(*run), name, values);
    CHECK(same_bytes(resumed, train_weights(averaged(), with_native(name, values))));
  }
}

TEST_CASE("two averages cannot both be what is validated", "[callback]") {
  auto callbacks = with_native("ema");
  callbacks.push_back(make_native("swa", {{"start_epoch", 1}}));
  CHECK_THROWS_WITH(train_weights(averaged(), std::move(callbacks)),
                    Catch::Contains("'ema' and 'swa' both put their own weights"));
}

TEST_CASE("the state of another network is refused", "[callback]") {
  auto state = make_native("ema")->state().toGenericDict();
  auto tensors = value::make_list();
  tensors.push_back(at::zeros({3}));
  state.insert_or_assign("average", tensors);
  auto callbacks = with_native("ema");
  callbacks.front()->load_state(state);
  CHECK_THROWS_WITH(train_weights(averaged(), std::move(callbacks)), Catch::Contains("a network of another shape"));
  state.insert_or_assign("average", "none");
  CHECK_THROWS_AS(make_native("ema")->load_state(state), base::Error);
}

}  // namespace
}  // namespace mlr3libtorch::test_weight_average
