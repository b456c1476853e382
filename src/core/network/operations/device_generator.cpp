#include "core/network/operations/device_generator.h"

#include <ATen/Context.h>

#include <mutex>

#include "core/kernel/random_bits.h"

namespace mlr3libtorch::network {
namespace {

/// Not the device's own: what others draw from that is no business of a network.
at::Generator copy_of_default(const at::Device& device) {
  auto own = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(own.mutex());
  return own.clone();
}

}  // namespace

at::Generator device_generator(const at::Device& device, const at::Generator& source) {
  auto generator = copy_of_default(device);
  generator.set_current_seed(kernel::random_bits(source));
  return generator;
}

}  // namespace mlr3libtorch::network
