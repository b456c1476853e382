#pragma once

#include <cstdint>

namespace mlr3libtorch::kernel {

/// A product of row-major matrices: c = op(a) op(b), or c += op(a) op(b), with c of shape [rows, columns].
/// op(a): [rows, depth], stored as [depth, rows] if `transpose_a`; op(b): [depth, columns] likewise.
struct Gemm {
  bool transpose_a = false;
  bool transpose_b = false;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t depth = 0;
  /// Only without `transpose_b`.
  bool adds = false;

  double operations() const {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(depth);
  }
};

/// The floating point operations of products that are worth a thread: about 10 us, ten times what calling one costs.
inline constexpr double kOperationsWorthThread = 1e6;

/// Split over the threads of the current pool, if there is one and the product is large enough. The choice of the code
/// depends only on the shape and the processor, so the same product gives the same bits, on however many threads.
void multiply(const Gemm& gemm, const float* a, const float* b, float* c);

/// A product of small matrices whose rows lie apart: c = a b, or c += a b. The element of `a` in a row and a depth is
/// at a[row * a_row_stride + depth * a_depth_stride], so `a` may be transposed; rows of b and c are `b_stride` and
/// `c_stride` numbers apart.
struct StridedGemm {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t depth = 0;
  std::int64_t a_row_stride = 0;
  std::int64_t a_depth_stride = 1;
  std::int64_t b_stride = 0;
  std::int64_t c_stride = 0;
  bool adds = false;
};

void multiply_strided(const StridedGemm& gemm, const float* a, const float* b, float* c);

/// A product with rows that lie anywhere in one array and may overlap: c = a b, with a and c row after row, and row k
/// of b at b + lines[k].
struct LinesGemm {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t depth = 0;
  const std::int64_t* lines = nullptr;
};

void multiply_lines(const LinesGemm& gemm, const float* a, const float* b, float* c);

/// to[j * to_stride + i] = from[i * from_stride + j] for each of `rows` rows i and `columns` columns j.
void transpose_matrix(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns, float* to,
                      std::int64_t to_stride);

}  // namespace mlr3libtorch::kernel
