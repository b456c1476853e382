#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/base/logger.h"

namespace mlr3libtorch::train {

/// The threads that LibTorch and its BLAS may use, while this object lives.
class ThreadScope {
 public:
  explicit ThreadScope(int threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int previous_torch_;
  int previous_blas_;
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

/// LibTorch fixes its inter-operation threads at first use; a later wish for another number gets a warning.
void set_interop_threads(int threads, base::Logger& logger);

}  // namespace mlr3libtorch::train
