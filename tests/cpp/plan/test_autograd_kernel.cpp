// Nodes without a kernel, for which the plan steps out, between nodes that have one.
#include "plan/plans.h"

namespace mlr3libtorch::test_autograd_kernel {
namespace {

using namespace mlr3libtorch::test;

std::vector<network::Node> with_step_out(const std::string& operation, const value::NamedValues& parameters = {}) {
  return {{"first", "linear", {{"out_features", 24}}, {"x"}},
          {"before", "reshape", {{"shape", std::vector<std::int64_t>{-1, 4, 6}}}, {"first"}},
          {"tested", operation, parameters, {"before"}},
          {"after", "relu", {}, {"tested"}},
          {"flat", "flatten", {}, {"after"}},
          {"last", "linear", {{"out_features", 3}}, {"flat"}}};
}

const value::NamedValues kWindow{{"out_channels", 3}, {"kernel_size", std::vector<std::int64_t>{2}}};

TEST_CASE("a plan steps out for a node without a kernel, and gives autograd's outputs and gradients", "[plan]") {
  const auto x = at::randn({9, 4}, generator_of(3));
  const std::vector<std::pair<std::string, value::NamedValues>> cases{
      {"conv_transpose1d", kWindow},
      {"max_pool1d", {{"kernel_size", std::vector<std::int64_t>{4}}, {"ceil_mode", true}}},
      {"rrelu", {}},
      {"elu", {{"alpha", -0.5}}},
      {"batch_norm1d", {{"track_running_stats", false}}},
      {"dropout", {{"p", 1.0}}}};
  for (const auto& [operation, parameters] : cases) {
    CAPTURE(operation);
    auto network = make_network(with_step_out(operation, parameters), x);
    network.enable_gradients();
    REQUIRE(plan::reasons_against(network).empty());
    plan::Plan plan(network, 9, plan::Purpose::kTraining);
    for (const std::int64_t rows : {9, 5}) {
      check_follows_autograd(network, plan, x.narrow(0, 0, rows).contiguous());
    }
    CHECK(plan.cutting_node() == nullptr);
  }
}

TEST_CASE("a node that is stepped out for is named", "[plan]") {
  const auto x = at::randn({9, 4}, generator_of(3));
  const auto network = make_network(with_step_out("rrelu"), x);
  const auto sentences = plan::steps_out(network);
  REQUIRE(sentences.size() == 1);
  CHECK_THAT(sentences.front(), Catch::Contains("node 'tested' (rrelu)") && Catch::Contains("no planned kernel"));
}

TEST_CASE("a network whose weights all lie in nodes without a kernel is not planned", "[plan]") {
  const auto x = at::randn({9, 4, 6}, generator_of(3));
  const auto network =
      make_network({{"tested", "conv_transpose1d", kWindow, {"x"}}, {"after", "relu", {}, {"tested"}}}, x);
  REQUIRE(plan::reasons_against(network).size() == 1);
  CHECK_THAT(plan::reasons_against(network).front(), Catch::Contains("conv_transpose1d"));
}

TEST_CASE("frozen parameters of a stepped-out node get no gradient", "[plan]") {
  const auto x = at::randn({9, 4}, generator_of(3));
  auto network = make_network(with_step_out("conv_transpose1d", kWindow), x);
  network.enable_gradients();
  for (const auto& [name, tensor] : network.parameters()) {
    if (name.find("tested") == 0) tensor.requires_grad_(false);
  }
  plan::Plan plan(network, 9, plan::Purpose::kTraining);
  check_follows_autograd(network, plan, x);
}

}  // namespace
}  // namespace mlr3libtorch::test_autograd_kernel
