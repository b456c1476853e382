#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/base/logger.h"

namespace mlr3libtorch::train {

/// How many threads LibTorch and its BLAS may use. A process that was forked has one, whatever is asked for: those that
/// its parent had started are not there any more, and OpenMP would wait for them for ever.
struct Threads {
  int torch;
  /// 0 where the BLAS has none of its own.
  int blas;
};

Threads threads();
void set_threads(Threads threads);

/// The threads that LibTorch and its BLAS may use, while this object lives.
class ThreadScope {
 public:
  explicit ThreadScope(int threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  Threads previous_;
};

/// LibTorch's global CPU generator, seeded for the time this object lives and then as it was.
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

/// What a training takes from the process, while this object lives.
class ProcessScope {
 public:
  ProcessScope(int threads, std::uint64_t seed) : threads_(threads), generator_(seed) {}

 private:
  ThreadScope threads_;
  GeneratorScope generator_;
};

/// LibTorch fixes its inter-operation threads at first use; a later wish for another number gets a warning.
void set_interop_threads(int threads, base::Logger& logger);

}  // namespace mlr3libtorch::train
