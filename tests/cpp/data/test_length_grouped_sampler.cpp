#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "core/base/error.h"
#include "core/data/length_grouped_sampler.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_length_grouped_sampler {
namespace {

using mlr3libtorch::data::LengthGroupedSampler;

TEST_CASE("rows are grouped by length: every row once, similar lengths in a batch, batches in no order", "[data]") {
  constexpr std::int64_t kRows = 1003;
  constexpr std::int64_t kBatch = 4;
  const auto lengths = at::randint(1, 100, {kRows}, at::detail::createCPUGenerator(1), at::kLong);
  const auto order = [&](std::uint64_t seed) {
    return LengthGroupedSampler(lengths, kBatch, at::detail::createCPUGenerator(seed)).order(kRows);
  };
  const auto rows = order(2).rows;
  CHECK(!order(2).ends.defined());
  CHECK(at::equal(std::get<0>(rows.sort()), at::arange(kRows, at::kLong)));
  CHECK(at::equal(order(2).rows, rows));
  CHECK_FALSE(at::equal(order(3).rows, rows));
  const auto whole = kRows / kBatch;
  const auto of_batches = lengths.index_select(0, rows.narrow(0, 0, whole * kBatch)).reshape({whole, kBatch});
  const auto spread = (of_batches.amax(1) - of_batches.amin(1)).to(at::kFloat);
  // 200 rows are sorted at a time, of which four neighbours differ by 1.5 on average; four of all by 59
  CHECK(spread.mean().item<double>() < 3);
  // the first and the second half of the epoch have about the same lengths
  const auto means = of_batches.to(at::kFloat).mean(1);
  CHECK(std::abs((means.narrow(0, 0, 125).mean() - means.narrow(0, 125, 125).mean()).item<double>()) < 15);
  CHECK_THROWS_AS(LengthGroupedSampler(lengths, kBatch).order(5), base::ConfigError);
  CHECK(LengthGroupedSampler(at::ones({3}, at::kLong), 4).order(3).rows.size(0) == 3);
}

}  // namespace
}  // namespace mlr3libtorch::test_length_grouped_sampler
