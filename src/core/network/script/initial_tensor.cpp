#include "core/network/script/initial_tensor.h"

#include <ATen/ATen.h>
#include <ATen/core/Dict.h>

#include "core/base/error.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw base::Error("script", "parameter '" + name + "' " + reason, {{"parameter", name}});
}

std::vector<std::int64_t> sizes_of(const std::string& name, const c10::IValue& shape, const BuildInput& build) {
  auto sizes = shape.isInt() ? std::vector<std::int64_t>{shape.toInt()} : shape.toIntVector();
  for (auto& size : sizes) {
    if (size == -1) size = build.inputs.at(0).size(-1);
    if (size < 0) refuse(name, "has a negative size in its shape.");
  }
  return sizes;
}

/// How many numbers one output is made of, as LibTorch counts them.
std::int64_t fan_in(const std::vector<std::int64_t>& sizes) {
  std::int64_t product = sizes.size() < 2 && !sizes.empty() ? sizes[0] : 1;
  for (std::size_t i = 1; i < sizes.size(); ++i) product *= sizes[i];
  return product;
}

std::int64_t fan_out(const std::vector<std::int64_t>& sizes) {
  std::int64_t product = sizes.empty() ? 1 : sizes[0];
  for (std::size_t i = 2; i < sizes.size(); ++i) product *= sizes[i];
  return product;
}

}  // namespace

at::Tensor initial_tensor(const std::string& name, const c10::IValue& value, const BuildInput& build) {
  if (value.isTensor()) return value.toTensor().detach().clone();
  if (!value.isGenericDict()) refuse(name, "must begin as a tensor or with nn_init().");
  const auto dict = value.toGenericDict();
  if (!dict.contains("shape") || !dict.contains("distribution")) refuse(name, "has no shape or no distribution.");
  const auto sizes = sizes_of(name, dict.at("shape"), build);
  const auto distribution = dict.at("distribution").toStringRef();
  const auto scale = dict.contains("scale") ? dict.at("scale").toDouble() : 1.0;
  if (distribution == "zeros") return zeros_weight(sizes, build);
  if (distribution == "ones") return ones_weight(sizes, build);
  if (distribution == "uniform") return uniform_weight(sizes, scale, build);
  if (distribution == "normal") return normal_weight(sizes, scale, build);
  if (distribution == "fan_in") return uniform_weight(sizes, scale * fan_in_bound(fan_in(sizes)), build);
  if (distribution == "xavier") return uniform_weight(sizes, scale * fan_bound(fan_in(sizes), fan_out(sizes)), build);
  refuse(name, "has an unknown distribution '" + distribution + "'.");
}

}  // namespace mlr3libtorch::network
