#include "core/kernel/random_bits.h"

#include <ATen/CPUGeneratorImpl.h>

#include <mutex>

namespace mlr3libtorch::kernel {

std::uint64_t random_bits(at::Generator generator) {
  if (!generator.defined()) generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

}  // namespace mlr3libtorch::kernel
