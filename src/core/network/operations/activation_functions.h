#pragma once

#include <cmath>

#include "core/kernel/functions.h"

// The activations with a hand-written slope. `slope()` takes the value y in the first group, x in the second.
// Each agrees with LibTorch's at the edges of its pieces.
namespace mlr3libtorch::network {

struct Relu {
  float value(float x) const { return x < 0 ? 0.0F : x; }
  float slope(float y) const { return y <= 0 ? 0.0F : 1.0F; }
};

struct Hardtanh {
  float low, high;
  float value(float x) const { return x < low ? low : (x > high ? high : x); }
  float slope(float y) const { return y <= low || y >= high ? 0.0F : 1.0F; }
};

struct Sigmoid {
  float value(float x) const { return kernel::sigmoid(x); }
  float slope(float y) const { return y * (1 - y); }
};

struct Tanh {
  float value(float x) const { return kernel::hyperbolic_tangent(x); }
  float slope(float y) const { return 1 - y * y; }
};

/// negative_slope at least 0, so that y has the sign of x.
struct LeakyRelu {
  float negative_slope;
  float value(float x) const { return x > 0 ? x : x * negative_slope; }
  float slope(float y) const { return y > 0 ? 1.0F : negative_slope; }
};

/// scale x for x > 0, else reach (exp(x / width) - 1): ELU, SELU and CELU. reach and width above 0.
struct ExponentialUnit {
  float scale, reach, width;
  float value(float x) const { return x > 0 ? scale * x : reach * below(x / width); }
  float slope(float y) const { return y > 0 ? scale : (y + reach) / width; }

 private:
  /// exp(x) - 1 for x of at most 0: near 0 by the series, since the difference would cancel.
  static float below(float x) {
    float p = 1.0F / 720;
    p = p * x + 1.0F / 120;
    p = p * x + 1.0F / 24;
    p = p * x + 1.0F / 6;
    p = p * x + 0.5F;
    const float series = (p * x + 1.0F) * x;
    return x > -0.25F ? series : kernel::exponential(x) - 1;
  }
};

struct Silu {
  float value(float x) const { return x * kernel::sigmoid(x); }
  float slope(float x) const {
    const float s = kernel::sigmoid(x);
    return s * (1 + x * (1 - s));
  }
};

struct Gelu {
  float value(float x) const { return x * kernel::normal_probability(x); }
  float slope(float x) const { return kernel::normal_probability(x) + x * kernel::normal_density(x); }
};

struct GeluTanh {
  static constexpr float kScale = 0.79788456080286536F;
  static constexpr float kCubic = 0.044715F;
  float value(float x) const { return 0.5F * x * (1 + kernel::hyperbolic_tangent(kScale * (x + kCubic * x * x * x))); }
  float slope(float x) const {
    const float t = kernel::hyperbolic_tangent(kScale * (x + kCubic * x * x * x));
    return 0.5F * (1 + t) + 0.5F * x * (1 - t * t) * kScale * (1 + 3 * kCubic * x * x);
  }
};

struct Mish {
  float value(float x) const { return x * kernel::hyperbolic_tangent(kernel::softplus(x)); }
  float slope(float x) const {
    const float t = kernel::hyperbolic_tangent(kernel::softplus(x));
    return t + x * (1 - t * t) * kernel::sigmoid(x);
  }
};

struct Hardswish {
  float value(float x) const { return x < -3 ? 0.0F : (x > 3 ? x : x * (x + 3) / 6); }
  float slope(float x) const { return x < -3 ? 0.0F : (x > 3 ? 1.0F : x / 3 + 0.5F); }
};

struct LogSigmoid {
  float value(float x) const { return -kernel::softplus(-x); }
  float slope(float x) const { return kernel::sigmoid(-x); }
};

struct Softplus {
  float beta, threshold;
  float value(float x) const { return x * beta > threshold ? x : kernel::softplus(x * beta) / beta; }
  float slope(float x) const { return x * beta > threshold ? 1.0F : kernel::sigmoid(x * beta); }
};

struct Softsign {
  float value(float x) const { return x / (1 + std::fabs(x)); }
  float slope(float x) const { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); }
};

struct Tanhshrink {
  float value(float x) const { return x - kernel::hyperbolic_tangent(x); }
  float slope(float x) const {
    const float t = kernel::hyperbolic_tangent(x);
    return t * t;
  }
};

struct Hardsigmoid {
  float value(float x) const { return x < -3 ? 0.0F : (x > 3 ? 1.0F : x / 6 + 0.5F); }
  float slope(float x) const { return x > -3 && x < 3 ? 1.0F / 6 : 0.0F; }
};

struct Softshrink {
  float lambda;
  float value(float x) const { return x > lambda ? x - lambda : (x < -lambda ? x + lambda : x * 0); }
  float slope(float x) const { return x > lambda || x < -lambda ? 1.0F : 0.0F; }
};

struct Hardshrink {
  float lambda;
  float value(float x) const { return x >= -lambda && x <= lambda ? 0.0F : x; }
  float slope(float x) const { return x >= -lambda && x <= lambda ? 0.0F : 1.0F; }
};

struct Threshold {
  float threshold, replacement;
  float value(float x) const { return x <= threshold ? replacement : x; }
  float slope(float x) const { return x <= threshold ? 0.0F : 1.0F; }
};

}  // namespace mlr3libtorch::network
