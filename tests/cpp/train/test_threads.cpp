// What is trained and predicted is the same on any number of threads, bit by bit.
#include <ATen/core/grad_mode.h>
#include <ATen/Parallel.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/kernel/machine.h"
#include "core/train/predict.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_threads {
namespace {

using namespace mlr3libtorch::test;

constexpr std::int64_t kFeatures = 40;

/// Large enough that every kernel and every optimizer is split.
network::Spec wide_spec() {
  return {{"x"},
          {{"first", "linear", {{"out_features", std::int64_t{300}}}, {"x"}},
           {"bend", "gelu", {}, {"first"}},
           {"second", "linear", {{"out_features", std::int64_t{300}}, {"bias", false}}, {"bend"}},
           {"norm", "batch_norm1d", {}, {"second"}},
           {"relu", "relu", {}, {"norm"}},
           {"drop", "dropout", {{"p", 0.2}}, {"relu"}},
           {"sum", "merge_sum", {}, {"drop", "bend"}},
           {"row_norm", "layer_norm", {}, {"sum"}},
           {"out", "linear", {{"out_features", std::int64_t{2}}}, {"row_norm"}}},
          {}};
}

/// Layers that work on a batch in shares of rows, with enough work for several.
network::Spec shared_spec() {
  return {
      {"x"},
      {{"widen", "linear", {{"out_features", std::int64_t{640}}}, {"x"}},
       {"tokens", "reshape", {{"shape", std::vector<std::int64_t>{-1, 10, 64}}}, {"widen"}},
       {"encoder",
        "transformer_encoder_layer",
        {{"nhead", std::int64_t{4}}, {"dim_feedforward", std::int64_t{256}}, {"dropout", 0.2}},
        {"tokens"}},
       {"attention", "multihead_attention", {{"num_heads", std::int64_t{2}}, {"dropout", 0.3}}, {"encoder"}},
       {"flat", "flatten", {}, {"attention"}},
       {"ensemble", "ensemble_linear", {{"out_features", std::int64_t{64}}, {"members", std::int64_t{8}}}, {"flat"}},
       {"bend", "tanh", {}, {"ensemble"}},
       {"signals", "reshape", {{"shape", std::vector<std::int64_t>{-1, 8, 64}}}, {"bend"}},
       {"convolution",
        "conv1d",
        {{"out_channels", std::int64_t{64}},
         {"kernel_size", std::vector<std::int64_t>{9}},
         {"padding", std::vector<std::int64_t>{4}}},
        {"signals"}},
       {"pool", "max_pool1d", {{"kernel_size", std::vector<std::int64_t>{8}}}, {"convolution"}},
       {"flat_again", "flatten", {}, {"pool"}},
       {"out", "linear", {{"out_features", std::int64_t{2}}}, {"flat_again"}}},
      {}};
}

data::Dataset wide_dataset(std::int64_t rows) {
  const auto x = at::randn({rows, kFeatures}, at::detail::createCPUGenerator(3));
  return {{"x"}, {x}, at::cat({x.sum(1, true), x.narrow(1, 0, 1)}, 1)};
}

std::unique_ptr<train::Run> make_run(const network::Spec& spec, const std::string& optimizer, int threads,
                                     train::Callbacks callbacks = {}, train::PlanUse plan = train::PlanUse::kRequire) {
  const auto generator = train::make_generator(7);
  auto network =
      std::make_shared<network::Network>(spec, std::vector<at::Tensor>{at::zeros({2, kFeatures})}, generator);
  auto options = Setup::default_options();
  options.loader = {128, true, false};
  options.batch_size_valid = 300;
  options.threads = threads;
  options.plan = plan;
  auto& losses = loss::losses();
  return std::make_unique<train::Run>(
      std::move(network), wide_dataset(500), wide_dataset(900), losses.make("mse", losses.bind("mse", {})),
      train::OptimizerRequest{optimizer, {{"lr", 0.01}}}, options, generator, std::move(callbacks));
}

std::unique_ptr<train::Run> make_wide_run(const std::string& optimizer, int threads, train::Callbacks callbacks = {}) {
  return make_run(wide_spec(), optimizer, threads, std::move(callbacks));
}

/// Weights, a score of validation rows, and a prediction.
std::vector<at::Tensor> results_of(const std::unique_ptr<train::Run>& run, int threads) {
  run->begin();
  train_quietly(*run);
  const train::ThreadScope scope(train::threads_for(threads));
  base::Interrupt interrupt;
  const auto y_hat = train::predict(*run->network(), wide_dataset(5000).x, 100, interrupt);
  return {weights(*run), at::scalar_tensor(run->history().back().loss_valid), y_hat};
}

std::vector<at::Tensor> results_of(const std::string& optimizer, int threads, train::Callbacks callbacks = {}) {
  return results_of(make_wide_run(optimizer, threads, std::move(callbacks)), threads);
}

bool same_results(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_bytes);
}

TEST_CASE("training and prediction give the same bits on any number of threads", "[threads]") {
  for (const std::string optimizer :
       {"sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "nadam", "radam", "lion", "asgd", "rprop"}) {
    CAPTURE(optimizer);
    const auto expected = results_of(optimizer, 1);
    for (const int threads : {2, 3}) CHECK(same_results(results_of(optimizer, threads), expected));
  }
}

TEST_CASE("layers that work in shares of rows give the same bits on any number of threads", "[threads]") {
  const auto expected = results_of(make_run(shared_spec(), "adam", 1), 1);
  for (const int threads : {2, 3}) {
    CHECK(same_results(results_of(make_run(shared_spec(), "adam", threads), threads), expected));
  }
}

TEST_CASE("shares of rows have the dropout and the gradients of the whole batch", "[threads]") {
  const auto planned = results_of(make_run(shared_spec(), "sgd", 2), 2);
  const auto eager = results_of(make_run(shared_spec(), "sgd", 1, {}, train::PlanUse::kOff), 1);
  for (std::size_t i = 0; i < eager.size(); ++i) CHECK(at::allclose(planned[i], eager[i], 1e-3, 1e-4));
}

TEST_CASE("so they do if a callback may read gradients, and the update waits for it", "[threads]") {
  const auto read = [] { return one({Stage::kAfterBackward}, [](Stage, Context&) {}); };
  CHECK(same_results(results_of("adam", 2, read()), results_of("adam", 1)));
}

TEST_CASE("a compiled step leaves LibTorch one thread, whose threads would be in its way", "[threads]") {
  int seen = 0;
  results_of("sgd", 2, one({Stage::kBatchBegin}, [&](Stage, Context&) { seen = at::get_num_threads(); }));
  CHECK(seen == 1);
}

TEST_CASE("an error and an interrupt end a run on several threads", "[threads]") {
  const auto run = make_wide_run("adam", 2, one({Stage::kBatchEnd}, [](Stage, Context& context) {
                                   if (context.step == 2) throw Unheard{};
                                 }));
  run->begin();
  CHECK_THROWS_AS(train_quietly(*run), Unheard);
  for (const int poll : {3, 10, 40}) {
    const auto interrupted = make_wide_run("adam", 2);
    interrupted->begin();
    train::Scorer scorer;
    CountingInterrupt interrupt(poll);
    CHECK_THROWS_AS(interrupted->train(scorer, interrupt), Unheard);
  }
}

TEST_CASE("a process that is forked during a run can go on with it", "[threads]") {
  int status = -1;
  const auto run = make_wide_run("adam", 2, one({Stage::kBatchEnd}, [&](Stage, Context& context) {
                                   if (context.epoch != 1 || context.step != 2) return;
                                   const auto child = ::fork();
                                   if (child == 0) {
                                     ::alarm(60);
                                     status = -2;
                                   } else {
                                     ::waitpid(child, &status, 0);
                                   }
                                 }));
  run->begin();
  train_quietly(*run);
  if (status == -2) ::_exit(0);
  CHECK(status == 0);
}

TEST_CASE("an interrupt ends a prediction on several threads between two sets of blocks", "[threads]") {
  const auto run = make_wide_run("sgd", 1);
  const train::ThreadScope scope(train::threads_for(2));
  CountingInterrupt interrupt(2);
  CHECK_THROWS_AS(train::predict(*run->network(), wide_dataset(20000).x, 100, interrupt), Unheard);
}

TEST_CASE("LibTorch's operations get threads only if OpenMP's wait asleep", "[threads]") {
  const char* const policy = std::getenv("OMP_WAIT_POLICY");
  const bool is_passive = policy != nullptr && std::string(policy) == "passive";
  const auto threads = train::threads_for(2);
  CHECK(threads.own == 2);
  CHECK(threads.torch == (is_passive ? 2 : 1));
  CHECK(threads.blas == threads.torch);
  CHECK(train::useful_threads(1) == 1);
  CHECK(train::useful_threads(1000000) == kernel::core_count());
}

}  // namespace
}  // namespace mlr3libtorch::test_threads
