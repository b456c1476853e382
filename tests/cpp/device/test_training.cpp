// Whole trainings on the tested device: against those by autograd on the CPU, ended by a callback, and gone on with.
#include "device/tested_device.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_device_training {
namespace {

using namespace mlr3libtorch::test;

Setup setup_on(const at::Device& device, std::int64_t epochs = 5) {
  Setup setup;
  setup.rows = 60;
  setup.rows_valid = 12;
  setup.options.epochs = epochs;
  setup.options.device = device.str();
  setup.options.plan = train::PlanUse::kOff;
  return setup;
}

/// Losses of each epoch, training and validation, and the weights at the end.
struct Course {
  std::vector<double> losses;
  at::Tensor weights;
};

Course course_of(const Setup& setup, train::Callbacks callbacks = {}) {
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  Course course{{}, weights(*run)};
  for (const auto& record : run->history()) {
    course.losses.push_back(record.loss_train);
    course.losses.push_back(record.loss_valid);
  }
  return course;
}

void check_same_course(const Course& found, const Course& expected) {
  CHECK(found.weights.device() == tested_device());
  CHECK(agrees(found.weights, expected.weights));
  REQUIRE(found.losses.size() == expected.losses.size());
  for (std::size_t i = 0; i < found.losses.size(); ++i)
    CHECK(found.losses[i] == Approx(expected.losses[i]).epsilon(1e-4));
}

TEST_CASE("a training on the device takes the course of one on the CPU", "[device]") {
  for (const bool weighted : {false, true}) {
    for (const bool normalised : {false, true}) {
      for (const train::OptimizerRequest& optimizer :
           {train::OptimizerRequest{"sgd", {{"lr", 0.1}, {"momentum", 0.9}}},
            train::OptimizerRequest{"adam", {{"lr", 0.01}}},
            train::OptimizerRequest{"adamw", {{"lr", 0.01}, {"amsgrad", true}}}}) {
        CAPTURE(weighted, normalised, optimizer.name);
        auto setup = setup_on(tested_device()), on_cpu = setup_on(at::kCPU);
        for (auto* changed : {&setup, &on_cpu}) {
          changed->weighted = weighted;
          changed->normalised = normalised;
          changed->optimizer = optimizer;
        }
        check_same_course(course_of(setup), course_of(on_cpu));
      }
    }
  }
}

/// Ends the training when the loss of the validation has not fallen by so much since the epoch before.
train::Callbacks impatient(double least) {
  auto last = std::make_shared<double>(HUGE_VAL);
  return one({Stage::kValidEnd}, [last, least](Stage, Context& context) {
    if (*last - *context.mean_loss_valid < least) context.terminate = true;
    last.get()[0] = *context.mean_loss_valid;
  });
}

TEST_CASE("a training that a callback ends early ends on the device in the same epoch", "[device]") {
  const auto found = course_of(setup_on(tested_device(), 200), impatient(0.01));
  const auto expected = course_of(setup_on(at::kCPU, 200), impatient(0.01));
  CHECK(expected.losses.size() < 400);
  check_same_course(found, expected);
}

TEST_CASE("batches that are gathered on the device give the same bits as those that are moved to it", "[device]") {
  for (const bool shuffle : {true, false}) {
    for (const bool weighted : {false, true}) {
      CAPTURE(shuffle, weighted);
      auto setup = setup_on(tested_device());
      setup.options.loader.shuffle = shuffle;
      setup.weighted = weighted;
      const auto moved = course_of(setup);
      setup.options.data_on_device = true;
      const auto gathered = course_of(setup);
      CHECK(at::equal(gathered.weights, moved.weights));
      CHECK(gathered.losses == moved.losses);
    }
  }
}

TEST_CASE("callbacks read the loss, the outputs and the gradients of a step on the device", "[device]") {
  auto callbacks = one({Stage::kAfterBackward, Stage::kBatchEnd}, [](Stage stage, Context& context) {
    CHECK(std::isfinite(context.loss.item<double>()));
    CHECK(context.y_hats.front().device() == tested_device());
    if (stage == Stage::kAfterBackward) CHECK(context.network.memory().gradients.norm().item<double>() > 0);
  });
  course_of(setup_on(tested_device(), 1), std::move(callbacks));
}

TEST_CASE("training outputs are kept on the device, with the numbers of their rows", "[device]") {
  const auto run = make_run(setup_on(tested_device(), 1));
  KeepingScorer scorer;
  base::Interrupt interrupt;
  run->train(scorer, interrupt);
  REQUIRE(scorer.train.size() == 1);
  CHECK(scorer.train.front().y_hat.device() == tested_device());
  CHECK(scorer.train.front().y_hat.size(0) == 60);
  CHECK(scorer.train.front().index.device().is_cpu());
}

TEST_CASE("a run goes on from its state on the device with the same bits, between epochs and within", "[device]") {
  for (const double dropout : {0.0, 0.3}) {
    for (const std::int64_t step : {3, 8, 11}) {
      CAPTURE(dropout, step);
      auto setup = setup_on(tested_device(), 3);
      setup.dropout = dropout;
      setup.optimizer = {"adam", {{"lr", 0.01}, {"amsgrad", true}}};
      c10::IValue state;
      std::map<std::string, at::Tensor> saved;
      train::Run* place = nullptr;
      auto run = make_run(setup, one({Stage::kBatchEnd}, [&](Stage, Context& context) {
                            if (context.global_step != step) return;
                            state = place->state();
                            for (const auto& [name, weight] : context.network.parameters()) {
                              saved[name] = weight.detach().clone();
                            }
                          }));
      place = run.get();
      train_quietly(*run);
      setup.seed = 77;
      const auto resumed = make_run(setup);
      resumed->network()->load(saved);
      resumed->load_state(state);
      train_quietly(*resumed);
      CHECK(at::equal(weights(*run), weights(*resumed)));
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_device_training
