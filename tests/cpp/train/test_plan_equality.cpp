// Networks drawn at random, trained by both kinds of step: a property test with fixed seeds.
#include "loss/loss_cases.h"

#include <algorithm>
#include <random>
#include <set>

#include "callback/callbacks.h"

namespace mlr3libtorch::test_plan_equality {
namespace {

using namespace mlr3libtorch::test;

constexpr std::int64_t kFeatures = 5;
constexpr std::int64_t kRows = 83;

template <class T>
T draw(std::mt19937& random, const std::vector<T>& choices) {
  return choices[random() % choices.size()];
}

/// `shifts`: whether a shift of the outputs changes the loss, so that a bias in the end is learnt.
std::vector<network::Node> random_nodes(std::mt19937& random, std::int64_t outputs, bool shifts) {
  std::vector<network::Node> nodes;
  std::string last = "x";
  const auto add = [&](const std::string& operation, value::NamedValues parameters, std::vector<std::string> inputs) {
    nodes.push_back({operation + std::to_string(nodes.size()), operation, std::move(parameters), std::move(inputs)});
    last = nodes.back().id;
  };
  const auto layers = 1 + random() % 4;
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    // Before a norm a bias has no gradient but rounding, which Adam would make a step of, and few numbers may vary too
    // little to be divided by their deviation.
    const bool has_norm = random() % 3 == 0;
    const auto width = has_norm ? draw<std::int64_t>(random, {16, 33}) : draw<std::int64_t>(random, {3, 8, 16, 33});
    add("linear", {{"out_features", width}, {"bias", !has_norm && random() % 4 != 0}}, {last});
    const auto beginning = last;
    if (has_norm) add(draw<std::string>(random, {"batch_norm1d", "layer_norm"}), {}, {last});
    add(draw<std::string>(random, {"relu", "tanh", "gelu", "elu", "silu", "sigmoid", "leaky_relu", "identity"}), {},
        {last});
    if (random() % 3 == 0) add("dropout", {{"p", 0.3}}, {last});
    if (random() % 3 == 0)
      add(draw<std::string>(random, {"merge_sum", "merge_cat", "merge_prod"}), {}, {last, beginning});
  }
  add("linear", {{"out_features", outputs}, {"bias", shifts}}, {last});
  return nodes;
}

/// Losses that are planned, by means, and one by its sum.
std::vector<LossCase> planned_losses() {
  std::vector<LossCase> cases{{"mse", {{"reduction", "sum"}}, 1, 0}};
  for (const auto& tested : loss_cases()) {
    if (make_loss(tested.name, tested.arguments)->kernel(tested.outputs) != nullptr) cases.push_back(tested);
  }
  return cases;
}

at::Tensor make_target(const LossCase& loss, const at::Tensor& x) {
  const auto signal = x.sum(1, true) + x.narrow(1, 0, 1) * 2;
  if (loss.is_survival) return at::cat({(signal / 4).exp(), (x.narrow(1, 1, 1) > -0.5).to(at::kFloat)}, 1);
  if (loss.classes == 0) return signal + 1;
  if (loss.outputs == 1) return (signal > 0).to(at::kFloat);
  return (signal > -1).to(at::kLong).add((signal > 1).to(at::kLong)).view({-1});
}

value::NamedValues settings_of(const std::string& optimizer, std::mt19937& random) {
  value::NamedValues settings{{"lr", 0.003}};
  if (optimizer == "sgd") settings["momentum"] = draw<double>(random, {0, 0.9});
  if (random() % 2 == 0) settings["weight_decay"] = 0.01;
  return settings;
}

struct Course {
  std::string optimizer;
  std::vector<float> losses;
  at::Tensor weights;
  bool is_planned;
};

/// How far two courses are apart: their losses and their final weights, relative to the largest loss and all weights.
/// A loss that only compares rows says nothing about a constant in the output: its gradient is rounding alone, which
/// some optimizers make steps of, so only the losses count.
double distance(const LossCase& loss, const Course& a, const Course& b) {
  double largest = 0;
  double scale = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a.losses[i]) - b.losses[i]));
    scale = std::max(scale, std::abs(static_cast<double>(b.losses[i])));
  }
  if (loss.compares_rows) return largest / scale;
  return std::max(largest / scale, ((a.weights - b.weights).norm() / b.weights.norm()).item<double>());
}

/// Some rows weigh nothing.
at::Tensor random_weights(std::uint32_t seed) {
  return at::randn({kRows}, at::detail::createCPUGenerator(seed + 1)).clamp_min(0);
}

/// `start`: what the initial weights are multiplied with.
Course train_course(std::uint32_t seed, const LossCase& loss, train::PlanUse use, double start = 1) {
  std::mt19937 random(seed);
  const auto optimizer = draw(random, optim::update_rules().names());
  const auto settings = settings_of(optimizer, random);
  const auto x = at::randn({kRows, kFeatures}, at::detail::createCPUGenerator(seed));
  data::Dataset dataset{{"x"}, {x}, make_target(loss, x)};
  if (seed % 2 == 0) dataset.weights = random_weights(seed);
  const auto generator = train::make_generator(seed);
  const network::Spec spec{{"x"}, random_nodes(random, loss.outputs, loss.name != "cox_ph"), {}};
  auto network =
      std::make_shared<network::Network>(spec, std::vector<at::Tensor>{at::zeros({2, kFeatures})}, generator);
  network->memory().values.mul_(start);
  train::RunOptions options;
  options.epochs = 17;  // of 6 batches, the last one smaller
  options.loader = {15, true, false};
  options.device = "cpu";
  options.plan = use;
  Course course{optimizer, {}, {}, false};
  train::Run run(
      network, dataset, std::nullopt, make_loss(loss.name, loss.arguments), {optimizer, settings}, options, generator,
      one({Stage::kBatchEnd}, [&](Stage, Context& context) { course.losses.push_back(context.loss.item<float>()); }));
  train_quietly(run);
  course.weights = weights(run);
  course.is_planned = run.context().is_planned;
  return course;
}

TEST_CASE("mixtures of two targets are learnt the same way by both kinds of step", "[plan]") {
  for (const std::string name : {"mixup", "cutmix"}) {
    for (const bool weighted : {false, true}) {
      Setup setup;
      setup.weighted = weighted;
      const auto plain = train_weights(setup);
      const auto train = [&](train::PlanUse use) {
        setup.options.plan = use;
        return train_weights(setup, with_native(name, {{"alpha", 1.0}}));
      };
      const auto planned = train(train::PlanUse::kRequire);
      CHECK(at::allclose(planned, train(train::PlanUse::kOff), 1e-5, 1e-6));
      CHECK_FALSE(at::allclose(planned, plain, 1e-3, 1e-3));
    }
  }
}

TEST_CASE("planned and autograd's training agree over 100 steps, for random networks, losses and optimizers",
          "[plan]") {
  std::uint32_t seed = 100;
  std::set<std::string> optimizers;
  int amplifying = 0;
  for (const auto& loss : planned_losses()) {
    for (int repetition = 0; repetition < 4; ++repetition) {
      ++seed;
      const auto planned = train_course(seed, loss, train::PlanUse::kRequire);
      const auto autograd = train_course(seed, loss, train::PlanUse::kOff);
      CAPTURE(loss.name, seed, planned.optimizer);
      CHECK(planned.is_planned);
      CHECK_FALSE(autograd.is_planned);
      REQUIRE(planned.losses.size() == 102);
      optimizers.insert(planned.optimizer);
      const auto found = distance(loss, planned, autograd);
      if (found <= 1e-5) continue;
      // Some courses make much of little: then those that start beside this one by about a rounding go as far away.
      ++amplifying;
      // Sums over rows are float32 by autograd and float64 by hand.
      const double beside = loss.compares_rows ? 1e-6 : 1e-7;
      double farthest = 0;
      for (const double shift : {-2 * beside, -beside, beside, 2 * beside}) {
        const auto neighbour = train_course(seed, loss, train::PlanUse::kOff, 1 + shift);
        farthest = std::max(farthest, distance(loss, neighbour, autograd));
      }
      CHECK(found <= 3 * farthest);
    }
  }
  CHECK(amplifying <= static_cast<int>(seed - 100) / 10);
  const auto names = optim::update_rules().names();
  CHECK(optimizers == std::set<std::string>(names.begin(), names.end()));
}

}  // namespace
}  // namespace mlr3libtorch::test_plan_equality
