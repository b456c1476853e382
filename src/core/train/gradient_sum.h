#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/parallel/exchange.h"
#include "core/value/flat_memory.h"

namespace mlr3libtorch::train {

/// Adds up the flat gradients of workers in a few pieces, while those that come before them in flat memory are still
/// computed: a backward call goes from the last parameters to the first. The pieces depend on the memory alone, so they
/// are the same for all workers, however each of them computes its gradients.
class GradientSum {
 public:
  explicit GradientSum(parallel::Exchange& exchange) : exchange_(exchange) {}

  /// A new step has begun. `memory` must outlive it.
  void begin(const value::FlatMemory& memory);
  /// The gradients of the ranges from `first` on are there.
  void add(std::size_t first);
  /// All gradients are there: returns with their sums.
  void finish(base::Interrupt& interrupt);

 private:
  std::size_t next_piece() const;
  void send(std::size_t first);

  parallel::Exchange& exchange_;
  const value::FlatMemory* memory_ = nullptr;
  std::size_t sent_from_ = 0;  // ranges from this one on are on their way
  std::vector<std::unique_ptr<parallel::Pending>> pieces_;
};

}  // namespace mlr3libtorch::train
