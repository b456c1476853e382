#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mlr3libtorch::data {

/// The order in which an epoch visits the rows. The base class takes each once: as they lie, or shuffled.
class Sampler {
 public:
  /// Shuffling draws one permutation an epoch from `generator`, or from LibTorch's own if that is undefined.
  explicit Sampler(bool shuffle = false, at::Generator generator = {});
  virtual ~Sampler() = default;
  /// [m] int64, m ≥ 1, each in 0..rows-1; rows may be repeated or missing.
  /// Called once at the start of each epoch, on the thread that trains.
  virtual at::Tensor order(std::int64_t rows);

 private:
  bool shuffle_;
  at::Generator generator_;
};

}  // namespace mlr3libtorch::data
