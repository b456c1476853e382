#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlr3libtorch::network {

/// A function between the two linear maps of a feed-forward block.
struct BlockActivation {
  const char* name;
  const char* label;
  const char* formula;
  at::Tensor (*function)(const at::Tensor&);
  /// Multiplies one half of its input by the function of the other, so that the output is half as wide.
  bool gated;
  /// The same by hand. x: [rows, input width], y: [rows, width]; `input_gradients` may be `x`.
  void (*forward)(std::int64_t rows, std::int64_t width, const float* x, float* y);
  void (*backward)(std::int64_t rows, std::int64_t width, const float* x, const float* gradients,
                   float* input_gradients);

  std::int64_t input_width(std::int64_t width) const { return gated ? 2 * width : width; }

  at::Tensor operator()(const at::Tensor& x, std::int64_t dim = -1) const;
};

std::vector<std::string> block_activation_names();
/// `name` must be one of them.
const BlockActivation& block_activation(const std::string& name);

}  // namespace mlr3libtorch::network
