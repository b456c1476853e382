#include "core/train/environment.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace mlr3libtorch::train {
namespace {

/// OpenBLAS keeps threads of its own, which fight with OpenMP's over the same cores. Absent in other BLAS libraries.
template <class Function>
Function blas_function(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

int blas_threads() {
  static const auto get = blas_function<int (*)()>("openblas_get_num_threads");
  return get == nullptr ? 0 : get();
}

void set_blas_threads(int threads) {
  static const auto set = blas_function<void (*)(int)>("openblas_set_num_threads");
  if (set != nullptr && threads > 0) set(threads);
}

}  // namespace

ThreadScope::ThreadScope(int threads) : previous_torch_(at::get_num_threads()), previous_blas_(blas_threads()) {
  at::set_num_threads(threads);
  set_blas_threads(threads);
}

ThreadScope::~ThreadScope() {
  at::set_num_threads(previous_torch_);
  set_blas_threads(previous_blas_);
}

GeneratorScope::GeneratorScope(std::uint64_t seed) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  previous_ = generator.get_state();
  generator.set_current_seed(seed);
}

GeneratorScope::~GeneratorScope() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(previous_);
}

void set_interop_threads(int threads, base::Logger& logger) {
  if (static_cast<int>(at::get_num_interop_threads()) == threads) return;
  try {
    at::set_num_interop_threads(threads);
  } catch (const c10::Error&) {
    logger.warn("LibTorch's number of inter-operation threads is fixed once it has been used; it stays at " +
                std::to_string(at::get_num_interop_threads()) + ".");
  }
}

}  // namespace mlr3libtorch::train
