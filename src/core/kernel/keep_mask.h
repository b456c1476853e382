#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>

namespace mlr3libtorch::kernel {

/// Which elements dropout keeps: a function of the element's number and of one draw from a generator. So a mask needs
/// no memory, costs a few instructions an element, and is the same wherever it is computed.
class KeepMask {
 public:
  /// Keeps an element with probability 1 - p, p below 1. An undefined generator stands for LibTorch's own.
  KeepMask(double p, const at::Generator& generator);
  KeepMask() = default;

  /// 0, or the factor of a kept element, 1 / (1 - p).
  float factor(std::int64_t element) const {
    const auto low = static_cast<std::uint32_t>(element);
    const auto high = static_cast<std::uint32_t>(element >> 32);
    return mixed(mixed(low ^ first_key_) + (second_key_ ^ high)) >= threshold_ ? scale_ : 0.0F;
  }

 private:
  /// A bijection of 32 bits whose every output bit depends on every input bit (C. Wellons' "lowbias32").
  static std::uint32_t mixed(std::uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15;
    x *= 0x846ca68bU;
    x ^= x >> 16;
    return x;
  }

  std::uint32_t first_key_ = 0;
  std::uint32_t second_key_ = 0;
  std::uint32_t threshold_ = 0;
  float scale_ = 1;
};

}  // namespace mlr3libtorch::kernel
