#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/value/plain_state.h"

namespace mlr3libtorch::train {

/// A new CPU generator. Without a seed, it takes one from the operating system.
at::Generator make_generator(std::optional<std::uint64_t> seed);

/// Safe while other threads draw from it.
at::Tensor generator_state(at::Generator generator);
void set_generator_state(at::Generator generator, const at::Tensor& state);

/// The field `name` of a saved run. Refuses what no CPU generator can take, with an error of kind "state".
at::Tensor read_generator_state(const value::Dictionary& state, const std::string& name);

}  // namespace mlr3libtorch::train
