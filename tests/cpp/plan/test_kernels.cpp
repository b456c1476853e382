// Every planned operation between two linear layers, so that gradients flow through it from and to somewhere.
#include "plan/operation_cases.h"

#include <optional>
#include <set>

namespace mlr3libtorch::test_kernels {
namespace {

using namespace mlr3libtorch::test;

TEST_CASE("a planned step gives autograd's outputs and gradients, for each operation", "[plan]") {
  // Several blocks of those kernels that work in blocks of rows, and the last one is not full.
  const auto x = at::randn({150, 4}, generator_of(3));
  for (const auto& tested : operation_cases()) {
    CAPTURE(tested.operation);
    auto network = make_network(around(tested), x);
    network.enable_gradients();
    REQUIRE(plan::reasons_against(network).empty());
    REQUIRE(plan::steps_out(network).empty());
    plan::Plan plan(network, 150, plan::Purpose::kTraining);
    for (const std::int64_t rows : {150, 5}) {
      const auto batch = x.narrow(0, 0, rows).contiguous();
      // Running averages move with each training step, but do not enter it.
      check_follows_autograd(network, plan, batch);
    }
  }
}

/// Of all numbers together: a single one may be on the other side of a jump.
double relative_error(const at::Tensor& given, const at::Tensor& expected) {
  return ((given - expected).norm() / expected.norm()).item<double>();
}

TEST_CASE("in bfloat16, planned steps and autograd's are close to float32, for each operation", "[plan][bfloat16]") {
  constexpr auto kBfloat16 = kernel::Precision::kBfloat16;
  const auto x = at::randn({150, 4}, generator_of(3));
  for (const auto& tested : operation_cases()) {
    CAPTURE(tested.operation);
    auto network = make_network(around(tested), x);
    network.enable_gradients();
    const auto expected = step_by_autograd(network, {x});
    plan::Plan plan(network, 150, plan::Purpose::kTraining, kBfloat16);
    for (const auto& given : {step_by_plan(network, plan, {x}), step_by_autograd(network, {x}, 1, kBfloat16)}) {
      CHECK(given.y_hat.scalar_type() == at::kFloat);
      CHECK(relative_error(given.y_hat, expected.y_hat) < 0.05);
      CHECK(relative_error(given.gradients, expected.gradients) < 0.05);
      CHECK(relative_error(given.gradients, expected.gradients) > 1e-5);
    }
    CHECK(kernel::current_precision() == kernel::Precision::kFloat32);
  }
}

/// The gradient of half the sum of the outputs' squares by central differences in double precision.
at::Tensor finite_differences(const std::vector<network::Node>& nodes, const at::Tensor& x, const at::Tensor& weights) {
  constexpr double kStep = 1e-6;
  auto network = make_network(nodes, x.to(at::kDouble));
  auto& values = network.memory().values;
  values.copy_(weights);
  const auto loss = [&] {
    return network.forward({x.to(at::kDouble)}, {true, generator_of(1)}).front().square().sum().item<double>() / 2;
  };
  auto gradients = at::empty_like(values);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const auto before = values[i].item<double>();
    values[i] = before + kStep;
    const auto above = loss();
    values[i] = before - kStep;
    gradients[i] = (above - loss()) / (2 * kStep);
    values[i] = before;
  }
  return gradients;
}

TEST_CASE("a planned step's gradients are those of finite differences in double precision", "[plan]") {
  const auto x = at::randn({4, 2}, generator_of(5));
  for (const auto& tested : operation_cases()) {
    CAPTURE(tested.operation);
    auto network = make_network(around(tested), x);
    network.enable_gradients();
    REQUIRE(plan::steps_out(network).empty());
    plan::Plan plan(network, 4, plan::Purpose::kTraining);
    const auto given = step_by_plan(network, plan, {x});
    const auto expected = finite_differences(around(tested), x, network.memory().values);
    CHECK(is_close(given.gradients.to(at::kDouble), expected, 1e-4));
  }
}

TEST_CASE("embeddings and indicators are planned for class numbers of either type", "[plan]") {
  const auto numbers = at::tensor({0, 2, 1, 2, 3}, at::kLong).view({5, 1});
  for (const auto type : {at::kLong, at::kFloat}) {
    for (const std::string operation : {"embedding", "one_hot"}) {
      CAPTURE(operation, type);
      value::NamedValues parameters{{"num_embeddings", 4}, {"embedding_dim", 3}, {"padding_idx", 1}};
      if (operation == "one_hot") parameters = {{"num_classes", 4}};
      const auto x = numbers.to(type);
      auto network = make_network({{"tested", operation, parameters, {"x"}},
                                   {"flat", "flatten", {}, {"tested"}},
                                   {"last", "linear", {{"out_features", 2}}, {"flat"}}},
                                  x);
      network.enable_gradients();
      plan::Plan plan(network, 5, plan::Purpose::kTraining);
      check_follows_autograd(network, plan, x);
      CHECK_THROWS_WITH(step_by_plan(network, plan, {x + 1}),
                        Catch::Contains("tested") && Catch::Contains("4 classes"));
    }
  }
}

TEST_CASE("an embedding of columns with vectors of their own is planned", "[plan]") {
  const auto x = at::tensor({0, 2, 1, 0, 1, 3, 0, 1}, at::kLong).view({4, 2});
  auto network =
      make_network({{"tested",
                     "embedding",
                     {{"num_embeddings", 6}, {"embedding_dim", 3}, {"cardinalities", std::vector<std::int64_t>{2, 4}}},
                     {"x"}},
                    {"flat", "flatten", {}, {"tested"}},
                    {"last", "linear", {{"out_features", 2}}, {"flat"}}},
                   x);
  network.enable_gradients();
  plan::Plan plan(network, 4, plan::Purpose::kTraining);
  check_follows_autograd(network, plan, x);
  CHECK_THROWS_WITH(step_by_plan(network, plan, {x + 1}), Catch::Contains("tested") && Catch::Contains("2 classes"));
}

TEST_CASE("tokens of classes are planned", "[plan]") {
  const auto x = at::tensor({0, 2, 1, 0, 1, 3, 0, 1}, at::kLong).view({4, 2});
  for (const bool bias : {true, false}) {
    auto network = make_network({{"tested",
                                  "tokenizer_categ",
                                  {{"d_token", 3}, {"cardinalities", std::vector<std::int64_t>{2, 4}}, {"bias", bias}},
                                  {"x"}},
                                 {"flat", "flatten", {}, {"tested"}},
                                 {"last", "linear", {{"out_features", 2}}, {"flat"}}},
                                x);
    REQUIRE(plan::steps_out(network).empty());
    check_follows_autograd(network, x);
  }
}

TEST_CASE("batch norm's running averages are those of autograd's step", "[plan]") {
  const auto x = at::randn({9, 4}, generator_of(3)) * 3 + 1;
  for (const auto& momentum : {c10::IValue(0.3), c10::IValue()}) {
    const std::vector<network::Node> nodes = {{"norm", "batch_norm1d", {{"momentum", momentum}}, {"x"}}};
    auto by_autograd = make_network(nodes, x);
    auto by_plan = make_network(nodes, x);
    by_autograd.enable_gradients();
    by_plan.enable_gradients();
    plan::Plan plan(by_plan, 9, plan::Purpose::kTraining);
    for (int batch = 0; batch < 3; ++batch) {
      step_by_autograd(by_autograd, {x + batch});
      step_by_plan(by_plan, plan, {x + batch});
    }
    for (std::size_t i = 0; i < by_plan.buffers().size(); ++i) {
      CHECK(is_close(by_plan.buffers()[i].second.to(at::kFloat), by_autograd.buffers()[i].second.to(at::kFloat)));
    }
    const auto one_row = x.narrow(0, 0, 1).contiguous();
    CHECK_THROWS_WITH(step_by_plan(by_plan, plan, {one_row}), Catch::Contains("batch of one row"));
  }
}

/// Whether the operation is planned for so many of these inputs; none if it does not take them.
std::optional<bool> is_planned_for(const std::string& operation, const at::Tensor& x, std::size_t count) {
  const network::Node node{"node", operation, some_parameters(operation), std::vector<std::string>(count, "x")};
  try {
    return plan::reasons_against(make_network({node}, x)).empty();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

TEST_CASE("every operation with a planned kernel is tested here", "[plan]") {
  std::set<std::string> tested{"embedding", "one_hot", "tokenizer_categ"};
  for (const auto& example : operation_cases()) tested.insert(example.operation);
  // Texts and files that are not made up; nothing plans TorchScript.
  const std::set<std::string> not_built{"script", "script_file"};
  for (const auto& operation : network::operations().names()) {
    const bool is_tested = tested.count(operation) > 0;
    bool is_built = is_tested || not_built.count(operation) > 0;
    bool has_kernel = false;
    for (const auto& x : some_inputs()) {
      for (const std::size_t count : {1, 2, 3}) {
        const auto is_planned = is_planned_for(operation, x, count);
        if (!is_planned) continue;
        is_built = true;
        has_kernel = has_kernel || *is_planned;
      }
    }
    if (has_kernel && !is_tested)
      FAIL_CHECK(operation << ": add a row to operation_cases() in tests/cpp/plan/operation_cases.h.");
    if (!is_built) {
      FAIL_CHECK(operation << " takes none of the inputs here: add arguments to chosen_parameters() or an input to "
                              "some_inputs() in tests/cpp/plan/operation_cases.h.");
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_kernels
