#pragma once

#include <cstdint>

namespace mlr3libtorch::data {

struct Batch;

/// Rows that do not lie in memory as tensors: those of a batch are read when it is needed, on the thread of the loop.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  virtual std::int64_t rows() const = 0;
  /// Sets x and y to the rows that the batch's index names, in its order.
  virtual void read(Batch& batch) = 0;
};

}  // namespace mlr3libtorch::data
