#include "core/network/operations/initial_tensor.h"

#include <ATen/ATen.h>
#include <ATen/core/Dict.h>

#include <map>

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

/// The number of inputs of one output (fan in), as LibTorch counts them.
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

using Draw = at::Tensor (*)(const std::vector<std::int64_t>& sizes, double scale, const BuildInput& build);

const std::map<std::string, Draw> kDistributions = {
    {"fan_in", [](const auto& sizes, double scale,
                  const auto& build) { return uniform_weight(sizes, scale * fan_in_bound(fan_in(sizes)), build); }},
    {"normal", [](const auto& sizes, double scale, const auto& build) { return normal_weight(sizes, scale, build); }},
    {"ones", [](const auto& sizes, double /*scale*/, const auto& build) { return ones_weight(sizes, build); }},
    {"uniform", [](const auto& sizes, double scale, const auto& build) { return uniform_weight(sizes, scale, build); }},
    {"xavier",
     [](const auto& sizes, double scale, const auto& build) {
       return uniform_weight(sizes, scale * fan_bound(fan_in(sizes), fan_out(sizes)), build);
     }},
    {"zeros", [](const auto& sizes, double /*scale*/, const auto& build) { return zeros_weight(sizes, build); }},
};

Draw find_distribution(const std::string& name, const std::string& distribution) {
  const auto found = kDistributions.find(distribution);
  if (found != kDistributions.end()) return found->second;
  std::string known;
  for (const auto& entry : kDistributions) known += (known.empty() ? "'" : ", '") + entry.first + "'";
  refuse(name, "has an unknown distribution '" + distribution + "'; known are " + known + ".");
}

}  // namespace

at::Tensor initial_tensor(const std::string& name, const c10::IValue& value, const BuildInput& build) {
  if (value.isTensor()) return value.toTensor().detach().clone();
  if (!value.isGenericDict()) refuse(name, "must be given as a tensor or by nn_init().");
  const auto dict = value.toGenericDict();
  if (!dict.contains("shape") || !dict.contains("distribution")) refuse(name, "has no shape or no distribution.");
  const auto sizes = sizes_of(name, dict.at("shape"), build);
  const auto distribution = dict.at("distribution").toStringRef();
  const auto scale = dict.contains("scale") ? dict.at("scale").toDouble() : 1.0;
  return find_distribution(name, distribution)(sizes, scale, build);
}

std::map<std::string, at::Tensor> initial_tensors(const value::Arguments& arguments, const std::string& name,
                                                  const BuildInput& build) {
  std::map<std::string, at::Tensor> tensors;
  if (arguments.is_none(name)) return tensors;
  for (const auto& entry : arguments.at(name).toGenericDict()) {
    const auto key = entry.key().toStringRef();
    tensors[key] = initial_tensor(key, entry.value(), build);
  }
  return tensors;
}

}  // namespace mlr3libtorch::network
