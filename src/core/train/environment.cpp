#include "core/train/environment.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <pthread.h>
#include <strings.h>

#include <algorithm>
#include <cstdlib>

#include "core/kernel/machine.h"

namespace mlr3libtorch::train {
namespace {

/// A function of a library that LibTorch may or may not have loaded.
template <class Function>
Function function_if_there(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

// Looked up when the library is loaded, since a process that was just forked should not do it.
void (*const set_omp_threads)(int) = function_if_there<void (*)(int)>("omp_set_num_threads");

bool is_forked = false;
int own_threads = 1;

/// OpenMP reads the variable when its library is loaded.
const bool kWaitsAsleep = [] {
  const char* const policy = std::getenv("OMP_WAIT_POLICY");
  return policy != nullptr && strcasecmp(policy, "passive") == 0;
}();

/// At once, for calls outside of any scope, such as an operation on a tensor.
extern "C" void note_fork() {
  is_forked = true;
  if (set_omp_threads != nullptr) set_omp_threads(1);
}

[[maybe_unused]] const int watches_forks = pthread_atfork(nullptr, nullptr, note_fork);

/// at::set_num_threads() also rebuilds LibTorch's pool of threads for mobile kernels, which nothing here uses, and
/// ends and starts threads for it: 5 to 15 ms, which matter in a short training. OpenMP's own setter costs nothing.
/// It is not enough if LibTorch has another OpenMP, or none.
void set_torch_threads(int threads) {
  if (set_omp_threads != nullptr) set_omp_threads(threads);
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

/// OpenBLAS has its own threads, which compete with OpenMP's for the same cores. Absent in other BLAS libraries.
int blas_threads() {
  static const auto get = function_if_there<int (*)()>("openblas_get_num_threads");
  return get == nullptr ? 0 : get();
}

void set_blas_threads(int threads) {
  static const auto set = function_if_there<void (*)(int)>("openblas_set_num_threads");
  if (set != nullptr && threads > 0) set(threads);
}

}  // namespace

Threads threads() { return {at::get_num_threads(), blas_threads(), own_threads}; }

void set_threads(Threads threads) {
  set_torch_threads(is_forked ? 1 : threads.torch);
  set_blas_threads(is_forked ? 1 : threads.blas);
  own_threads = is_forked ? 1 : threads.own;
}

Threads threads_for(int threads) {
  const int of_library = kWaitsAsleep ? threads : 1;
  return {of_library, of_library, threads};
}

int useful_threads(int threads) {
  if (is_forked) return 1;
  const int cores = kernel::core_count();
  return cores > 0 ? std::min(threads, cores) : threads;
}

ThreadScope::ThreadScope(const Threads& threads) : previous_(train::threads()) { set_threads(threads); }

ThreadScope::~ThreadScope() { set_threads(previous_); }

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
