#pragma once

#include <algorithm>
#include <cstdint>

#include "core/kernel/thread_pool.h"

namespace mlr3libtorch::kernel {

/// How work on [0, length) may be cut.
struct Grain {
  /// The least that is worth a thread: several times what it costs to call one, about a microsecond if it spins.
  std::int64_t least = 0;
  /// Cuts are at multiples of it.
  std::int64_t step = 1;
};

/// Rows that take at least `operations_per_share` operations together, in whole blocks.
inline Grain grain_of_blocks(std::int64_t block, double operations_per_row, double operations_per_share = 3e7) {
  const auto rows = static_cast<std::int64_t>(operations_per_share / operations_per_row) + 1;
  return {std::max(block, rows), block};
}

/// How many threads this much work is worth.
inline int threads_worth(std::int64_t length, std::int64_t least) {
  auto* const pool = length < 2 * least ? nullptr : current_pool();
  return pool == nullptr ? 1 : static_cast<int>(std::min<std::int64_t>(pool->threads(), length / least));
}

/// Where part `part` of `parts` begins.
inline std::int64_t cut_at(std::int64_t length, std::int64_t step, std::int64_t part, std::int64_t parts) {
  return part == parts ? length : length * part / parts / step * step;
}

/// Calls `body(first, last)` for ranges that are [0, length) together: for one, or for one on each thread of the
/// current pool. What is computed for an element must not depend on the range that it is in.
template <class Body>
void in_ranges(std::int64_t length, const Grain& grain, const Body& body) {
  const auto parts = threads_worth(length, std::max(grain.least, grain.step));
  if (parts == 1) return body(std::int64_t{0}, length);
  current_pool()->run(parts, [&](int part) {
    const auto first = cut_at(length, grain.step, part, parts);
    const auto last = cut_at(length, grain.step, part + 1, parts);
    if (first < last) body(first, last);
  });
}

}  // namespace mlr3libtorch::kernel
