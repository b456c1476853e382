#include "core/kernel/keep_mask.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <mutex>

namespace mlr3libtorch::kernel {

KeepMask::KeepMask(double p, const at::Generator& generator)
    : threshold_(static_cast<std::uint32_t>(std::ldexp(p, 32))), scale_(static_cast<float>(1 / (1 - p))) {
  auto source = generator.defined() ? generator : at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(source.mutex());
  auto* engine = at::check_generator<at::CPUGeneratorImpl>(source);
  first_key_ = engine->random();
  second_key_ = engine->random();
}

}  // namespace mlr3libtorch::kernel
