// Functions of one float against the C library's in double precision, over all that a float can hold.
#include "core/kernel/functions.h"

#include <cfloat>
#include <cmath>
#include <string>
#include <vector>

#include "core/kernel/vectorised.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_functions {
namespace {

using namespace mlr3libtorch::kernel;

/// The distance between the floats around a number.
double unit_in_last_place(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);
  return std::ldexp(1.0, exponent - FLT_MANT_DIG);
}

/// Floats of every size and sign between two limits, these included.
std::vector<float> floats_between(float lowest, float highest) {
  std::vector<float> values{lowest, highest};
  for (std::int64_t bits = 0; bits < (std::int64_t{1} << 32); bits += 9973) {
    const auto value = from_bits(static_cast<std::int32_t>(static_cast<std::uint32_t>(bits)));
    if (value >= lowest && value <= highest) values.push_back(value);
  }
  return values;
}

/// The promise at the head of functions.h.
constexpr double kMostUnits = 6;

template <class Function>
void check_function(const std::string& name, float lowest, float highest, Function function, double (*exact)(double)) {
  CAPTURE(name);
  const auto x = floats_between(lowest, highest);
  std::vector<float> y(x.size());
  for_each_element(static_cast<std::int64_t>(x.size()),
                   [=, from = x.data(), to = y.data()](std::int64_t i) { to[i] = function(from[i]); });
  double worst = 0;
  float where = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto expected = exact(x[i]);
    // Beyond the normal floats a function may give none: nothing for next to nothing, infinity for too much.
    const bool is_infinite = std::isinf(y[i]) && std::abs(expected) > 0.99 * FLT_MAX;
    const auto error = is_infinite ? 0 : std::abs(y[i] - expected);
    const auto units = error / std::max(unit_in_last_place(expected), FLT_MIN / kMostUnits);
    if (!(units <= worst)) where = x[i];
    worst = std::max(worst, std::isnan(units) ? HUGE_VAL : units);
  }
  CAPTURE(where, exact(where));
  CHECK(worst <= kMostUnits);
}

constexpr float kAll = FLT_MAX;

double normal_distribution(double x) { return std::erfc(-x / std::sqrt(2)) / 2; }
double normal_height(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double soft_plus(double x) { return x > 40 ? x : std::log1p(std::exp(x)); }

TEST_CASE("functions of one float are those of the C library to a few units in the last place", "[kernel]") {
  check_function(
      "exponential", -kAll, kAll, [](float x) { return exponential(x); }, std::exp);
  check_function(
      "logarithm", FLT_MIN, kAll, [](float x) { return logarithm(x); }, std::log);
  check_function(
      "logarithm_1p", 0, 1, [](float x) { return logarithm_1p(x); }, std::log1p);
  check_function(
      "sigmoid", -kAll, kAll, [](float x) { return sigmoid(x); }, logistic);
  check_function(
      "softplus", -kAll, kAll, [](float x) { return softplus(x); }, soft_plus);
  check_function(
      "hyperbolic_tangent", -kAll, kAll, [](float x) { return hyperbolic_tangent(x); }, std::tanh);
  check_function(
      "normal_probability", -kAll, kAll, [](float x) { return normal_probability(x); }, normal_distribution);
  check_function(
      "normal_density", -kAll, kAll, [](float x) { return normal_density(x); }, normal_height);
}

}  // namespace
}  // namespace mlr3libtorch::test_functions
