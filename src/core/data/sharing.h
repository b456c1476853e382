#pragma once

#include <algorithm>
#include <cstdint>

namespace mlr3libtorch::data {

/// Some rows of a batch: those of one worker.
struct Share {
  std::int64_t first = 0;
  std::int64_t rows = 0;
};

/// How the rows of a batch are dealt to the workers of a run; alone, a worker has all of them.
struct Sharing {
  int worker = 0;
  int workers = 1;
  /// Rows of a share, at least: a batch that has too few is computed whole by each worker.
  std::int64_t least = 1;

  bool divides(std::int64_t rows) const { return workers > 1 && rows >= least * workers; }

  /// Of another worker. Shares differ by at most a row.
  Share of(std::int64_t rows, int other) const {
    const auto smaller = rows / workers, larger = rows % workers;
    return {other * smaller + std::min<std::int64_t>(other, larger), smaller + (other < larger ? 1 : 0)};
  }

  /// Of this one.
  Share of(std::int64_t rows) const { return divides(rows) ? of(rows, worker) : Share{0, rows}; }
};

}  // namespace mlr3libtorch::data
