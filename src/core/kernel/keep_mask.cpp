#include "core/kernel/keep_mask.h"

#include <cmath>

#include "core/kernel/random_bits.h"

namespace mlr3libtorch::kernel {

KeepMask::KeepMask(double p, const at::Generator& generator)
    : threshold_(static_cast<std::uint32_t>(std::ldexp(p, 32))), scale_(static_cast<float>(1 / (1 - p))) {
  const auto bits = random_bits(generator);
  first_key_ = static_cast<std::uint32_t>(bits >> 32);
  second_key_ = static_cast<std::uint32_t>(bits);
}

}  // namespace mlr3libtorch::kernel
