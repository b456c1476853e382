// Inputs whose factors come in codes: what they stand for, and that kernels that read codes follow those that read
// ones.
#include "core/base/error.h"
#include "core/plan/predictor.h"
#include "plan/coded_inputs.h"

namespace mlr3libtorch::test_codes {
namespace {

using namespace mlr3libtorch::test;

using Levels = std::vector<std::int64_t>;

/// Numbers and factors in any order, factors alone, one level, more outputs than one block of the kernel.
const std::vector<Levels> kLevels{{0, 7, 0, 0, 5, 0}, {4, 9}, {30}, {1, 0}, {0, 200}};

/// A planned step on codes.
StepResult step_by_codes(network::Network& network, plan::Plan& plan, const data::Codes& codes) {
  base::Interrupt interrupt;
  network.restore_gradients();
  const auto rows = codes.values.size(0);
  const auto y_hat = at::empty({rows, plan.width_of_output(0)});
  plan.forward({at::Tensor()}, 0, rows, {y_hat.data_ptr<float>()}, generator_of(1), interrupt, {codes});
  std::copy_n(y_hat.data_ptr<float>(), y_hat.numel(), plan.output_gradients());
  plan.backward({}, interrupt);
  return {y_hat, network.memory().gradients.clone()};
}

std::vector<network::Node> two_readers(std::int64_t outputs, bool bias) {
  return {{"first", "linear", {{"out_features", outputs}, {"bias", bias}}, {"x"}},
          {"bend", "tanh", {}, {"first"}},
          {"other", "linear", {{"out_features", outputs}}, {"x"}},
          {"sum", "merge_sum", {}, {"bend", "other"}},
          {"last", "linear", {{"out_features", 3}}, {"sum"}}};
}

TEST_CASE("codes stand for numbers beside the indicators of factors", "[codes]") {
  const data::Codes codes{std::make_shared<const kernel::Coding>(Levels{3, 0, 2}),
                          at::tensor({2.0F, 0.5F, 0.0F, 0.0F, -1.0F, 1.0F}).view({2, 3})};
  CHECK(codes.coding->width() == 6);
  const auto expected = at::tensor({0.0F, 0.0F, 1.0F, 0.5F, 1.0F, 0.0F,  //
                                    1.0F, 0.0F, 0.0F, -1.0F, 0.0F, 1.0F})
                            .view({2, 6});
  CHECK(at::equal(data::expanded(codes), expected));
  CHECK(at::equal(data::expanded(codes.rows(1, 1)), expected.narrow(0, 1, 1)));
  for (const auto& levels : kLevels) {
    const auto some = make_codes(levels, 20);
    CHECK(at::equal(data::expanded(some), written_out(some, levels)));
  }
}

TEST_CASE("codes that are not levels, and those of another shape, are refused", "[codes]") {
  const auto codes = make_codes({0, 4}, 5);
  data::check_codes(codes);
  const auto changed = [&](float code) {
    auto values = codes.values.clone();
    values[3][1] = code;
    return data::Codes{codes.coding, values};
  };
  data::check_codes(changed(3));
  for (const float code : {4.0F, -1.0F, 0.5F, std::numeric_limits<float>::quiet_NaN()}) {
    CHECK_THROWS_AS(data::check_codes(changed(code)), base::Error);
  }
  CHECK_THROWS_AS(data::check_codes({codes.coding, codes.values.narrow(1, 0, 1)}), base::ShapeError);
  CHECK_THROWS_AS(data::check_codes({codes.coding, codes.values.to(at::kDouble)}), base::ShapeError);
}

TEST_CASE("a planned step on codes gives autograd's outputs and gradients for what they stand for", "[codes]") {
  for (const auto& levels : kLevels) {
    for (const std::int64_t outputs : {1, 5, 16, 37}) {
      const auto codes = make_codes(levels, 19);
      CAPTURE(codes.coding->width(), outputs);
      auto network = make_network(two_readers(outputs, outputs != 5), written_out(codes, levels));
      network.enable_gradients();
      plan::Plan plan(network, 19, plan::Purpose::kTraining);
      REQUIRE(plan.takes_codes(0));
      // Fewer rows after more: nothing of the larger batch may be left.
      for (const std::int64_t rows : {19, 8, 1}) {
        const auto some = codes.rows(2 * (19 - rows) / 19, rows);
        REQUIRE(plan.fits({at::Tensor()}, {some}));
        const auto given = step_by_codes(network, plan, some);
        const auto expected = step_by_autograd(network, {written_out(some, levels)});
        CHECK(is_close(given.y_hat, expected.y_hat));
        CHECK(is_close(given.gradients, expected.gradients, 2e-5));
      }
    }
  }
}

/// The positions of the numbers among what codes stand for.
c10::List<std::int64_t> number_positions(const kernel::Coding& coding) {
  c10::List<std::int64_t> positions;
  for (const auto& number : coding.numbers()) positions.push_back(number.position);
  return positions;
}

TEST_CASE("numbers beside codes are standardised without the indicators that codes stand for", "[codes]") {
  for (const auto& levels : {Levels{0, 7, 0, 0, 5, 0}, Levels{0, 200}}) {
    const auto codes = make_codes(levels, 19);
    const auto positions = number_positions(*codes.coding);
    const value::NamedValues scale{
        {"mean", c10::List<double>{0.5}}, {"sd", c10::List<double>{2.0}}, {"index", positions}};
    auto network = make_network({{"scale", "standardize", scale, {"x"}},
                                 {"first", "linear", {{"out_features", 5}}, {"scale"}},
                                 {"last", "linear", {{"out_features", 2}}, {"first"}}},
                                written_out(codes, levels));
    network.enable_gradients();
    plan::Plan plan(network, 19, plan::Purpose::kTraining);
    REQUIRE(plan.takes_codes(0));
    for (const std::int64_t rows : {19, 8}) {
      const auto some = codes.rows(0, rows);
      const auto given = step_by_codes(network, plan, some);
      const auto expected = step_by_autograd(network, {written_out(some, levels)});
      CHECK(is_close(given.y_hat, expected.y_hat));
      CHECK(is_close(given.gradients, expected.gradients, 2e-5));
    }
  }
}

TEST_CASE("codes are not passed on to a node that does not take them", "[codes]") {
  const auto codes = make_codes({0, 7}, 5);
  const value::NamedValues scale{{"mean", c10::List<double>{0.5}}, {"sd", c10::List<double>{2.0}}};
  const network::Node standardise{"scale", "standardize", scale, {"x"}};
  const auto x = written_out(codes, {0, 7});
  for (const auto& nodes : {std::vector<network::Node>{standardise},
                            std::vector<network::Node>{standardise, {"norm", "layer_norm", {}, {"scale"}}}}) {
    const auto network = make_network(nodes, x);
    CHECK_FALSE(plan::Plan(network, 5, plan::Purpose::kPrediction).takes_codes(0));
  }
}

TEST_CASE("a plan can go from codes to the tensor and back", "[codes]") {
  const Levels levels{0, 6, 3};
  const auto codes = make_codes(levels, 7);
  auto network = make_network(two_readers(4, true), written_out(codes, levels));
  network.enable_gradients();
  plan::Plan plan(network, 7, plan::Purpose::kTraining);
  const auto first = step_by_codes(network, plan, codes);
  const auto dense = step_by_plan(network, plan, {written_out(codes, levels)});
  CHECK(is_close(first.gradients, dense.gradients));
  CHECK(at::equal(step_by_codes(network, plan, codes).gradients, first.gradients));
}

TEST_CASE("a frozen weight on codes has no gradient", "[codes]") {
  const Levels levels{0, 6};
  const auto codes = make_codes(levels, 7);
  auto network = make_network(two_readers(4, true), written_out(codes, levels));
  network.enable_gradients();
  plan::Plan plan(network, 7, plan::Purpose::kTraining);
  const auto full = step_by_codes(network, plan, codes).gradients;
  network.parameters()[0].second.set_requires_grad(false);
  const auto frozen = step_by_codes(network, plan, codes).gradients;
  CHECK(frozen.narrow(0, 0, 28).abs().max().item<float>() == 0);
  CHECK(at::equal(frozen.narrow(0, 28, frozen.numel() - 28), full.narrow(0, 28, full.numel() - 28)));
}

TEST_CASE("codes are taken by linear layers of whole rows only", "[codes]") {
  const Levels levels{0, 5};
  const auto codes = make_codes(levels, 4);
  const auto takes = [&](const std::vector<network::Node>& nodes) {
    const auto network = make_network(nodes, written_out(codes, levels));
    const plan::Plan plan(network, 4, plan::Purpose::kPrediction);
    CHECK(plan.fits({at::Tensor()}, {codes}));
    return plan.takes_codes(0);
  };
  const network::Node last{"last", "linear", {{"out_features", 3}}, {"before"}};
  const auto node = [](const std::string& operation, const value::NamedValues& parameters = {}) {
    return network::Node{"before", operation, parameters, {"x"}};
  };
  CHECK(takes({node("linear", {{"out_features", 2}}), last}));
  CHECK(takes({node("dropout"), last}));  // which does nothing in prediction
  CHECK_FALSE(takes({node("batch_norm1d"), last}));
  CHECK_FALSE(takes({node("relu"), last}));
  CHECK_FALSE(takes({node("reshape", {{"shape", std::vector<std::int64_t>{-1, 2, 3}}}), last}));
}

TEST_CASE("codes of another width, type or number of rows do not fit", "[codes]") {
  const auto codes = make_codes({0, 5}, 4);
  const auto network = make_network(two_readers(2, true), at::zeros({2, 6}));
  const plan::Plan plan(network, 4, plan::Purpose::kPrediction);
  CHECK(plan.fits({at::Tensor()}, {codes}));
  CHECK_FALSE(plan.fits({at::Tensor()}, {make_codes({0, 6}, 4)}));
  CHECK_FALSE(plan.fits({at::Tensor()}, {{codes.coding, codes.values.to(at::kDouble)}}));
  CHECK_FALSE(plan.fits({at::Tensor()}, {{codes.coding, codes.values.t().contiguous().t()}}));
  CHECK_FALSE(plan.fits({at::Tensor()}, {data::Codes()}));
}

TEST_CASE("the predictor gives the same for codes and for tensors, whether kernels take them or not", "[codes]") {
  const Levels levels{0, 300, 0, 4};
  const auto codes = make_codes(levels, 1500);
  const auto x = written_out(codes, levels);
  base::Interrupt interrupt;
  for (const std::string operation : {"linear", "batch_norm1d"}) {
    CAPTURE(operation);
    const value::NamedValues parameters =
        operation == "linear" ? value::NamedValues{{"out_features", 20}} : value::NamedValues{};
    const auto network = make_network(
        {{"before", operation, parameters, {"x"}}, {"last", "linear", {{"out_features", 3}}, {"before"}}}, x);
    plan::Predictor predictor(network);
    for (const std::int64_t rows : {0, 1, 33, 1500}) {
      const auto y_hat = at::empty({rows, 3});
      predictor.predict({at::Tensor()}, 0, rows, {y_hat}, interrupt, {codes.rows(0, rows)});
      CHECK(is_close(y_hat, network.forward({x.narrow(0, 0, rows)}, {}).front()));
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_codes
