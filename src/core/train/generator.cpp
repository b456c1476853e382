#include "core/train/generator.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <mutex>

#include "core/base/error.h"

namespace mlr3libtorch::train {

at::Generator make_generator(std::optional<std::uint64_t> seed) {
  return at::detail::createCPUGenerator(seed ? *seed : c10::detail::getNonDeterministicRandom());
}

at::Tensor generator_state(at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void set_generator_state(at::Generator generator, const at::Tensor& state) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

at::Tensor read_generator_state(const value::Dictionary& state, const std::string& name) {
  const auto saved = value::field(state, name, "run");
  try {
    auto tensor = saved.toTensor();
    TORCH_CHECK(tensor.defined(), "the tensor is undefined");
    at::detail::createCPUGenerator().set_state(tensor);
    return tensor;
  } catch (const c10::Error& error) {
    throw base::Error("state",
                      "In a saved state, '" + name +
                          "' is not the state of a random number generator: " + error.what_without_backtrace(),
                      {{"field", name}});
  }
}

}  // namespace mlr3libtorch::train
