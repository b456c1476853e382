#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "core/network/operation.h"

/// The options of new weights: the device of a node's first input, and its dtype if that is floating, else float32.
namespace mlr3libtorch::network {

inline at::TensorOptions weight_options(const BuildInput& build) {
  const auto& x = build.inputs.at(0);
  return x.options().dtype(x.is_floating_point() ? x.scalar_type() : at::kFloat);
}

/// Refuses what does not fit into the machine's memory: the system would grant it and then kill the process.
void check_weight_size(at::IntArrayRef sizes);

/// Uniform between -bound and bound.
inline at::Tensor uniform_weight(at::IntArrayRef sizes, double bound, const BuildInput& build) {
  check_weight_size(sizes);
  return at::empty(sizes, weight_options(build)).uniform_(-bound, bound, build.generator);
}

inline at::Tensor normal_weight(at::IntArrayRef sizes, double deviation, const BuildInput& build) {
  check_weight_size(sizes);
  return at::empty(sizes, weight_options(build)).normal_(0, deviation, build.generator);
}

inline at::Tensor ones_weight(at::IntArrayRef sizes, const BuildInput& build) {
  return at::ones(sizes, weight_options(build));
}

inline at::Tensor zeros_weight(at::IntArrayRef sizes, const BuildInput& build) {
  return at::zeros(sizes, weight_options(build));
}

/// The bound of LibTorch's own layers: kaiming_uniform with a = sqrt(5). 0 if there is no input.
inline double fan_in_bound(std::int64_t fan_in) {
  return fan_in > 0 ? 1.0 / std::sqrt(static_cast<double>(fan_in)) : 0.0;
}

/// The bound of xavier_uniform.
inline double fan_bound(std::int64_t fan_in, std::int64_t fan_out) {
  return std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
}

/// Appends what exists: a layer without a bias has no slot for one.
inline void add_slot(std::vector<Slot>& slots, const char* name, at::Tensor& tensor) {
  if (tensor.defined()) slots.push_back({name, &tensor});
}

}  // namespace mlr3libtorch::network
