#pragma once

#include <cstdint>

namespace mlr3libtorch::kernel {

/// A product of row-major matrices: c = op(a) op(b), with c of shape [rows, columns].
/// op(a): [rows, depth], stored as [depth, rows] if `transpose_a`; op(b): [depth, columns] likewise.
struct Gemm {
  bool transpose_a = false;
  bool transpose_b = false;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t depth = 0;

  double operations() const {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(depth);
  }
};

/// The floating point operations of products that are worth a thread: about 10 us, ten times what calling one costs.
inline constexpr double kOperationsWorthThread = 1e6;

/// Overwrites c. Split over the threads of the current pool, if there is one and the product is large enough. The
/// choice of the code depends only on the shape and the processor, so the same product gives the same bits, on however
/// many threads.
void multiply(const Gemm& gemm, const float* a, const float* b, float* c);

}  // namespace mlr3libtorch::kernel
