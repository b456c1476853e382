#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "core/base/interrupt.h"
#include "core/data/dataset.h"
#include "core/data/sharing.h"

namespace mlr3libtorch::data {

/// The part of an order that is left of an epoch.
struct BatchPlan {
  /// int64
  at::Tensor order = {};
  /// Of the batches that are left, see `EpochOrder`.
  at::Tensor ends = {};
  std::int64_t first_row = 0;
  std::int64_t batch_size = 1;
  std::int64_t batches = 0;
  /// The epoch's number, see `Batch::draw`.
  std::uint64_t draw = 0;
  /// Of which rows of a batch are read.
  Sharing sharing = {};

  /// The rows of one of the batches, counted from 0, that are read.
  at::Tensor index(std::int64_t batch) const;
};

/// Threads that read the batches of an epoch ahead of the loop, into memory that is used again and again. The loop gets
/// them in the order of the plan, and an error when it comes to the batch in which it happened.
/// The threads take no signals, and wait asleep. In a process that has been forked since, the loop reads for itself.
class Prefetcher {
 public:
  /// Batches that lie ready for each thread, at most.
  static constexpr std::int64_t kBatchesAhead = 2;

  /// The dataset has a source that is concurrent. Starts `workers` threads, or as many of them as the system gives.
  Prefetcher(Dataset dataset, int workers);
  /// Waits for the batches that are being read.
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Drops what was read ahead, and starts with the first batch of another plan.
  void begin(BatchPlan plan);
  /// The next batch of the plan, which must have one left. What `batch` held is used for later ones, unless somebody
  /// else has it. Polls the interrupt while it waits.
  void next(Batch& batch, base::Interrupt& interrupt);

 private:
  struct Crew;
  std::unique_ptr<Crew> crew_;
};

}  // namespace mlr3libtorch::data
