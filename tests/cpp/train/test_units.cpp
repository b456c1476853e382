// Networks that standardise features and target inside: they learn what a network learns from data that were
// standardised before.
#include "loss/loss_cases.h"

#include <algorithm>

#include "callback/callbacks.h"

namespace mlr3libtorch::test_units {
namespace {

using namespace mlr3libtorch::test;

using Numbers = c10::List<double>;

constexpr double kMeanX = 700;
constexpr double kDeviationX = 50;
constexpr double kMeanY = 200000;
constexpr double kDeviationY = 3000;

/// Rows of size 1.
data::Dataset standard_rows(bool weighted) { return weighted ? make_weighted_dataset(40) : make_dataset(40); }

data::Dataset raw_rows(bool weighted) {
  auto rows = standard_rows(weighted);
  rows.x[0] = (rows.x[0] * kDeviationX + kMeanX).contiguous();
  rows.y = (rows.y * kDeviationY + kMeanY).contiguous();
  return rows;
}

network::Spec make_network_spec(std::int64_t outputs, bool scales, bool is_variance) {
  network::Spec spec{{"x"},
                     {{"hidden", "linear", {{"out_features", 8}}, {scales ? "before" : "x"}},
                      {"bend", "tanh", {}, {"hidden"}},
                      {"out", "linear", {{"out_features", outputs}}, {"bend"}}},
                     {}};
  if (!scales) return spec;
  spec.nodes.insert(spec.nodes.begin(),
                    {"before", "standardize", {{"mean", Numbers{kMeanX}}, {"sd", Numbers{kDeviationX}}}, {"x"}});
  value::NamedValues unit{{"mean", Numbers{kMeanY}}, {"sd", Numbers{kDeviationY}}};
  if (is_variance) {
    unit = {{"mean", Numbers{kMeanY, 2 * std::log(kDeviationY)}}, {"sd", Numbers{kDeviationY, 1}}};
  }
  spec.nodes.push_back({"after", "unstandardize", unit, {"out"}});
  return spec;
}

struct Course {
  at::Tensor weights;
  std::vector<double> losses;
  bool is_planned;
};

Course train_course(const LossCase& tested, bool scales, bool weighted, train::PlanUse use,
                    const std::string& mixture = "") {
  const auto generator = train::make_generator(3);
  const auto rows = scales ? raw_rows(weighted) : standard_rows(weighted);
  auto network =
      std::make_shared<network::Network>(make_network_spec(tested.outputs, scales, tested.name == "gaussian_nll"),
                                         std::vector<at::Tensor>{at::zeros({2, 3})}, generator);
  auto options = Setup::default_options();
  options.epochs = 5;
  options.plan = use;
  Course course{};
  auto callbacks = mixture.empty() ? train::Callbacks{} : with_native(mixture, {{"alpha", 1.0}});
  add(callbacks, "losses", {Stage::kBatchEnd},
      [&](Stage, Context& context) { course.losses.push_back(context.loss.item<double>()); });
  train::Run run(network, rows, rows, make_loss(tested.name, tested.arguments), {"sgd", {{"lr", 0.05}}}, options,
                 generator, std::move(callbacks));
  run.begin();
  train_quietly(run);
  course.losses.push_back(*run.context().mean_loss_valid);
  course.losses.push_back(run.constant_loss().value_or(0));
  course.weights = weights(run);
  course.is_planned = run.context().is_planned;
  return course;
}

void check_same(const Course& a, const Course& b) {
  CHECK(at::allclose(a.weights, b.weights, 2e-3, 2e-4));
  REQUIRE(a.losses.size() == b.losses.size());
  for (std::size_t i = 0; i < a.losses.size(); ++i)
    CHECK(a.losses[i] == Approx(b.losses[i]).epsilon(1e-3).margin(1e-4));
}

std::vector<LossCase> losses_with_units() {
  std::vector<LossCase> cases;
  for (const auto& tested : loss_cases()) {
    if (make_loss(tested.name, tested.arguments)->has_units()) cases.push_back(tested);
  }
  return cases;
}

TEST_CASE("a network that standardises learns what one learns from standardised data, with the same losses",
          "[units]") {
  const auto cases = losses_with_units();
  CHECK(cases.size() == 6);
  for (const auto& tested : cases) {
    for (const bool weighted : {false, true}) {
      for (const auto use : {train::PlanUse::kAuto, train::PlanUse::kOff}) {
        CAPTURE(tested.name, weighted, train::name_of(use));
        const auto inside = train_course(tested, true, weighted, use);
        const auto outside = train_course(tested, false, weighted, use);
        CHECK(inside.is_planned == outside.is_planned);
        check_same(inside, outside);
      }
    }
  }
}

TEST_CASE("mixtures of targets are compared in the same units", "[units]") {
  for (const auto use : {train::PlanUse::kRequire, train::PlanUse::kOff}) {
    const LossCase tested{"mse", {}, 1, 0};
    check_same(train_course(tested, true, false, use, "mixup"), train_course(tested, false, false, use, "mixup"));
  }
}

TEST_CASE("a loss that a user has written sees outputs and target as they are", "[units]") {
  const LossCase own{"script", {{"code", squared_error_code()}}, 1, 0};
  const LossCase built_in{"mse", {}, 1, 0};
  const auto raw = train_course(own, true, false, train::PlanUse::kOff);
  const auto standard = train_course(built_in, true, false, train::PlanUse::kOff);
  CHECK(raw.losses.front() == Approx(standard.losses.front() * kDeviationY * kDeviationY).epsilon(1e-3));
}

}  // namespace
}  // namespace mlr3libtorch::test_units
