// Running averages of batch normalisation, in networks whose weights are averages.
#include "callback/callbacks.h"

namespace mlr3libtorch::test_batch_statistics {
namespace {

using namespace mlr3libtorch::test;

using Average = std::pair<std::string, value::NamedValues>;

std::vector<Average> averages() {
  return {{"ema", {{"decay", 0.7}}}, {"swa", {{"start_epoch", 2}}}, {"swa", {{"start_epoch", 1}, {"freq", 2}}}};
}

/// Batches of 8, 8 and 4 rows.
Setup normalised() {
  Setup setup;
  setup.normalised = true;
  setup.rows_valid = 5;
  setup.options.epochs = 4;
  setup.options.loader = {8, false, false};
  setup.optimizer = {"adam", {{"lr", 0.05}}};
  return setup;
}

std::map<std::string, at::Tensor> tensors_of(const network::Network& network) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, tensor] : network.parameters()) tensors[name] = tensor.detach().to(at::kDouble);
  for (const auto& [name, tensor] : network.buffers()) tensors[name] = tensor.to(at::kDouble);
  return tensors;
}

/// Means over batches of what the hidden layer gives them, by the network's own weights.
void check_statistics(const network::Network& network, const std::vector<at::Tensor>& batches) {
  const auto tensors = tensors_of(network);
  auto mean = at::zeros({8}, at::kDouble);
  auto variance = at::zeros({8}, at::kDouble);
  for (const auto& rows : batches) {
    const auto hidden = rows.to(at::kDouble).matmul(tensors.at("hidden.weight").t()) + tensors.at("hidden.bias");
    mean += hidden.mean(0) / static_cast<double>(batches.size());
    variance += hidden.var(0, true) / static_cast<double>(batches.size());
  }
  CHECK(at::allclose(tensors.at("norm.running_mean"), mean, 1e-5, 1e-6));
  CHECK(at::allclose(tensors.at("norm.running_var"), variance, 1e-5, 1e-6));
  CHECK(tensors.at("norm.num_batches_tracked").item<double>() == static_cast<double>(batches.size()));
}

TEST_CASE("statistics of averaged weights are means over the training batches", "[callback]") {
  const auto x = make_dataset(20).x.front();
  for (const auto& [name, values] : averages()) {
    CAPTURE(name, values.size());
    auto callbacks = with_native(name, values);
    int validated = 0;
    add(callbacks, "observer", {Stage::kBatchValidEnd}, [&](Stage, Context& context) {
      if (context.epoch < 3) return;
      ++validated;
      check_statistics(context.network, x.split(8));
    });
    const auto run = make_run(normalised(), std::move(callbacks));
    train_quietly(*run);
    check_statistics(*run->network(), x.split(8));
    CHECK(validated == 6);
  }
}

TEST_CASE("a last batch that training leaves out is left out of the statistics", "[callback]") {
  auto setup = normalised();
  setup.options.loader.drop_last = true;
  const auto run = make_run(setup, with_native("swa", {{"start_epoch", 2}}));
  train_quietly(*run);
  const auto batches = make_dataset(20).x.front().split(8);
  check_statistics(*run->network(), {batches[0], batches[1]});
}

/// Visits some of the rows.
struct SomeRows : data::Sampler {
  data::EpochOrder order(std::int64_t /*rows*/) override { return {at::tensor({7, 3, 3, 11, 0, 19}, at::kLong)}; }
};

TEST_CASE("statistics are of the rows that a sampler has chosen", "[callback]") {
  auto setup = normalised();
  setup.options.loader.batch_size = 3;
  setup.options.loader.sampler = std::make_shared<SomeRows>();
  const auto run = make_run(setup, with_native("ema", {{"decay", 0.5}}));
  train_quietly(*run);
  const auto rows = make_dataset(20).x.front().index_select(0, SomeRows().order(20).rows);
  check_statistics(*run->network(), rows.split(3));
}

/// Weights and statistics of a run in a stage, each time.
std::vector<at::Tensor> course(const Setup& setup, Stage stage, train::Callbacks callbacks) {
  std::vector<at::Tensor> seen;
  add(callbacks, "observer", {stage}, [&](Stage, Context& context) {
    seen.push_back(context.network.memory().values.clone());
    for (const auto& [name, buffer] : context.network.buffers()) seen.push_back(buffer.clone());
  });
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  return seen;
}

TEST_CASE("the training's course, its own statistics included, does not depend on those of an average", "[callback]") {
  auto setup = normalised();
  setup.dropout = 0.3;
  setup.options.loader.shuffle = true;
  for (const auto& [name, values] : averages()) {
    for (const auto stage : {Stage::kBatchEnd, Stage::kEpochEnd}) {
      CAPTURE(name, name_of(stage));
      const auto plain = course(setup, stage, {});
      const auto averaged = course(setup, stage, with_native(name, values));
      REQUIRE(plain.size() == averaged.size());
      for (std::size_t i = 0; i < plain.size(); ++i) CHECK(same_bytes(plain[i], averaged[i]));
    }
  }
}

TEST_CASE("averages of a network with statistics go on when resumed", "[callback]") {
  auto setup = normalised();
  setup.dropout = 0.3;
  setup.options.loader.shuffle = true;
  for (const auto& [name, values] : averages()) {
    CAPTURE(name);
    CHECK(resumes_exactly(setup, name, values));
  }
}

/// How often a run asks whether it may go on.
int polls_of(bool with_statistics, train::Callbacks callbacks) {
  auto setup = normalised();
  setup.normalised = with_statistics;
  CountingInterrupt interrupt;
  train::Scorer scorer;
  make_run(setup, std::move(callbacks))->train(scorer, interrupt);
  return interrupt.polls;
}

TEST_CASE("only networks with statistics are gone through again, once for each average that is looked at",
          "[callback]") {
  CHECK(polls_of(false, with_native("ema")) == polls_of(false, {}));
  // Three batches in each of four epochs; the last epoch's average is the final one.
  CHECK(polls_of(true, with_native("ema")) == polls_of(true, {}) + 4 * 3);
}

}  // namespace
}  // namespace mlr3libtorch::test_batch_statistics
