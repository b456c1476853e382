#pragma once

// LibTorch first: it has macros of the names of Catch2's, and Catch2 must have the last word.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/data/read_batch.h"
#include "core/train/generator.h"
#include "core/train/run.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test {

using callback::Context;
using callback::Stage;
using callback::StageSet;

/// What somebody throws whom the core has never heard of: no std::exception, nothing to catch it by.
struct Unheard {};

inline StageSet all_stages() {
  StageSet stages;
  for (const auto& info : callback::kStages) stages.add(info.stage);
  return stages;
}

inline std::string name_of(Stage stage) {
  return std::string(callback::kStages.at(static_cast<std::size_t>(stage)).name);
}

using Action = std::function<void(Stage, Context&)>;

/// Does at its stages what a test tells it to.
class Instrument : public callback::Callback {
 public:
  Instrument(std::string id, StageSet stages, Action action)
      : id_(std::move(id)), stages_(stages), action_(std::move(action)) {}
  const std::string& id() const override { return id_; }
  StageSet stages() const override { return stages_; }
  void run(Stage stage, Context& context) override { action_(stage, context); }

 private:
  std::string id_;
  StageSet stages_;
  Action action_;
};

inline void add(train::Callbacks& callbacks, std::string id, StageSet stages, Action action) {
  callbacks.push_back(std::make_unique<Instrument>(std::move(id), stages, std::move(action)));
}

/// `callbacks` with one instrument.
inline train::Callbacks one(StageSet stages, Action action) {
  train::Callbacks callbacks;
  add(callbacks, "one", stages, std::move(action));
  return callbacks;
}

/// Writes "stage epoch step step_valid" into `calls`.
inline Action writing(std::vector<std::string>& calls) {
  return [&calls](Stage stage, Context& context) {
    calls.push_back(name_of(stage) + " " + std::to_string(context.epoch) + " " + std::to_string(context.step) + " " +
                    std::to_string(context.step_valid));
  };
}

/// Counts how often it is asked and throws when it is asked for the `fatal`-th time; never for 0.
struct CountingInterrupt : base::Interrupt {
  explicit CountingInterrupt(int fatal_poll = 0) : fatal(fatal_poll) {}
  void check() override {
    if (++polls == fatal) throw Unheard{};
  }
  int fatal;
  int polls = 0;
};

/// Keeps what it is told.
struct KeepingScorer : train::Scorer {
  bool wants_train() const override { return true; }
  bool wants_valid() const override { return true; }
  score::NamedScores score_train(const train::Predictions& predictions) override {
    train.push_back(predictions);
    return {};
  }
  score::NamedScores score_valid(const train::Predictions& predictions) override {
    valid.push_back(predictions);
    return {};
  }
  std::vector<train::Predictions> train;
  std::vector<train::Predictions> valid;
};

/// x: [rows, 3], y: [rows, 1], always the same numbers for the same number of rows.
inline data::Dataset make_dataset(std::int64_t rows) {
  const auto generator = at::detail::createCPUGenerator(11);
  const auto x = at::randn({rows, 3}, generator);
  return {{"x"}, {x}, x.sum(1, true) + 1};
}

/// The same, in which rows weigh 0, 1, 2, 0, 1, 2, …
inline data::Dataset make_weighted_dataset(std::int64_t rows) {
  auto dataset = make_dataset(rows);
  dataset.weights = at::arange(rows).remainder(3).to(at::kFloat);
  return dataset;
}

/// 3-8-1 with dropout between, and batch normalisation if asked for.
inline network::Spec make_spec(double dropout, bool normalised = false) {
  return {{"x"},
          {{"hidden", "linear", {{"out_features", 8}}, {"x"}},
           {"norm", normalised ? "batch_norm1d" : "identity", {}, {"hidden"}},
           {"bend", "tanh", {}, {"norm"}},
           {"drop", "dropout", {{"p", dropout}}, {"bend"}},
           {"out", "linear", {{"out_features", 1}}, {"drop"}}},
          {}};
}

/// A small training; tests change what they are about.
struct Setup {
  std::int64_t rows = 20;
  std::int64_t rows_valid = 0;
  double dropout = 0;
  bool weighted = false;
  bool normalised = false;
  /// Of the training rows, instead of memory.
  std::shared_ptr<data::Source> source = nullptr;
  std::uint64_t seed = 1;
  train::OptimizerRequest optimizer = {"sgd", {{"lr", 0.1}}};
  train::RunOptions options = default_options();

  static train::RunOptions default_options() {
    train::RunOptions options;
    options.epochs = 2;
    options.loader = {8, true, false};
    options.batch_size_valid = 2;
    options.device = "cpu";
    return options;
  }
};

/// One that has taken nothing from the process.
inline std::unique_ptr<train::Run> make_idle_run(const Setup& setup, train::Callbacks callbacks = {}) {
  const auto generator = train::make_generator(setup.seed);
  const std::vector<at::Tensor> example{at::zeros({2, 3})};
  auto network = std::make_shared<network::Network>(make_spec(setup.dropout, setup.normalised), example, generator);
  std::optional<data::Dataset> valid;
  if (setup.rows_valid > 0) valid = make_dataset(setup.rows_valid);
  auto train = setup.weighted ? make_weighted_dataset(setup.rows) : make_dataset(setup.rows);
  if (setup.source != nullptr) train = data::dataset_of({"x"}, setup.source);
  auto& losses = loss::losses();
  return std::make_unique<train::Run>(std::move(network), train, valid, losses.make("mse", losses.bind("mse", {})),
                                      setup.optimizer, setup.options, generator, std::move(callbacks));
}

inline std::unique_ptr<train::Run> make_run(const Setup& setup, train::Callbacks callbacks = {}) {
  auto run = make_idle_run(setup, std::move(callbacks));
  run->begin();
  return run;
}

inline void train_quietly(train::Run& run) {
  train::Scorer scorer;
  base::Interrupt interrupt;
  run.train(scorer, interrupt);
}

inline at::Tensor weights(const train::Run& run) { return run.network()->memory().values.clone(); }

inline at::Tensor train_weights(const Setup& setup, train::Callbacks callbacks = {}) {
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  return weights(*run);
}

inline at::Tensor library_generator_state() { return at::detail::getDefaultCPUGenerator().get_state(); }

inline bool same_bytes(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) return false;
  return std::memcmp(a.contiguous().data_ptr(), b.contiguous().data_ptr(), a.nbytes()) == 0;
}

}  // namespace mlr3libtorch::test
