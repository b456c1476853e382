#pragma once

#include <immintrin.h>

#include <cstdint>

#include "core/kernel/tiled_gemm.h"

// Products of matrices for the vector units that the including file is compiled for. Everything is in an unnamed
// namespace: the linker must not use code for one processor in place of that for another.
namespace mlr3libtorch::kernel {
namespace {

#ifdef __AVX512F__
using Vector = __m512;
constexpr int kAccumulators = 24;  // of 32 registers
constexpr int kMostVectors = 3;

/// Which elements of a vector exist.
using Mask = __mmask16;
Mask mask_of(std::int64_t length) { return static_cast<Mask>((1U << length) - 1); }
Vector load(const float* from) { return _mm512_loadu_ps(from); }
Vector load(const float* from, Mask mask) { return _mm512_maskz_loadu_ps(mask, from); }
Vector fill(float value) { return _mm512_set1_ps(value); }
Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
void store(float* to, Vector values) { _mm512_storeu_ps(to, values); }
void store(float* to, Vector values, Mask mask) { _mm512_mask_storeu_ps(to, mask, values); }
#else
using Vector = __m256;
constexpr int kAccumulators = 12;  // of 16 registers
constexpr int kMostVectors = 2;

using Mask = __m256i;
Mask mask_of(std::int64_t length) {
  const auto lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(length)), lanes);
}
Vector load(const float* from) { return _mm256_loadu_ps(from); }
Vector load(const float* from, Mask mask) { return _mm256_maskload_ps(from, mask); }
Vector fill(float value) { return _mm256_set1_ps(value); }
Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
void store(float* to, Vector values) { _mm256_storeu_ps(to, values); }
void store(float* to, Vector values, Mask mask) { _mm256_maskstore_ps(to, mask, values); }
#endif

constexpr std::int64_t kLanes = sizeof(Vector) / sizeof(float);

/// Not std::min(), which the linker takes from any file that has it.
std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

/// The element in row i and depth k is at values[i * row_stride + k * depth_stride].
struct Left {
  const float* values;
  std::int64_t row_stride;
  std::int64_t depth_stride;
};

/// Row after row.
struct Right {
  const float* values;
  std::int64_t stride;
  std::int64_t depth;

  struct Cursor {
    const float* at;
    std::int64_t stride;
    const float* row() const { return at; }
    void advance() { at += stride; }
  };
  Cursor begin() const { return {values, stride}; }
};

/// Row k is at values + lines[k].
struct RightLines {
  const float* values;
  const std::int64_t* lines;
  std::int64_t depth;

  struct Cursor {
    const float* values;
    const std::int64_t* line;
    const float* row() const { return values + *line; }
    void advance() { ++line; }
  };
  Cursor begin() const { return {values, lines}; }
};

struct Result {
  float* values;
  std::int64_t stride;
  bool adds;
};

template <int kRows, int kVectors, bool kMasked>
inline void store_tile(const Vector (&sums)[kRows][kVectors], const Result& result, Mask mask) {
#pragma GCC unroll 32
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) {
      float* const to = result.values + row * result.stride + i * kLanes;
      if (kMasked && i == kVectors - 1) {
        store(to, result.adds ? sums[row][i] + load(to, mask) : sums[row][i], mask);
      } else {
        store(to, result.adds ? sums[row][i] + load(to) : sums[row][i]);
      }
    }
  }
}

/// A tile of the result, kept in registers; of its last vector only `mask` exists if `kMasked`. While it is
/// computed, its target and the columns of the next tile are prefetched: in a training step, most weights and gradients
/// lie too far away to wait for.
template <int kRows, int kVectors, bool kMasked, class RightMatrix>
void multiply_tile(const Left& left, const RightMatrix& right, const Result& result, Mask mask) {
  Vector sums[kRows][kVectors];
#pragma GCC unroll 32
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) sums[row][i] = fill(0);
  }
  const float* a = left.values;
  auto cursor = right.begin();
  const auto add_products = [&]() __attribute__((always_inline)) {
    const float* const b = cursor.row();
    Vector columns[kVectors];
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) {
      __builtin_prefetch(b + (kMostVectors + i) * kLanes);
      columns[i] = kMasked && i == kVectors - 1 ? load(b + i * kLanes, mask) : load(b + i * kLanes);
    }
#pragma GCC unroll 32
    for (int row = 0; row < kRows; ++row) {
      const auto value = fill(a[row * left.row_stride]);
#pragma GCC unroll 4
      for (int i = 0; i < kVectors; ++i) sums[row][i] = multiply_add(value, columns[i], sums[row][i]);
    }
    a += left.depth_stride;
    cursor.advance();
  };
  const auto first = least(kRows, right.depth);
  for (std::int64_t k = 0; k < first; ++k) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) __builtin_prefetch(result.values + k * result.stride + i * kLanes, 1);
    add_products();
  }
  for (std::int64_t k = first; k < right.depth; ++k) add_products();
  store_tile<kRows, kVectors, kMasked>(sums, result, mask);
}

/// The next smaller power of two.
constexpr int smaller(int rows) {
  int power = 1;
  while (2 * power < rows) power *= 2;
  return power;
}

/// All rows of a few columns: as many rows at a time as fit into the registers, then fewer.
template <int kRows, int kVectors, bool kMasked, class RightMatrix>
void multiply_rows(Left left, const RightMatrix& right, Result result, std::int64_t rows, Mask mask) {
  for (; rows >= kRows; rows -= kRows) {
    multiply_tile<kRows, kVectors, kMasked>(left, right, result, mask);
    left.values += kRows * left.row_stride;
    result.values += kRows * result.stride;
  }
  if constexpr (kRows > 1) {
    if (rows > 0) multiply_rows<smaller(kRows), kVectors, kMasked>(left, right, result, rows, mask);
  }
}

template <int kVectors, class RightMatrix>
void multiply_vectors(const Left& left, const RightMatrix& right, const Result& result, std::int64_t rows,
                      std::int64_t columns) {
  constexpr int kRows = kAccumulators / kVectors;
  if (columns >= kVectors * kLanes) return multiply_rows<kRows, kVectors, false>(left, right, result, rows, Mask{});
  const auto mask = mask_of(columns - (kVectors - 1) * kLanes);
  multiply_rows<kRows, kVectors, true>(left, right, result, rows, mask);
}

/// Two and two instead of three and one: a single vector would wait for its factors.
std::int64_t vectors_of_next(std::int64_t vectors) {
  return vectors == kMostVectors + 1 ? 2 : least(vectors, kMostVectors);
}

template <class RightMatrix>
void multiply_block(const Left& left, RightMatrix right, Result result, std::int64_t rows, std::int64_t columns) {
  while (columns > 0) {
    const auto vectors = vectors_of_next((columns + kLanes - 1) / kLanes);
    if (vectors == 1) multiply_vectors<1>(left, right, result, rows, columns);
    if (vectors == 2) multiply_vectors<2>(left, right, result, rows, columns);
    if constexpr (kMostVectors == 3) {
      if (vectors == 3) multiply_vectors<3>(left, right, result, rows, columns);
    }
    right.values += vectors * kLanes;
    result.values += vectors * kLanes;
    columns -= vectors * kLanes;
  }
}

/// Eight rows of eight elements become eight columns.
void transpose_eight(const float* from, std::int64_t from_stride, float* to, std::int64_t to_stride) {
  __m256 rows[8], pairs[8], fours[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) rows[i] = _mm256_loadu_ps(from + i * from_stride);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
    fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(to + i * to_stride, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * to_stride, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31));
  }
}

/// to[j, i] = from[i, j]. A few columns at a time, so that the lines of a cache that they become are whole before they
/// leave it.
void transpose(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns, float* to,
               std::int64_t to_stride) {
  constexpr std::int64_t kColumns = 64;
  const auto whole_rows = rows - rows % 8;
  const auto whole_columns = columns - columns % 8;
  for (std::int64_t first = 0; first < whole_columns; first += kColumns) {
    const auto end = least(first + kColumns, whole_columns);
    for (std::int64_t i = 0; i < whole_rows; i += 8) {
      for (auto j = first; j < end; j += 8) {
        transpose_eight(from + i * from_stride + j, from_stride, to + j * to_stride + i, to_stride);
      }
    }
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = i < whole_rows ? whole_columns : 0; j < columns; ++j) {
      to[j * to_stride + i] = from[i * from_stride + j];
    }
  }
}

/// As `multiply_block()`, with a copy of each group of columns.
void multiply_copied_block(const Left& left, const Right& right, Result result, std::int64_t rows, std::int64_t columns,
                           float* copy) {
  for (std::int64_t first = 0; first < columns; first += kTileColumns, result.values += kTileColumns) {
    const auto width = least(kTileColumns, columns - first);
    for (std::int64_t k = 0; k < right.depth; ++k) {
      const float* const from = right.values + k * right.stride + first;
      for (std::int64_t i = 0; i < width; ++i) copy[k * kTileColumns + i] = from[i];
    }
    multiply_block(left, Right{copy, kTileColumns, right.depth}, result, rows, width);
  }
}

/// A part of c = op(a) b, in blocks of the depth.
void multiply_direct(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                     const TileMemory& memory) {
  const Left all{a, gemm.transpose_a ? 1 : gemm.depth, gemm.transpose_a ? gemm.rows : 1};
  float* const to = c + part.first_row * gemm.columns + part.first_column;
  for (std::int64_t k = 0; k < gemm.depth; k += kDepthBlock) {
    const auto depth = least(kDepthBlock, gemm.depth - k);
    Left left{a + part.first_row * all.row_stride + k * all.depth_stride, all.row_stride, all.depth_stride};
    if (memory.left != nullptr) {
      transpose(left.values, gemm.rows, depth, part.rows, memory.left, kDepthBlock);
      left = {memory.left, kDepthBlock, 1};
    }
    const Right right{b + k * gemm.columns + part.first_column, gemm.columns, depth};
    const Result result{to, gemm.columns, gemm.adds || k > 0};
    if (memory.right == nullptr) {
      multiply_block(left, right, result, part.rows, part.columns);
    } else {
      multiply_copied_block(left, right, result, part.rows, part.columns, memory.right);
    }
  }
}

/// The depth is small enough for one block.
void multiply_apart(const StridedGemm& gemm, const float* a, const float* b, float* c) {
  multiply_block({a, gemm.a_row_stride, gemm.a_depth_stride}, Right{b, gemm.b_stride, gemm.depth},
                 {c, gemm.c_stride, gemm.adds}, gemm.rows, gemm.columns);
}

void multiply_with_lines(const LinesGemm& gemm, const float* a, const float* b, float* c) {
  for (std::int64_t k = 0; k < gemm.depth; k += kDepthBlock) {
    const auto depth = least(kDepthBlock, gemm.depth - k);
    multiply_block({a + k, gemm.depth, 1}, RightLines{b, gemm.lines + k, depth}, {c, gemm.columns, k > 0}, gemm.rows,
                   gemm.columns);
  }
}

/// A part of up to kPanelRows rows of c = a b' as c' = b a', so that b, the larger one, is read as it lies.
void multiply_across(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                     const TileMemory& memory) {
  const float* const rows = a + part.first_row * gemm.depth;
  const float* const columns = b + part.first_column * gemm.depth;
  for (std::int64_t k = 0; k < gemm.depth; k += kDepthBlock) {
    const auto depth = least(kDepthBlock, gemm.depth - k);
    transpose(rows + k, gemm.depth, part.rows, depth, memory.panel, kPanelRows);
    multiply_block({columns + k, gemm.depth, 1}, Right{memory.panel, kPanelRows, depth},
                   {memory.product, kPanelRows, k > 0}, part.columns, part.rows);
  }
  transpose(memory.product, kPanelRows, part.columns, part.rows, c + part.first_row * gemm.columns + part.first_column,
            gemm.columns);
}

void multiply_tiled(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                    const TileMemory& memory) {
  if (!gemm.transpose_b) return multiply_direct(gemm, part, a, b, c, memory);
  const auto end = part.first_row + part.rows;
  for (auto row = part.first_row; row < end; row += kPanelRows) {
    multiply_across(gemm, {row, least(kPanelRows, end - row), part.first_column, part.columns}, a, b, c, memory);
  }
}

}  // namespace
}  // namespace mlr3libtorch::kernel
