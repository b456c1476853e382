#include "core/plan/predictor.h"
#include "plan/plans.h"

namespace mlr3libtorch::test_plan {
namespace {

using namespace mlr3libtorch::test;

TEST_CASE("what hinders a plan is named, node by node", "[plan]") {
  const auto x = at::zeros({2, 3, 4});
  const auto network = make_network({{"norm", "batch_norm1d", {{"track_running_stats", false}}, {"x"}},
                                     {"turned", "softmax", {{"dim", 1}}, {"norm"}}},
                                    x);
  const auto reasons = plan::reasons_against(network);
  REQUIRE(reasons.size() == 2);
  CHECK_THAT(reasons[0], Catch::Contains("'norm' (batch_norm1d)"));
  CHECK_THAT(reasons[1], Catch::Contains("'turned' (softmax)"));
  const auto in_double =
      make_network({{"out", "linear", {{"out_features", 1}}, {"x"}}}, at::zeros({2, 3}, at::kDouble));
  CHECK_THAT(plan::reasons_against(in_double).front(), Catch::Contains("input 'x'") && Catch::Contains("Double"));
  CHECK_FALSE(plan::reasons_against(make_network({{"same", "identity", {}, {"x"}}}, x)).empty());
}

TEST_CASE("values that several nodes read keep their numbers, through views and in place", "[plan]") {
  const auto x = at::randn({6, 4}, generator_of(2));
  // 'hidden' is read by a view whose dropout would like to work in place, and again by the sum.
  auto network = make_network({{"hidden", "linear", {{"out_features", 4}}, {"x"}},
                               {"view", "identity", {}, {"hidden"}},
                               {"drop", "dropout", {{"p", 0.5}}, {"view"}},
                               {"bent", "tanh", {}, {"drop"}},
                               {"sum", "merge_sum", {}, {"bent", "hidden", "x"}},
                               {"out", "linear", {{"out_features", 2}}, {"sum"}}},
                              x);
  check_follows_autograd(network, x);
}

TEST_CASE("an output that is read by later nodes, and a second output, are right", "[plan]") {
  const auto x = at::randn({6, 4}, generator_of(2));
  auto network = make_network({{"hidden", "linear", {{"out_features", 3}}, {"x"}},
                               {"first", "relu", {}, {"hidden"}},
                               {"second", "linear", {{"out_features", 2}}, {"first"}}},
                              x, 1, {"first", "second"});
  check_follows_autograd(network, x);
}

TEST_CASE("frozen parameters have no gradient, and get one again", "[plan]") {
  const auto x = at::randn({6, 3}, generator_of(2));
  auto network = make_mlp();
  network.enable_gradients();
  plan::Plan plan(network, 6, plan::Purpose::kTraining);
  const auto full = step_by_plan(network, plan, {x}).gradients;
  network.parameters()[0].second.set_requires_grad(false);
  const auto frozen = step_by_plan(network, plan, {x}).gradients;
  CHECK(at::equal(frozen, step_by_autograd(network, {x}).gradients.where(frozen == 0, frozen)));
  CHECK(frozen.narrow(0, 0, 24).abs().max().item<float>() == 0);
  CHECK(at::equal(frozen.narrow(0, 24, frozen.numel() - 24), full.narrow(0, 24, full.numel() - 24)));
  network.parameters()[0].second.set_requires_grad(true);
  CHECK(at::equal(step_by_plan(network, plan, {x}).gradients, full));
}

TEST_CASE("a plan reads only what is laid out as the network was built for", "[plan]") {
  const auto network = make_mlp();
  const plan::Plan plan(network, 4, plan::Purpose::kPrediction);
  CHECK(plan.fits({at::zeros({7, 3})}));
  CHECK_FALSE(plan.fits({at::zeros({7, 4})}));
  CHECK_FALSE(plan.fits({at::zeros({7, 3}, at::kDouble)}));
  CHECK_FALSE(plan.fits({at::zeros({3, 7}).t()}));
  CHECK_FALSE(plan.fits({at::zeros({})}));
  CHECK_FALSE(plan.fits({at::Tensor()}));
  CHECK_FALSE(plan.fits({}));
}

TEST_CASE("the predictor equals the forward call for any number of rows and any network", "[plan]") {
  std::vector<network::Node> nodes;
  std::string last = "x";
  for (int i = 0; i < 6; ++i) {
    const auto id = std::to_string(i);
    nodes.push_back({"linear" + id, "linear", {{"out_features", i % 2 == 0 ? 300 : 20}}, {last}});
    nodes.push_back({"norm" + id, "batch_norm1d", {}, {"linear" + id}});
    nodes.push_back({"bend" + id, i % 2 == 0 ? "relu" : "gelu", {}, {"norm" + id}});
    nodes.push_back({"drop" + id, "dropout", {}, {"bend" + id}});
    last = "drop" + id;
  }
  nodes.push_back({"skip", "merge_cat", {}, {"bend1", last, "linear3"}});
  const auto x = at::randn({1500, 4}, generator_of(2));
  auto network = make_network(nodes, x);
  plan::Predictor predictor(network);
  base::Interrupt interrupt;
  for (const std::int64_t rows : {0, 1, 33, 1500}) {
    const auto some = x.narrow(0, 0, rows);
    const auto y_hat = at::empty({rows, 60});
    predictor.predict({some}, 0, rows, {y_hat}, interrupt);
    CHECK(is_close(y_hat, network.forward({some}, {}).front()));
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_plan
