#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mlr3libtorch::data {

/// In which order an epoch visits the rows. The base class takes each once: as they lie, or shuffled.
class Sampler {
 public:
  /// Shuffling draws one permutation an epoch from `generator`, from LibTorch's own where that is undefined.
  explicit Sampler(bool shuffle = false, at::Generator generator = {});
  virtual ~Sampler() = default;
  /// [m] int64, m ≥ 1, each in 0..rows-1; rows may come again or not at all.
  /// Called once at the start of each epoch, on the thread that trains.
  virtual at::Tensor order(std::int64_t rows);

 private:
  bool shuffle_;
  at::Generator generator_;
};

}  // namespace mlr3libtorch::data
