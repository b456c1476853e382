// Fixed shifts and scales, against the formulas in double precision.
#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_standardize {
namespace {

using namespace mlr3libtorch::test;

using Numbers = c10::List<double>;
using Positions = c10::List<std::int64_t>;

const Numbers kMean{1e6, -3.0, 0.5};
const Numbers kDeviation{1.5, 1e-3, 2e8};

at::Tensor as_row(const Numbers& numbers) {
  return at::tensor(std::vector<double>(numbers.begin(), numbers.end()), at::kDouble);
}

/// Numbers of the sizes that the means and deviations are for.
at::Tensor make_numbers() {
  const auto standard = at::randn({7, 3}, at::detail::createCPUGenerator(1), at::kDouble);
  return (standard * as_row(kDeviation) + as_row(kMean)).to(at::kFloat);
}

TEST_CASE("standardize subtracts means and divides by deviations, and unstandardize undoes it", "[network]") {
  const auto x = make_numbers();
  const value::NamedValues scale{{"mean", kMean}, {"sd", kDeviation}};
  const auto expected = (x.to(at::kDouble) - as_row(kMean)) / as_row(kDeviation);
  const auto z = apply("standardize", scale, x);
  CHECK(at::allclose(z.to(at::kDouble), expected, 1e-4, 1e-6));
  CHECK(at::allclose(apply("unstandardize", scale, z), x, 1e-6, 1e-6));
}

TEST_CASE("one mean and one deviation stand for all, and the last dimension counts", "[network]") {
  const auto x = at::randn({2, 4, 3}, at::detail::createCPUGenerator(1));
  CHECK(at::allclose(apply("standardize", {{"mean", Numbers{2.0}}, {"sd", Numbers{4.0}}}, x), (x - 2) / 4));
  const auto mean = at::tensor({1.0, 2.0, 3.0}).to(at::kFloat);
  CHECK(at::allclose(apply("unstandardize", {{"mean", Numbers{1, 2, 3}}, {"sd", Numbers{2.0}}}, x), x * 2 + mean));
}

TEST_CASE("numbers at other positions stay as they are", "[network]") {
  const auto x = at::randn({5, 4}, at::detail::createCPUGenerator(1));
  auto expected = x.clone();
  expected.select(1, 3).sub_(1).div_(2);
  expected.select(1, 1).sub_(-1).div_(4);
  const value::NamedValues scale{{"mean", Numbers{1, -1}}, {"sd", Numbers{2, 4}}, {"index", Positions{3, 1}}};
  CHECK(at::allclose(apply("standardize", scale, x), expected));
}

TEST_CASE("means and deviations are buffers: saved with the weights, and not trained", "[network]") {
  const auto network = make_network({{"scale", "standardize", {{"mean", Numbers{3.0}}, {"sd", Numbers{2.0}}}, {"x"}}},
                                    at::zeros({2, 2}));
  CHECK(network.parameters().empty());
  REQUIRE(network.buffers().size() == 2);
  CHECK(network.buffers()[0].first == "scale.mean");
  CHECK(at::equal(network.buffers()[1].second, at::full({2}, 2.0F)));
}

TEST_CASE("numbers that cannot be means or deviations of the input are refused", "[network]") {
  const auto refuses = [](const value::NamedValues& scale, const std::string& message) {
    CHECK_THROWS_WITH(apply("standardize", scale, at::zeros({2, 3})), Catch::Contains(message));
  };
  refuses({{"mean", Numbers{1, 2}}, {"sd", Numbers{1.0}}}, "'mean' has 2 numbers, but 3 are needed");
  refuses({{"mean", Numbers{0.0}}, {"sd", Numbers{0.0}}}, "'sd' must be above 0");
  refuses({{"mean", Numbers{0.0}}, {"sd", Numbers{1e-60}}}, "'sd' must be above 0");
  refuses({{"mean", Numbers{1e60}}, {"sd", Numbers{1.0}}}, "'mean' must be finite");
  refuses({{"mean", Numbers{0.0}}, {"sd", Numbers{1.0}}, {"index", Positions{3}}}, "'index' names position 4 of 3");
}

}  // namespace
}  // namespace mlr3libtorch::test_standardize
