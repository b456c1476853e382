// LibTorch first, as in networks.h: this file may be the first of those that are compiled together.
#include <ATen/ATen.h>

#include "core/score/ranking.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace mlr3libtorch::test_ranking {
using namespace mlr3libtorch::score;

TEST_CASE("order() is a stable sort, also of negative numbers, zeros of both signs and ties", "[score]") {
  std::mt19937 draw(1);
  for (const std::size_t n : {0, 1, 2, 7, 1000, 5000}) {
    std::vector<double> values(n);
    for (auto& value : values) value = static_cast<double>(static_cast<int>(draw() % 2001) - 1000) / 8 * (draw() % 3);
    if (n > 3) values[2] = -0.0;
    std::vector<std::int64_t> expected(n);
    std::iota(expected.begin(), expected.end(), 0);
    std::stable_sort(expected.begin(), expected.end(), [&](std::int64_t i, std::int64_t j) {
      return values[static_cast<std::size_t>(i)] < values[static_cast<std::size_t>(j)];
    });
    CHECK(order(values.data(), static_cast<std::int64_t>(n)) == expected);
  }
}

TEST_CASE("equal numbers share the mean of their ranks", "[score]") {
  CHECK(ranks({3, 1, 3, 2, 3}) == std::vector<double>{4, 1, 4, 2, 4});
  CHECK(ranks({}).empty());
}

}  // namespace mlr3libtorch::test_ranking
