#pragma once

#include <algorithm>
#include <cstdint>

#include "core/kernel/split.h"
#include "core/kernel/tiled_gemm.h"

namespace mlr3libtorch::kernel {

/// The size of the parts that a product is cut into; those at its edges may be smaller.
struct Cut {
  std::int64_t rows;
  std::int64_t columns;
};

inline std::int64_t ratio_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
inline std::int64_t multiple_up(std::int64_t a, std::int64_t step) { return ratio_up(a, step) * step; }

inline Cut whole(const Gemm& gemm) { return {gemm.rows, gemm.columns}; }
inline Cut by_rows(const Gemm& gemm, std::int64_t parts, std::int64_t step) {
  return {multiple_up(ratio_up(gemm.rows, parts), step), gemm.columns};
}
inline Cut by_columns(const Gemm& gemm, std::int64_t parts, std::int64_t step) {
  return {gemm.rows, multiple_up(ratio_up(gemm.columns, parts), step)};
}

/// Calls `body(part)` for each part of a product, on the threads of the current pool if the product is large enough.
template <class Body>
void for_each_part(const Gemm& gemm, const Cut& cut, const Body& body) {
  const auto across = ratio_up(gemm.columns, cut.columns);
  const auto parts = static_cast<int>(ratio_up(gemm.rows, cut.rows) * across);
  const auto run = [&](int part) {
    const auto row = part / across * cut.rows;
    const auto column = part % across * cut.columns;
    body(GemmPart{row, std::min(cut.rows, gemm.rows - row), column, std::min(cut.columns, gemm.columns - column)});
  };
  auto* const pool = parts == 1 || gemm.operations() < 2 * kOperationsWorthThread ? nullptr : current_pool();
  if (pool != nullptr) return pool->run(parts, run);
  for (int part = 0; part < parts; ++part) run(part);
}

}  // namespace mlr3libtorch::kernel
