#include "core/score/double_functions.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace mlr3libtorch::test_double_functions {
using namespace mlr3libtorch::score;

namespace {

double units_off(double value, double expected) {
  const double unit = std::nextafter(std::abs(expected), HUGE_VAL) - std::abs(expected);
  return std::abs(value - expected) / unit;
}

}  // namespace

TEST_CASE("exponential of doubles is within two units of the library's over its whole range", "[score]") {
  for (double x = 0; x > -700; x -= 0.0137) {
    CAPTURE(x);
    REQUIRE(units_off(exponential(x), std::exp(x)) <= 2);
  }
  CHECK(exponential(0) == 1);
  CHECK(exponential(-HUGE_VAL) == 0);
}

TEST_CASE("logarithm of doubles is within two units of the library's, also near 1", "[score]") {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    CAPTURE(x);
    REQUIRE(units_off(logarithm(x), std::log(x)) <= 2);
  }
  for (double x = 0.5; x < 2; x += 1.7e-5) {
    CAPTURE(x);
    REQUIRE(units_off(logarithm(x), std::log(x)) <= 2);
  }
  CHECK(logarithm(1) == 0);
}

}  // namespace mlr3libtorch::test_double_functions
