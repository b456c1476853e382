#pragma once

#include <cstdint>

namespace mlr3libtorch::kernel {

/// A product of matrices that lie row after row: c = op(a) op(b), with c of shape [rows, columns].
/// op(a): [rows, depth], stored as [depth, rows] where `transpose_a`; op(b): [depth, columns] likewise.
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

/// Overwrites c. What does the work depends on the shape, the processor and the number of threads alone, so the same
/// product gives the same bits.
void multiply(const Gemm& gemm, const float* a, const float* b, float* c);

}  // namespace mlr3libtorch::kernel
