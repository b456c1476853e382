#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>

namespace mlr3libtorch::kernel {

/// 64 bits from a generator of the CPU. An undefined one stands for LibTorch's own.
std::uint64_t random_bits(at::Generator generator);

}  // namespace mlr3libtorch::kernel
