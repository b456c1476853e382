#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/base/logger.h"

namespace mlr3libtorch::train {

/// How many threads LibTorch and its BLAS may use. A forked process has one, whatever is asked for: its parent's
/// threads do not exist in it, and OpenMP would wait for them forever.
struct Threads {
  int torch;
  /// 0 if the BLAS has no threads of its own.
  int blas;
};

Threads threads();
void set_threads(Threads threads);

/// Sets the threads that LibTorch and its BLAS may use, during this object's lifetime.
class ThreadScope {
 public:
  explicit ThreadScope(int threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  Threads previous_;
};

/// Seeds LibTorch's global CPU generator; restores it at the end of this object's lifetime.
/// A callback that draws from it gets the same numbers in every run with the same seed.
class GeneratorScope {
 public:
  explicit GeneratorScope(std::uint64_t seed);
  ~GeneratorScope();
  GeneratorScope(const GeneratorScope&) = delete;
  GeneratorScope& operator=(const GeneratorScope&) = delete;

 private:
  at::Tensor previous_;
};

/// The settings of the process that training changes, during this object's lifetime.
class ProcessScope {
 public:
  ProcessScope(int threads, std::uint64_t seed) : threads_(threads), generator_(seed) {}

 private:
  ThreadScope threads_;
  GeneratorScope generator_;
};

/// LibTorch fixes its inter-operation threads at first use; setting another number later gives a warning.
void set_interop_threads(int threads, base::Logger& logger);

}  // namespace mlr3libtorch::train
