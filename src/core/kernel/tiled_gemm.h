#pragma once

#include <cstdint>

#include "core/kernel/gemm.h"

namespace mlr3libtorch::kernel {

/// The number of rows of the left matrix in one block if the right one is transposed.
inline constexpr std::int64_t kPanelRows = 32;
/// The part of the depth in one block.
inline constexpr std::int64_t kDepthBlock = 256;
/// The rows and the columns of a tile: parts of a multiple of them have no smaller tiles at their edges. If the right
/// matrix is transposed, the columns of the product are the rows of the tiles.
inline constexpr std::int64_t kTileRows = 8;
inline constexpr std::int64_t kTileColumns = 48;

/// The rows and columns of a product that one thread computes.
struct GemmPart {
  std::int64_t first_row;
  std::int64_t rows;
  std::int64_t first_column;
  std::int64_t columns;
};

/// One thread's memory for a part; what is not needed is null.
struct TileMemory {
  // If the right matrix is transposed: a panel of the left one, and as many rows of the transposed product.
  float* panel = nullptr;    // [kDepthBlock, kPanelRows]
  float* product = nullptr;  // [part.columns, kPanelRows]
  // Copies of blocks, for matrices whose rows are too far apart to be read again and again as they lie.
  float* left = nullptr;   // [part.rows, kDepthBlock]
  float* right = nullptr;  // [kDepthBlock, kTileColumns]
};

// c = op(a) op(b) in tiles that stay in registers, one file for each generation of vector units. Matrices are read as
// they lie: in a step of training each weight serves only the rows of one batch, too few to make packing it worthwhile.
// `transpose_a` and `transpose_b` may not both be set. a, b and c are whole matrices, of which a part is computed. Each
// element is the same sum in the same order in whatever part it is.
void multiply_avx2(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                   const TileMemory& memory);
void multiply_avx512(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                     const TileMemory& memory);
void multiply_strided_avx2(const StridedGemm& gemm, const float* a, const float* b, float* c);
void multiply_strided_avx512(const StridedGemm& gemm, const float* a, const float* b, float* c);
void multiply_lines_avx2(const LinesGemm& gemm, const float* a, const float* b, float* c);
void multiply_lines_avx512(const LinesGemm& gemm, const float* a, const float* b, float* c);
/// Without `transpose_b`: c = op(a) b by whichever tiles this processor has, else row by row. Each sum begins with zero
/// for each kDepthBlock of the depth and goes in the depth's order.
void multiply_in_order(const Gemm& gemm, const float* a, const float* b, float* c);
/// The same for a processor without the tiles' vector units.
void multiply_in_rows(const Gemm& gemm, const float* a, const float* b, float* c);
/// See `transpose_matrix()`.
void transpose_avx2(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns, float* to,
                    std::int64_t to_stride);

}  // namespace mlr3libtorch::kernel
