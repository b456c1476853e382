// Trainings on an input in codes, beside the same ones on the tensor that it stands for.
#include "core/callback/context_fields.h"
#include "core/train/predict.h"
#include "plan/coded_inputs.h"
#include "train/run_setup.h"

#include "callback/callbacks.h"

namespace mlr3libtorch::test_coded_training {
namespace {

using namespace mlr3libtorch::test;

const std::vector<std::int64_t> kLevels{0, 40, 0, 3};
constexpr std::int64_t kRows = 83;  // batches of 15, the last one smaller

struct Case {
  std::string optimizer = "adam";
  value::NamedValues settings = {{"lr", 0.01}};
  train::PlanUse plan = train::PlanUse::kRequire;
  bool in_codes = true;
  bool shuffle = true;
  bool normalises_input = false;  // by a node that takes no codes
};

data::Dataset coded_dataset(bool in_codes) {
  const auto codes = make_codes(kLevels, kRows);
  const auto x = written_out(codes, kLevels);
  data::Dataset dataset{{"x"}, {in_codes ? at::Tensor() : x}, x.sum(1, true) + x.narrow(1, 0, 1)};
  if (in_codes) dataset.codes = {codes};
  return dataset;
}

std::unique_ptr<train::Run> make_coded_run(const Case& tested, train::Callbacks callbacks = {}) {
  const auto generator = train::make_generator(1);
  const network::Spec spec{{"x"},
                           {{"norm", tested.normalises_input ? "batch_norm1d" : "identity", {}, {"x"}},
                            {"hidden", "linear", {{"out_features", 9}}, {"norm"}},
                            {"bend", "relu", {}, {"hidden"}},
                            {"drop", "dropout", {{"p", 0.2}}, {"bend"}},
                            {"out", "linear", {{"out_features", 1}}, {"drop"}}},
                           {}};
  auto network = std::make_shared<network::Network>(spec, std::vector<at::Tensor>{at::zeros({2, 45})}, generator);
  train::RunOptions options;
  options.epochs = 7;
  options.loader = {15, tested.shuffle, false};
  options.batch_size_valid = 20;
  options.device = "cpu";
  options.plan = tested.plan;
  const auto dataset = coded_dataset(tested.in_codes);
  auto run = std::make_unique<train::Run>(
      std::move(network), dataset, dataset, loss::losses().make("mse", loss::losses().bind("mse", {})),
      train::OptimizerRequest{tested.optimizer, tested.settings}, options, generator, std::move(callbacks));
  run->begin();
  return run;
}

struct Course {
  at::Tensor weights;
  double loss_valid;
};

Course train_coded(const Case& tested, train::Callbacks callbacks = {}) {
  const auto run = make_coded_run(tested, std::move(callbacks));
  train_quietly(*run);
  CHECK(run->context().is_planned == (tested.plan == train::PlanUse::kRequire));
  return {weights(*run), run->history().back().loss_valid};
}

bool is_same_course(const Course& a, const Course& b) {
  return at::allclose(a.weights, b.weights, 1e-4, 1e-5) && a.loss_valid == Approx(b.loss_valid).epsilon(1e-4);
}

TEST_CASE("training on codes ends as on the tensor, for each optimizer, with and without weight decay", "[codes]") {
  for (const auto& optimizer : optim::update_rules().names()) {
    const bool decays = optim::update_rules().at(optimizer).schema.argumentIndexWithName("weight_decay").has_value();
    for (const double decay : {0.0, 0.05}) {
      if (decay > 0 && !decays) continue;
      CAPTURE(optimizer, decay);
      Case tested{optimizer, {{"lr", 0.01}}};
      if (decay > 0) tested.settings["weight_decay"] = decay;
      const auto coded = train_coded(tested);
      tested.in_codes = false;
      CHECK(is_same_course(coded, train_coded(tested)));
    }
  }
}

TEST_CASE("training on codes ends as on the tensor, by either step and in either order of rows", "[codes]") {
  for (const auto use : {train::PlanUse::kRequire, train::PlanUse::kOff}) {
    for (const bool shuffle : {true, false}) {
      for (const bool normalises : {false, true}) {
        CAPTURE(train::name_of(use), shuffle, normalises);
        Case tested{"adam", {{"lr", 0.01}}, use, true, shuffle, normalises};
        const auto coded = train_coded(tested);
        tested.in_codes = false;
        const auto dense = train_coded(tested);
        CHECK(is_same_course(coded, dense));
        // Where no kernel takes codes, the same numbers come from the same kernels.
        if (normalises || use == train::PlanUse::kOff) CHECK(same_bytes(coded.weights, dense.weights));
      }
    }
  }
}

TEST_CASE("a callback that only looks at the batch sees the tensor and changes no bit", "[codes]") {
  const auto x = written_out(make_codes(kLevels, kRows), kLevels);
  for (const bool shuffle : {true, false}) {
    const Case tested{"adam", {{"lr", 0.01}}, train::PlanUse::kRequire, true, shuffle};
    int seen = 0;
    const auto look = [&](Stage, Context& context) {
      context.batch.own();
      context.batch.expand();
      CHECK(at::equal(context.batch.x[0], x.index_select(0, context.batch.index)));
      const auto shown = callback::get_batch(context).toGenericDict().at("x").toTensorVector();
      CHECK(at::equal(shown[0], context.batch.x[0]));
      ++seen;
    };
    const StageSet stages{Stage::kBatchBegin, Stage::kBatchEnd, Stage::kBatchValidBegin};
    const auto looked_at = train_coded(tested, one(stages, look));
    CHECK(seen == 7 * (2 * 6 + 5));
    CHECK(same_bytes(looked_at.weights, train_coded(tested).weights));
  }
}

TEST_CASE("what a callback writes into the batch counts", "[codes]") {
  const auto write_in_place = [](Stage, Context& context) {
    context.batch.own();
    context.batch.expand();
    context.batch.x[0].mul_(0.5);
  };
  const auto replace = [](Stage, Context& context) {
    context.batch.expand();
    context.batch.x[0] = context.batch.x[0] * 0.5;
  };
  Case tested;
  const auto plain = train_coded(tested);
  const auto in_place = train_coded(tested, one({Stage::kBatchBegin}, write_in_place));
  CHECK_FALSE(at::allclose(in_place.weights, plain.weights, 1e-3, 1e-3));
  CHECK(same_bytes(in_place.weights, train_coded(tested, one({Stage::kBatchBegin}, replace)).weights));
  tested.in_codes = false;
  CHECK(same_bytes(in_place.weights, train_coded(tested, one({Stage::kBatchBegin}, write_in_place)).weights));
}

TEST_CASE("mixtures of rows are the same in codes", "[codes]") {
  for (const std::string name : {"mixup", "cutmix"}) {
    Case tested;
    const auto coded = train_coded(tested, with_native(name, {{"alpha", 1.0}}));
    tested.in_codes = false;
    const auto dense = train_coded(tested, with_native(name, {{"alpha", 1.0}}));
    // Validation reads codes, training what was mixed.
    CHECK(same_bytes(coded.weights, dense.weights));
    CHECK(coded.loss_valid == Approx(dense.loss_valid).epsilon(1e-5));
  }
}

TEST_CASE("averaged weights get their batch statistics from codes, too", "[codes]") {
  Case tested;
  tested.normalises_input = true;
  const auto coded = train_coded(tested, with_native("swa", {{"start_epoch", 2}}));
  tested.in_codes = false;
  const auto dense = train_coded(tested, with_native("swa", {{"start_epoch", 2}}));
  CHECK(same_bytes(coded.weights, dense.weights));
  CHECK(coded.loss_valid == dense.loss_valid);
}

TEST_CASE("prediction from codes equals that from the tensor, by kernels, by autograd and with dropout", "[codes]") {
  const auto codes = make_codes(kLevels, kRows);
  const auto x = written_out(codes, kLevels);
  base::Interrupt interrupt;
  for (const std::string operation : {"relu", "glu"}) {
    const auto network = make_network({{"hidden", "linear", {{"out_features", 8}}, {"x"}},
                                       {"bend", operation, {}, {"hidden"}},
                                       {"drop", "dropout", {{"p", 0.5}}, {"bend"}},
                                       {"out", "linear", {{"out_features", 2}}, {"drop"}}},
                                      x);
    const auto expected = train::predict(network, {x}, 20, interrupt);
    CHECK(is_close(train::predict(network, {at::Tensor()}, 20, interrupt, {codes}), expected));
    CHECK(at::equal(train::predict_draws(network, {at::Tensor()}, 20, 3, generator_of(1), interrupt, {codes}),
                    train::predict_draws(network, {x}, 20, 3, generator_of(1), interrupt)));
    const auto none = train::predict(network, {at::Tensor()}, 20, interrupt, {codes.rows(0, 0)});
    CHECK(none.sizes() == at::IntArrayRef({0, 2}));
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_coded_training
