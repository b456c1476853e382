#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// Functions of one float that a compiler can vectorise: no calls, no branches. Errors are at most 6 units in the last
// place, and below the smallest normal float if that is more. Polynomials of exponential, logarithm and hyperbolic
// tangent are those of the Cephes library; those of erf are minimax fits.
namespace mlr3libtorch::kernel {

inline float from_bits(std::int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

inline std::int32_t to_bits(float value) {
  std::int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

/// exp(x + tail) = 2^n mantissa, for x between -87.3 and 88.72.
struct Exponential {
  float mantissa;
  std::int32_t n;
};

inline Exponential split_exponential(float x, float tail = 0.0F) {
  constexpr float kLog2e = 1.44269504088896341F;
  constexpr float kRound = 12582912.0F;  // adding and subtracting it rounds to a whole number
  const float n = (x * kLog2e + kRound) - kRound;
  const float r = ((x - n * 0.693359375F) + n * 2.12194440e-4F) + tail;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  return {p * r * r + r + 1.0F, static_cast<std::int32_t>(n)};
}

inline float power_of_two(std::int32_t n) { return from_bits((n + 127) << 23); }

/// exp(x + tail), where tail is the rounding error of x as a float; 0 below -87.3 and infinite above 88.7.
inline float exponential(float x, float tail = 0.0F) {
  const auto [mantissa, n] = split_exponential(x < -87.3F ? -87.3F : (x > 88.72F ? 88.72F : x), tail);
  // In two factors, since 2^128 is not a float.
  const float result = mantissa * power_of_two(n / 2) * power_of_two(n - n / 2);
  return x < -87.3F ? 0.0F : (x > 88.72F ? HUGE_VALF : result);
}

/// exp(x), that of -87.3 or 88 where x is beyond: enough for what 1 is added to.
inline float exponential_within(float x) {
  const auto [mantissa, n] = split_exponential(x < -87.3F ? -87.3F : (x > 88.0F ? 88.0F : x));
  return mantissa * power_of_two(n);
}

/// log(x) for normal positive x.
inline float logarithm(float x) {
  const auto bits = to_bits(x);
  // x = 2^n m with m between sqrt(1/2) and sqrt(2)
  const auto n = (bits - 0x3f3504f3) >> 23;
  const float m = from_bits(bits - (n << 23)) - 1.0F;
  const float z = m * m;
  float p = 7.0376836292e-2F;
  p = p * m - 1.1514610310e-1F;
  p = p * m + 1.1676998740e-1F;
  p = p * m - 1.2420140846e-1F;
  p = p * m + 1.4249322787e-1F;
  p = p * m - 1.6668057665e-1F;
  p = p * m + 2.0000714765e-1F;
  p = p * m - 2.4999993993e-1F;
  p = p * m + 3.3333331174e-1F;
  const auto exponent = static_cast<float>(n);
  const float tail = p * m * z - 2.12194440e-4F * exponent - 0.5F * z;
  return (m + tail) + 0.693359375F * exponent;
}

/// log(1 + x) for x between 0 and 1.
inline float logarithm_1p(float x) {
  const float u = 1.0F + x;
  // The factor corrects the rounding of 1 + x.
  return u == 1.0F ? x : logarithm(u) * (x / (u - 1.0F));
}

/// 1 / (1 + exp(-x))
inline float sigmoid(float x) { return 1.0F / (1.0F + exponential_within(-x)); }

/// log(1 + exp(x))
inline float softplus(float x) { return (x > 0.0F ? x : 0.0F) + logarithm_1p(exponential(-std::fabs(x))); }

inline float hyperbolic_tangent(float x) {
  const float magnitude = std::fabs(x);
  const float z = x * x;
  float p = -5.70498872745e-3F;
  p = p * z + 2.06390887954e-2F;
  p = p * z - 5.37397155531e-2F;
  p = p * z + 1.33314422036e-1F;
  p = p * z - 3.33332819422e-1F;
  const float near_zero = p * z * x + x;
  const float away = std::copysign(1.0F - 2.0F / (exponential_within(2.0F * magnitude) + 1.0F), x);
  return magnitude < 0.625F ? near_zero : away;
}

/// sin(2 pi x) for x between -1/4 and 1/4.
inline float sine_of_quarter_turn(float x) {
  const float angle = 6.28318530717958648F * x;
  const float z = angle * angle;
  float p = -2.50521084e-8F;
  p = p * z + 2.75573192e-6F;
  p = p * z - 1.98412698e-4F;
  p = p * z + 8.33333333e-3F;
  p = p * z - 1.66666667e-1F;
  return p * z * angle + angle;
}

/// x without its whole turns, between -1/2 and 1/2.
inline float part_of_turn(float x) {
  constexpr float kRound = 12582912.0F;  // adding and subtracting it rounds to a whole number
  return x - ((x + kRound) - kRound);
}

/// cos(2 pi x)
inline float cosine_of_turn(float x) { return sine_of_quarter_turn(0.25F - std::fabs(part_of_turn(x))); }

/// sin(2 pi x)
inline float sine_of_turn(float x) {
  const float part = part_of_turn(x);
  const float magnitude = std::fabs(part);
  return std::copysign(sine_of_quarter_turn(magnitude > 0.25F ? 0.5F - magnitude : magnitude), part);
}

/// exp(-x^2 / 2). The square is taken in two parts, since rounding it is a relative error of x^2 / 2 times as much.
inline float exponential_of_square(float x) {
  const float whole = from_bits(to_bits(x) & ~0xfff);  // its square has no more digits than a float
  return exponential(-0.5F * whole * whole, -0.5F * (x - whole) * (x + whole));
}

/// The distribution function of the normal distribution.
inline float normal_probability(float x) {
  const float magnitude = std::fabs(x) * 0.70710678118654752F;
  const float z = magnitude * magnitude;
  float p = 4.698692327e-3F;
  p = p * z - 2.674853155e-2F;
  p = p * z + 1.128270384e-1F;
  p = p * z - 3.761260347e-1F;
  p = p * z + 1.128379165F;
  const float erf = p * magnitude;
  const float t = 1.0F / (1.0F + 0.4F * magnitude);
  float q = 5.964801450e-2F;
  q = q * t - 2.182687737e-1F;
  q = q * t + 2.242392163e-1F;
  q = q * t - 5.162247885e-2F;
  q = q * t + 1.635920704e-1F;
  q = q * t + 1.623524658e-1F;
  q = q * t + 2.087931187e-1F;
  q = q * t + 2.256003254e-1F;
  q = q * t + 2.256774113e-1F;
  const float erfc = q * t * exponential_of_square(x);
  const float upper = magnitude < 0.5F ? 0.5F - 0.5F * erf : 0.5F * erfc;  // P(X > |x|)
  return x < 0.0F ? upper : 1.0F - upper;
}

/// The density of the normal distribution.
inline float normal_density(float x) { return 0.39894228040143268F * exponential_of_square(x); }

}  // namespace mlr3libtorch::kernel
