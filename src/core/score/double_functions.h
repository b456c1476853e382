#pragma once

#include <cstdint>
#include <cstring>

// Functions of one double that a compiler can vectorise, to a few units in the last place: Taylor series after the
// usual reduction to a small argument.
namespace mlr3libtorch::score {

// log(2) in two parts: products of the first with whole numbers are exact.
constexpr double kLog2High = 0.693147180369123816490;
constexpr double kLog2Low = 1.90821492927058770002e-10;

/// exp(x) for x ≤ 0; 0 below -700.
inline double exponential(double x) {
  constexpr double kLog2e = 1.4426950408889634;
  constexpr double kRound = 6755399441055744.0;  // adding and subtracting it rounds to a whole number
  const double clamped = x < -700.0 ? -700.0 : x;
  const double shifted = clamped * kLog2e + kRound;
  const double n = shifted - kRound;
  const double r = (clamped - n * kLog2High) - n * kLog2Low;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  // The low bits of the shifted number are n itself.
  std::int64_t bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  const std::int64_t exponent = (bits + 1023) << 52;
  double power;
  std::memcpy(&power, &exponent, sizeof(power));
  return x < -700.0 ? 0.0 : p * power;
}

/// log(x) for normal positive x.
inline double logarithm(double x) {
  std::int64_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  // x = 2^n m with m between sqrt(1/2) and sqrt(2)
  const std::int64_t n = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const std::int64_t mantissa = bits - (n << 52);
  double m;
  std::memcpy(&m, &mantissa, sizeof(m));
  // log(m) = 2 artanh(s)
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double p = 1.0 / 23.0;
  p = p * z + 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  const auto exponent = static_cast<double>(n);
  return exponent * kLog2High + (2.0 * s + (2.0 * s * z * p + exponent * kLog2Low));
}

}  // namespace mlr3libtorch::score
