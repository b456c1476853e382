#include "core/kernel/gemm.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/kernel/blas.h"
#include "core/kernel/tiled_gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {
namespace {

int to_blas(std::int64_t size) {
  if (size <= std::numeric_limits<int>::max()) return static_cast<int>(size);
  throw base::Error("memory", "A matrix is too large for the BLAS; use a smaller batch size.", {{"size", size}});
}

/// The BLAS counts by columns: it is given the transposed product, b' a' = c'.
void multiply_by_blas(const Gemm& gemm, const float* a, const float* b, float* c) {
  const char transpose_b = gemm.transpose_b ? 'T' : 'N';
  const char transpose_a = gemm.transpose_a ? 'T' : 'N';
  const int columns = to_blas(gemm.columns);
  const int rows = to_blas(gemm.rows);
  const int depth = to_blas(gemm.depth);
  const int stride_a = gemm.transpose_a ? rows : depth;
  const int stride_b = gemm.transpose_b ? depth : columns;
  const float one = 1;
  const float old = gemm.adds ? 1 : 0;
  sgemm_(&transpose_b, &transpose_a, &columns, &rows, &depth, &one, b, &stride_b, a, &stride_a, &old, c, &columns);
}

#ifdef MLR3LIBTORCH_DISPATCH
/// The tiles are faster for products of a batch and a weight; the BLAS, which packs what it reads, for very large ones,
/// for those that are hardly more than a vector, and on several threads. The bounds come from measurements.
bool prefers_tiles(const Gemm& gemm) {
  constexpr std::int64_t kNarrow = 8;
  constexpr std::int64_t kWide = 512;  // rows so far apart share few of a cache's lines
  constexpr double kLarge = 1e9;       // floating point operations
  const auto units = vectorised::units();
  if (units == vectorised::Units::kBaseline || (gemm.transpose_a && gemm.transpose_b)) return false;
  if (std::min(gemm.rows, gemm.columns) < kNarrow || gemm.operations() > kLarge) return false;
  if (units == vectorised::Units::kAvx2 && !gemm.transpose_b && gemm.columns >= kWide) return false;
  return at::get_num_threads() == 1;
}

/// Aligned to the lines of a cache, which a vector must not straddle.
struct alignas(64) PanelRow {
  float values[kPanelRows];
};

TileMemory tile_memory(const Gemm& gemm) {
  thread_local std::vector<PanelRow> memory;
  const auto size = static_cast<std::size_t>(kDepthBlock + gemm.columns);
  if (memory.size() < size) memory.resize(size);
  return {memory[0].values, memory[kDepthBlock].values};
}

void multiply_in_tiles(const Gemm& gemm, const float* a, const float* b, float* c) {
  const auto memory = tile_memory(gemm);
  if (vectorised::units() == vectorised::Units::kAvx512) return multiply_avx512(gemm, a, b, c, memory);
  multiply_avx2(gemm, a, b, c, memory);
}
#endif

/// For processors without the tiles' vector units.
void multiply_plainly(const StridedGemm& gemm, const float* a, const float* b, float* c) {
  for (std::int64_t row = 0; row < gemm.rows; ++row, a += gemm.a_row_stride, c += gemm.c_stride) {
    if (!gemm.adds) std::fill_n(c, gemm.columns, 0.0F);
    for (std::int64_t k = 0; k < gemm.depth; ++k) {
      for_each_element(gemm.columns, [=, factor = a[k * gemm.a_depth_stride], from = b + k * gemm.b_stride](
                                         std::int64_t column) { c[column] += factor * from[column]; });
    }
  }
}

void transpose_plainly(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns, float* to,
                       std::int64_t to_stride) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
  }
}

}  // namespace

void multiply_strided(const StridedGemm& gemm, const float* a, const float* b, float* c) {
#ifdef MLR3LIBTORCH_DISPATCH
  if (vectorised::units() == vectorised::Units::kAvx512) return multiply_strided_avx512(gemm, a, b, c);
  if (vectorised::units() == vectorised::Units::kAvx2) return multiply_strided_avx2(gemm, a, b, c);
#endif
  multiply_plainly(gemm, a, b, c);
}

void transpose_matrix(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns, float* to,
                      std::int64_t to_stride) {
#ifdef MLR3LIBTORCH_DISPATCH
  if (vectorised::units() != vectorised::Units::kBaseline) {
    return transpose_avx2(from, from_stride, rows, columns, to, to_stride);
  }
#endif
  transpose_plainly(from, from_stride, rows, columns, to, to_stride);
}

void multiply(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (gemm.rows == 0 || gemm.columns == 0) return;
  if (gemm.depth == 0) {
    if (!gemm.adds) std::fill_n(c, gemm.rows * gemm.columns, 0.0F);
    return;
  }
#ifdef MLR3LIBTORCH_DISPATCH
  if (prefers_tiles(gemm)) return multiply_in_tiles(gemm, a, b, c);
#endif
  multiply_by_blas(gemm, a, b, c);
}

}  // namespace mlr3libtorch::kernel
