// Means and deviations of columns, against the formulas in double precision.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "core/data/moments.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_moments {
namespace {

at::Tensor normal(std::int64_t rows, std::uint64_t seed) {
  return at::randn({rows}, at::detail::createCPUGenerator(seed), at::kDouble);
}

TEST_CASE("moments of a column far from 0 are as exact as its numbers", "[data]") {
  const auto column = (1e6 + normal(100000, 1)).to(at::kFloat);
  const auto exact = column.to(at::kDouble);
  const auto moments = data::column_moments(column.unsqueeze(1));
  CHECK(moments.mean[0] == Approx(exact.mean().item<double>()).epsilon(1e-12));
  CHECK(moments.deviation[0] == Approx(exact.std(false).item<double>()).epsilon(1e-9));
}

TEST_CASE("large and small columns have moments, too", "[data]") {
  const auto x = at::stack({normal(50, 1) * 1e30, normal(50, 2) * 1e-20, normal(50, 3)}, 1).to(at::kFloat);
  const auto exact = x.to(at::kDouble);
  const auto moments = data::column_moments(x);
  for (std::int64_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    const auto column = exact.select(1, i);
    CHECK(moments.mean[static_cast<std::size_t>(i)] == Approx(column.mean().item<double>()).epsilon(1e-10));
    CHECK(moments.deviation[static_cast<std::size_t>(i)] == Approx(column.std(false).item<double>()).epsilon(1e-10));
  }
}

TEST_CASE("a whole weight counts as so many rows, and none as no row", "[data]") {
  const auto x = at::stack({normal(6, 1), normal(6, 2)}, 1).to(at::kFloat);
  const auto weights = at::tensor({1.0F, 0.0F, 3.0F, 2.0F, 0.0F, 1.0F});
  const auto weighted = data::column_moments(x, weights);
  const auto repeated = data::column_moments(x.repeat_interleave(weights.to(at::kLong), 0));
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(weighted.mean[i] == Approx(repeated.mean[i]).epsilon(1e-12));
    CHECK(weighted.deviation[i] == Approx(repeated.deviation[i]).epsilon(1e-12));
  }
  const auto halved = data::column_moments(x, weights / 2);
  CHECK(halved.deviation[0] == Approx(weighted.deviation[0]).epsilon(1e-12));
}

TEST_CASE("a column without variation has a deviation of 1", "[data]") {
  const auto noise = at::tensor({0.1F + 0.2F, 0.3F, 0.3F, 0.1F + 0.2F});
  const auto x = at::stack({at::full({4}, 0.1F), at::zeros({4}), noise, at::tensor({1.0F, 2.0F, 2.0F, 2.0F}),
                            at::tensor({0.0F, 1e-40F, 0.0F, 0.0F})},
                           1);
  const auto moments = data::column_moments(x);
  CHECK(moments.deviation[0] == 1);
  CHECK(moments.deviation[1] == 1);
  CHECK(moments.deviation[2] == 1);
  CHECK(moments.deviation[3] == Approx(std::sqrt(3.0) / 4));
  CHECK(moments.deviation[4] == 1);
  // What varies in rows without weight does not vary.
  const auto weighted = data::column_moments(x, at::tensor({0.0F, 1.0F, 1.0F, 1.0F}));
  CHECK(weighted.mean[3] == 2);
  CHECK(weighted.deviation[3] == 1);
}

}  // namespace
}  // namespace mlr3libtorch::test_moments
