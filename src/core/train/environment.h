#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/base/logger.h"

namespace mlr3libtorch::train {

/// How many threads may be used. A forked process has one, whatever is asked for: its parent's threads do not exist in
/// it, and OpenMP would wait for them forever.
struct Threads {
  /// By LibTorch's operations.
  int torch;
  /// By their BLAS; 0 if it has no threads of its own.
  int blas;
  /// By predictions of this package's own, which split their rows.
  int own = 1;
};

Threads threads();
void set_threads(Threads threads);

/// What work is given that somebody wants to be done on so many threads. LibTorch's operations get them only if
/// OpenMP's threads wait asleep, which the environment variable OMP_WAIT_POLICY=passive asks for: spinning ones make
/// such work several times slower beside another program. See docs/decisions/threads.md.
Threads threads_for(int threads);

/// As many as there are processors for, at most.
int useful_threads(int threads);

/// Sets threads during this object's lifetime.
class ThreadScope {
 public:
  explicit ThreadScope(const Threads& threads);
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
  ProcessScope(const Threads& threads, std::uint64_t seed) : threads_(threads), generator_(seed) {}

 private:
  ThreadScope threads_;
  GeneratorScope generator_;
};

/// LibTorch fixes its inter-operation threads at first use; setting another number later gives a warning.
void set_interop_threads(int threads, base::Logger& logger);

}  // namespace mlr3libtorch::train
