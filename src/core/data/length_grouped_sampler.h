#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/data/sampler.h"

namespace mlr3libtorch::data {

/// Shuffled rows such that those of a batch have similar lengths: so many batches at a time are sorted by the lengths
/// of their rows, and then the batches are shuffled. What is left over for a smaller batch comes last, and is not
/// sorted.
class LengthGroupedSampler : public Sampler {
 public:
  static constexpr std::int64_t kBatchesOfGroup = 50;

  /// lengths: [rows] int64.
  LengthGroupedSampler(at::Tensor lengths, std::int64_t batch_size, at::Generator generator = {});
  /// Refuses another number of rows than that of the lengths.
  EpochOrder order(std::int64_t rows) override;

 private:
  at::Tensor by_length(const at::Tensor& rows) const;

  at::Tensor lengths_;
  std::int64_t batch_size_;
};

}  // namespace mlr3libtorch::data
