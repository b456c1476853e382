#pragma once

#include <cstdint>

namespace mlr3libtorch::kernel {

/// Sums over a batch of which this process computes only some rows.
class BatchSums {
 public:
  virtual ~BatchSums() = default;
  /// Rows of the whole batch.
  virtual std::int64_t rows() const = 0;
  /// Adds what the other processes have for the same numbers.
  virtual void add_others(float* numbers, std::int64_t count) = 0;
};

/// Those of the batch that this thread computes; null if all of its rows are computed here.
BatchSums* current_batch_sums() noexcept;

/// Sets them during this object's lifetime.
class BatchSumsScope {
 public:
  explicit BatchSumsScope(BatchSums* sums) noexcept;
  ~BatchSumsScope();
  BatchSumsScope(const BatchSumsScope&) = delete;
  BatchSumsScope& operator=(const BatchSumsScope&) = delete;

 private:
  BatchSums* before_;
};

}  // namespace mlr3libtorch::kernel
