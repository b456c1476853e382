#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mlr3libtorch::data {

/// The rows that an epoch visits, and how they are divided into batches.
struct EpochOrder {
  /// [m] int64, m ≥ 1, each in 0..rows-1; rows may be repeated or missing.
  at::Tensor rows = {};
  /// [batches] int64, rising to m: how many rows of the order have been used when a batch ends. Undefined if all
  /// batches but the last have the loader's size.
  at::Tensor ends = {};
};

/// The order in which an epoch visits the rows. The base class takes each once: as they lie, or shuffled.
class Sampler {
 public:
  /// Shuffling draws one permutation an epoch from `generator`, or from LibTorch's own if that is undefined.
  explicit Sampler(bool shuffle = false, at::Generator generator = {});
  virtual ~Sampler() = default;
  /// Called once at the start of each epoch, on the thread that trains.
  virtual EpochOrder order(std::int64_t rows);

 protected:
  /// [count] int64: 0 to count - 1, as the generator shuffles them.
  at::Tensor permutation(std::int64_t count) const;

 private:
  bool shuffle_;
  at::Generator generator_;
};

}  // namespace mlr3libtorch::data
