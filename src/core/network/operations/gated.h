#pragma once

#include <ATen/core/Tensor.h>

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

  at::Tensor operator()(const at::Tensor& x, std::int64_t dim = -1) const;
};

std::vector<std::string> block_activation_names();
/// `name` must be one of them.
const BlockActivation& block_activation(const std::string& name);

}  // namespace mlr3libtorch::network
