#include "core/kernel/gemm.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/kernel/bfloat16_gemm.h"
#include "core/kernel/blas.h"
#include "core/kernel/flush_denormals.h"
#include "core/kernel/gemm_parts.h"
#include "core/kernel/precision.h"
#include "core/kernel/tiled_gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {
namespace {

int to_blas(std::int64_t size) {
  if (size <= std::numeric_limits<int>::max()) return static_cast<int>(size);
  throw base::Error("memory", "A matrix is too large for the BLAS; use a smaller batch size.", {{"size", size}});
}

/// The BLAS counts by columns: it is given the transposed product, b' a' = c'.
void multiply_by_blas(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c) {
  const char transpose_b = gemm.transpose_b ? 'T' : 'N';
  const char transpose_a = gemm.transpose_a ? 'T' : 'N';
  const int columns = to_blas(part.columns);
  const int rows = to_blas(part.rows);
  const int depth = to_blas(gemm.depth);
  const int stride_a = gemm.transpose_a ? to_blas(gemm.rows) : depth;
  const int stride_b = gemm.transpose_b ? depth : to_blas(gemm.columns);
  const int stride_c = to_blas(gemm.columns);
  const float one = 1;
  const float old = gemm.adds ? 1 : 0;
  const FlushDenormals flush;
  sgemm_(&transpose_b, &transpose_a, &columns, &rows, &depth, &one,
         b + part.first_column * (gemm.transpose_b ? gemm.depth : 1), &stride_b,
         a + part.first_row * (gemm.transpose_a ? 1 : gemm.depth), &stride_a, &old,
         c + part.first_row * gemm.columns + part.first_column, &stride_c);
}

/// A BLAS may sum in another order if a product has another shape. So the parts are the same on any number of threads,
/// one included, and large enough that packing the common matrix for each costs little.
Cut cut_for_blas(const Gemm& gemm) {
  constexpr double kOperations = 5e7;
  constexpr std::int64_t kLines = 64;
  const auto worth = static_cast<std::int64_t>(gemm.operations() / kOperations);
  const auto lines = std::max(gemm.rows, gemm.columns) / kLines;
  const auto parts = std::clamp<std::int64_t>(std::min(worth, lines), 1, 16);
  return gemm.rows >= gemm.columns ? by_rows(gemm, parts, 1) : by_columns(gemm, parts, 1);
}

#ifdef MLR3LIBTORCH_DISPATCH
/// The tiles are faster for products of a batch and a weight; the BLAS, which packs what it reads, for those that are
/// hardly more than a vector. The bounds come from measurements.
bool prefers_tiles(const Gemm& gemm) {
  constexpr std::int64_t kNarrow = 8;
  constexpr std::int64_t kWide = 512;  // rows so far apart share few of a cache's lines
  const auto units = vectorised::units();
  if (units == vectorised::Units::kBaseline || (gemm.transpose_a && gemm.transpose_b)) return false;
  if (std::min(gemm.rows, gemm.columns) < kNarrow) return false;
  return units != vectorised::Units::kAvx2 || gemm.transpose_b || gemm.columns < kWide;
}

/// A large product is computed in parts whose matrices stay near, which made the tiles as fast as the BLAS up to
/// 10^10 operations, the most that was measured.
Cut cut_of_large(const Gemm& gemm) {
  constexpr std::int64_t kRows = 128;
  constexpr std::int64_t kColumns = 480;
  const auto rows = std::max(kRows, multiple_up(gemm.rows / 1024, kPanelRows));
  return {rows, gemm.transpose_b ? kColumns : gemm.columns};
}

/// Each group of columns reads all rows of the left matrix, which stay in a second-level cache.
Cut cut_into_near_rows(const Gemm& gemm) {
  constexpr std::int64_t kNumbers = std::int64_t{1} << 16;
  constexpr std::int64_t kRows = 24;  // a multiple of what tiles have
  if (gemm.transpose_a || gemm.transpose_b) return whole(gemm);
  return {std::max(kRows, kNumbers / gemm.depth / kRows * kRows), gemm.columns};
}

/// The tiles' sums do not depend on how a product is cut. A panel of the left matrix is transposed by every thread that
/// needs it, so products with a transposed right one are cut by panels where these suffice; gradients of weights are
/// cut as the optimizer cuts the weights; others by columns, so that each thread reads a part of the weight only.
Cut cut_for_tiles(const Gemm& gemm) {
  constexpr double kLarge = 1e9;
  if (gemm.operations() > kLarge) return cut_of_large(gemm);
  const auto worth = static_cast<std::int64_t>(gemm.operations() / kOperationsWorthThread);
  const std::int64_t threads = threads_worth(worth, 1);
  if (threads == 1) return cut_into_near_rows(gemm);
  if (gemm.transpose_b) {
    const auto panels = gemm.rows / kPanelRows;
    const bool fills_panels = gemm.rows % (kPanelRows * threads) == 0 || panels >= 4 * threads;
    return fills_panels ? by_rows(gemm, threads, kPanelRows) : by_columns(gemm, threads, kTileRows);
  }
  const bool is_wide = !gemm.transpose_a && gemm.columns >= 2 * threads * kTileColumns;
  // Threads with the same work are worth more than tiles of the same size.
  return is_wide ? by_columns(gemm, threads, kElementsOfLine) : by_rows(gemm, threads, kTileRows);
}

/// Aligned to the lines of a cache, which a vector must not straddle.
struct alignas(64) PanelRow {
  float values[kPanelRows];
};

using Panel = std::vector<PanelRow>;

/// A thread's memory only grows.
float* at_least(Panel& memory, std::int64_t rows) {
  if (memory.size() < static_cast<std::size_t>(rows)) memory.resize(static_cast<std::size_t>(rows));
  return memory[0].values;
}

/// A transposed left matrix has a tile's rows beside each other and its depth far apart, so that a line of the cache
/// serves a tile once and is fetched again for the next columns. The bounds come from measurements.
bool copies_left(const Gemm& gemm) {
  constexpr std::int64_t kLeastNumbers = std::int64_t{1} << 17;  // of the product
  constexpr std::int64_t kLeastDepth = 128;
  return gemm.transpose_a && gemm.depth >= kLeastDepth && gemm.rows * gemm.columns >= kLeastNumbers;
}

/// Rows of 8 kB lie in the same few places of a cache.
bool copies_right(const Gemm& gemm, const GemmPart& part) {
  constexpr std::int64_t kFarApart = 2048;
  constexpr std::int64_t kLeastRows = 64;
  return part.rows >= kLeastRows && (copies_left(gemm) || gemm.columns >= kFarApart);
}

TileMemory tile_memory(const Gemm& gemm, const GemmPart& part) {
  thread_local Panel memory;
  if (gemm.transpose_b) {
    auto* const panel = at_least(memory, kDepthBlock + part.columns);
    return {panel, panel + kDepthBlock * kPanelRows};
  }
  const auto left = copies_left(gemm) ? part.rows * kDepthBlock : 0;
  const auto right = copies_right(gemm, part) ? kDepthBlock * kTileColumns : 0;
  if (left + right == 0) return {};
  auto* const copies = at_least(memory, ratio_up(left + right, kPanelRows));
  return {nullptr, nullptr, left == 0 ? nullptr : copies, right == 0 ? nullptr : copies + left};
}

void multiply_as_they_lie(const Gemm& gemm, const float* a, const float* b, float* c) {
  const auto multiply_part = vectorised::units() == vectorised::Units::kAvx512 ? multiply_avx512 : multiply_avx2;
  for_each_part(gemm, cut_for_tiles(gemm), [=](const GemmPart& part) {
    const FlushDenormals flush;
    multiply_part(gemm, part, a, b, c, tile_memory(gemm, part));
  });
}

/// With a transposed right matrix, tiles transpose the left one and the product. That is more than the right one itself
/// where many rows meet a small weight. The bounds come from measurements.
bool is_worth_transposing(const Gemm& gemm) {
  constexpr std::int64_t kMostNumbers = std::int64_t{1} << 17;  // in a second-level cache
  constexpr std::int64_t kTimes = 2;
  const auto numbers = gemm.depth * gemm.columns;
  return gemm.transpose_b && numbers <= kMostNumbers && gemm.rows * (gemm.depth + gemm.columns) >= kTimes * numbers &&
         prefers_tiles({false, false, gemm.rows, gemm.columns, gemm.depth});
}

void multiply_in_tiles(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (!is_worth_transposing(gemm)) return multiply_as_they_lie(gemm, a, b, c);
  thread_local Panel memory;
  auto* const transposed = at_least(memory, ratio_up(gemm.depth * gemm.columns, kPanelRows));
  transpose_avx2(b, gemm.depth, gemm.columns, gemm.depth, transposed, gemm.columns);
  multiply_as_they_lie({false, false, gemm.rows, gemm.columns, gemm.depth}, a, transposed, c);
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

void multiply_lines_plainly(const LinesGemm& gemm, const float* a, const float* b, float* c) {
  for (std::int64_t row = 0; row < gemm.rows; ++row, a += gemm.depth, c += gemm.columns) {
    std::fill_n(c, gemm.columns, 0.0F);
    for (std::int64_t k = 0; k < gemm.depth; ++k) {
      for_each_element(gemm.columns, [=, factor = a[k], from = b + gemm.lines[k]](std::int64_t column) {
        c[column] += factor * from[column];
      });
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

void multiply_in_rows(const Gemm& gemm, const float* a, const float* b, float* c) {
  std::vector<float> sums(static_cast<std::size_t>(gemm.columns));
  const auto row_stride = gemm.transpose_a ? 1 : gemm.depth, depth_stride = gemm.transpose_a ? gemm.rows : 1;
  for (std::int64_t row = 0; row < gemm.rows; ++row, a += row_stride, c += gemm.columns) {
    for (std::int64_t k = 0; k < gemm.depth; k += kDepthBlock) {
      const auto depth = std::min(kDepthBlock, gemm.depth - k);
      multiply_plainly({1, gemm.columns, depth, row_stride, depth_stride, gemm.columns, gemm.columns},
                       a + k * depth_stride, b + k * gemm.columns, sums.data());
      const bool adds = gemm.adds || k > 0;
      for_each_element(gemm.columns, [=, from = sums.data()](std::int64_t column) {
        c[column] = adds ? c[column] + from[column] : from[column];
      });
    }
  }
}

void multiply_strided(const StridedGemm& gemm, const float* a, const float* b, float* c) {
  const FlushDenormals flush;
#ifdef MLR3LIBTORCH_DISPATCH
  if (vectorised::units() == vectorised::Units::kAvx512) return multiply_strided_avx512(gemm, a, b, c);
  if (vectorised::units() == vectorised::Units::kAvx2) return multiply_strided_avx2(gemm, a, b, c);
#endif
  multiply_plainly(gemm, a, b, c);
}

void multiply_lines(const LinesGemm& gemm, const float* a, const float* b, float* c) {
  const FlushDenormals flush;
#ifdef MLR3LIBTORCH_DISPATCH
  if (vectorised::units() == vectorised::Units::kAvx512) return multiply_lines_avx512(gemm, a, b, c);
  if (vectorised::units() == vectorised::Units::kAvx2) return multiply_lines_avx2(gemm, a, b, c);
#endif
  multiply_lines_plainly(gemm, a, b, c);
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

void multiply_in_order(const Gemm& gemm, const float* a, const float* b, float* c) {
#ifdef MLR3LIBTORCH_DISPATCH
  if (vectorised::units() != vectorised::Units::kBaseline) return multiply_in_tiles(gemm, a, b, c);
#endif
  multiply_in_rows(gemm, a, b, c);
}

void multiply(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (gemm.rows == 0 || gemm.columns == 0) return;
  if (gemm.depth == 0) {
    if (!gemm.adds) std::fill_n(c, gemm.rows * gemm.columns, 0.0F);
    return;
  }
  if (current_precision() == Precision::kBfloat16) return multiply_bfloat16(gemm, a, b, c);
#ifdef MLR3LIBTORCH_DISPATCH
  if (prefers_tiles(gemm)) return multiply_in_tiles(gemm, a, b, c);
#endif
  for_each_part(gemm, cut_for_blas(gemm), [=](const GemmPart& part) { multiply_by_blas(gemm, part, a, b, c); });
}

}  // namespace mlr3libtorch::kernel
