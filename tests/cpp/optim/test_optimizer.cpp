#include <torch/torch.h>

#include "core/base/error.h"
#include "core/optim/optimizer.h"
#include "core/optim/update_rule.h"
#include "optim/memory.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_optimizer {
namespace {

using optim::Optimizer;
using Groups = std::vector<optim::GroupSpec>;
using test::fill_gradients;
using test::make_memory;
using test::run_steps;

TEST_CASE("the form in tensor operations does the same as the loop over elements", "[optim]") {
  for (const auto& [name, settings] : test::full_settings()) {
    CAPTURE(name);
    auto memory = make_memory({7, 30});
    auto values = memory.values.clone();
    Optimizer optimizer(name, settings, memory);
    const auto bound = optim::update_rules().bind(name, settings);
    const auto rule = optim::update_rules().make(name, bound);
    std::vector<at::Tensor> statistics;
    for (const auto& statistic : rule->statistics()) {
      statistics.push_back(torch::full_like(values, statistic.initial(bound)));
    }
    for (int step = 0; step < 50; ++step) {
      fill_gradients(memory, step);
      rule->update(bound, optim::TensorSlice{values, memory.gradients, statistics, step + 1});
      optimizer.step();
    }
    CHECK(torch::allclose(memory.values, values, 1e-11, 1e-12));
  }
}

TEST_CASE("a dtype without a loop of its own is updated by tensor operations", "[optim]") {
  auto memory = make_memory({5, 3}, at::kBFloat16);
  auto expected = make_memory({5, 3}, at::kFloat);
  Optimizer("adam", {{"lr", 0.1}}, memory).step();
  Optimizer("adam", {{"lr", 0.1}}, expected).step();
  CHECK(torch::allclose(memory.values.to(at::kFloat), expected.values, 0.02, 0.02));
}

TEST_CASE("how ranges are cut does not change a bit", "[optim]") {
  for (const auto& [name, settings] : test::full_settings()) {
    CAPTURE(name);
    for (const auto type : {at::kFloat, at::kDouble}) {
      auto whole = make_memory({40}, type);
      auto parts = make_memory({1, 16, 3, 0, 20}, type);
      Optimizer first(name, settings, whole);
      Optimizer second(name, Groups{{{4, 0}, settings}, {{2, 1, 3}, settings}}, parts);
      run_steps(first, whole, 0, 30);
      run_steps(second, parts, 0, 30);
      CHECK(torch::equal(whole.values, parts.values));
    }
  }
}

TEST_CASE("each group follows its own settings, also when they change", "[optim]") {
  auto memory = make_memory({3, 4, 5});
  const auto start = memory.values.clone();
  Optimizer optimizer("sgd", Groups{{{0, 2}, {{"lr", 0.5}}}, {{1}, {{"lr", 0.25}}}}, memory);
  optimizer.step();
  auto rates = torch::cat({torch::full({3}, 0.5), torch::full({4}, 0.25), torch::full({5}, 0.5)}).to(at::kDouble);
  CHECK(torch::allclose(memory.values, start - rates * memory.gradients, 1e-15));
  optimizer.groups()[1].settings.set("lr", 0.0);
  const auto before = memory.values.clone();
  optimizer.step();
  CHECK(torch::equal(memory.values.narrow(0, 3, 4), before.narrow(0, 3, 4)));
  CHECK_FALSE(torch::equal(memory.values, before));
}

TEST_CASE("a range belongs to exactly one group", "[optim]") {
  auto memory = make_memory({3, 4});
  const value::NamedValues settings{{"lr", 0.1}};
  const auto make = [&](const Groups& groups) { Optimizer("sgd", groups, memory); };
  CHECK_THROWS_WITH(make({{{0}, settings}}), "Parameter 'b' is in no parameter group.");
  CHECK_THROWS_WITH(make({{{0, 1}, settings}, {{1}, settings}}), "Parameter 'b' is in more than one parameter group.");
  CHECK_THROWS_WITH(make({{{0, 1, 2}, settings}}), "A parameter group refers to parameter 3 of 2.");
  CHECK_THROWS_AS(make({}), base::ConfigError);
}

TEST_CASE("a frozen range stays as it is and starts to count when it is thawed", "[optim]") {
  auto memory = make_memory({8, 8});
  memory.ranges[1].trainable = false;
  Optimizer optimizer("adam", {{"lr", 0.1}, {"amsgrad", true}}, memory);
  const auto start = memory.values.clone();
  run_steps(optimizer, memory, 0, 10);
  CHECK(torch::equal(memory.values.narrow(0, 8, 8), start.narrow(0, 8, 8)));
  CHECK_FALSE(torch::equal(memory.values, start));

  memory.ranges[1].trainable = true;
  auto late = make_memory({8, 8});
  Optimizer late_optimizer("adam", {{"lr", 0.1}, {"amsgrad", true}}, late);
  run_steps(optimizer, memory, 10, 20);
  run_steps(late_optimizer, late, 10, 20);
  CHECK(torch::equal(memory.values.narrow(0, 8, 8), late.values.narrow(0, 8, 8)));
}

TEST_CASE("settings are checked when an optimizer is made and when they change", "[optim]") {
  auto memory = make_memory({3});
  const auto make = [&](const std::string& name, const value::NamedValues& settings) {
    return std::make_unique<Optimizer>(name, settings, memory);
  };
  CHECK_THROWS_AS(make("adm", {}), base::UnknownNameError);
  CHECK_THROWS_AS(make("adam", {{"learning_rate", 0.1}}), base::UnknownNameError);
  CHECK_THROWS_WITH(make("sgd", {}), "Argument 'lr' of optimizer 'sgd' is required.");
  CHECK_THROWS_WITH(make("adam", {{"lr", -1.0}}), "Argument 'lr' of optimizer 'adam' must be at least 0, not -1.");
  CHECK_THROWS_AS(make("adam", {{"betas", c10::List<double>({0.9, 1.0})}}), base::ConfigError);
  CHECK_THROWS_AS(make("sgd", {{"lr", 0.1}, {"nesterov", true}}), base::ConfigError);
  CHECK_THROWS_AS(make("sgd", {{"lr", 0.1}, {"nesterov", true}, {"momentum", 0.9}, {"dampening", 0.1}}),
                  base::ConfigError);
  const auto optimizer = make("adam", {});
  CHECK(optimizer->name() == "adam");
  CHECK(optimizer->groups()[0].settings.get<double>("lr") == 0.001);
  CHECK_THROWS_AS(optimizer->groups()[0].settings.set("lr", std::nan("")), base::Error);
  CHECK_THROWS_AS(optimizer->groups()[0].settings.set("rate", 0.1), base::UnknownNameError);
}

TEST_CASE("a statistic is allocated when a setting asks for it", "[optim]") {
  auto memory = make_memory({6});
  Optimizer optimizer("sgd", {{"lr", 0.1}}, memory);
  optimizer.step();
  const auto statistics = [&] { return optimizer.state().toGenericDict().at("statistics").toGenericDict(); };
  CHECK(statistics().empty());
  optimizer.groups()[0].settings.set("momentum", 0.9);
  optimizer.step();
  CHECK(torch::equal(statistics().at("momentum_buffer").toTensor(), memory.gradients));
}

TEST_CASE("gradients that are not numbers spoil their own weights only", "[optim]") {
  for (const auto& [name, settings] : test::full_settings()) {
    CAPTURE(name);
    auto memory = make_memory({20}, at::kFloat);
    auto clean = make_memory({20}, at::kFloat);
    const auto bad = torch::tensor({std::nanf(""), INFINITY, -INFINITY, 3e38F});
    Optimizer optimizer(name, settings, memory);
    Optimizer clean_optimizer(name, settings, clean);
    for (int step = 0; step < 3; ++step) {
      memory.gradients.narrow(0, 0, 4).copy_(bad);
      optimizer.step();
      clean_optimizer.step();
    }
    CHECK(std::isnan(memory.values[0].item<float>()));
    CHECK(torch::equal(memory.values.narrow(0, 4, 16), clean.values.narrow(0, 4, 16)));
  }
}

TEST_CASE("a network without parameters is stepped without effect", "[optim]") {
  auto memory = make_memory({});
  Optimizer optimizer("adam", value::NamedValues{}, memory);
  optimizer.step();
  optimizer.load_state(optimizer.state());
  CHECK(memory.size() == 0);
}

}  // namespace
}  // namespace mlr3libtorch::test_optimizer
