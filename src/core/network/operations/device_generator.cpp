#include "core/network/operations/device_generator.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <cstdint>
#include <mutex>

namespace mlr3libtorch::network {
namespace {

std::uint64_t drawn_seed(at::Generator source) {
  if (!source.defined()) source = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(source.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(source)->random64();
}

/// Not the device's own: what others draw from that is no business of a network.
at::Generator copy_of_default(const at::Device& device) {
  auto own = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(own.mutex());
  return own.clone();
}

}  // namespace

at::Generator device_generator(const at::Device& device, const at::Generator& source) {
  auto generator = copy_of_default(device);
  generator.set_current_seed(drawn_seed(source));
  return generator;
}

}  // namespace mlr3libtorch::network
