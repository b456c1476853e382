#pragma once

#include <immintrin.h>

#include <cstdint>

#include "core/kernel/bfloat16_gemm.h"

// How factors of a product in bfloat16 are packed, for processors with AVX-512 BF16, and the blocks that are packed.
// Each file that includes this is compiled for other units and has its own copy: the linker must not use code for one
// processor in place of that for another.
namespace mlr3libtorch::kernel {
namespace {

constexpr std::int64_t kLanes = 16;

std::int64_t less_of(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

__mmask16 first_lanes(std::int64_t length) {
  if (length >= kLanes) return 0xFFFF;
  return length <= 0 ? 0 : static_cast<__mmask16>((1U << length) - 1);
}

__m512 load_some(const float* from, std::int64_t length) { return _mm512_maskz_loadu_ps(first_lanes(length), from); }

/// 16 words of a number of `first` and one of `second`. The instruction adds the product of the upper halves first.
__m512i pair_up(__m512 first, __m512 second) {
  const auto order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5,
                                      20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const auto both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(first, second));
  return _mm512_permutexvar_epi16(order, both);
}

/// 16 words of neighbours among 32 numbers.
__m512i pair_neighbours(__m512 low, __m512 high) {
  return _mm512_rol_epi32(reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)), 16);
}

/// Numbers `k` to `k + 32` of a line of `depth`, those behind its end zero.
__m512i pairs_of_line(const float* line, std::int64_t k, std::int64_t depth) {
  return pair_neighbours(load_some(line + k, depth - k), load_some(line + k + kLanes, depth - k - kLanes));
}

/// Lines along the depth, as they lie: to[line, pair].
void pack_lines(const float* from, std::int64_t stride, std::int64_t lines, std::int64_t depth, std::uint32_t* to) {
  for (std::int64_t line = 0; line < lines; ++line, from += stride, to += kPairsOfBlock) {
    for (std::int64_t k = 0; k < depth; k += 2 * kLanes) _mm512_storeu_si512(to + k / 2, pairs_of_line(from, k, depth));
  }
}

/// The words of numbers `k` and `k + 1` of `columns` columns across the depth, from the number `from` on; at most 16,
/// those behind an end zero.
__m512i pairs_across(const float* from, std::int64_t stride, std::int64_t k, std::int64_t depth, std::int64_t columns) {
  const auto numbers = [=](std::int64_t line) { return load_some(from + line * stride, line < depth ? columns : 0); };
  return pair_up(numbers(k), numbers(k + 1));
}

/// Columns across the depth: to[pair, column], in panels of `kWidth`. Missing columns, and pairs up to a multiple of
/// 16, are zero.
template <std::int64_t kWidth>
void pack_across(const float* from, std::int64_t stride, std::int64_t depth, std::int64_t columns, std::uint32_t* to) {
  const auto padded = (depth + 2 * kLanes - 1) / (2 * kLanes) * (2 * kLanes);
  for (std::int64_t k = 0; k < padded; k += 2, to += kWidth) {
    for (std::int64_t column = 0; column < columns; column += kLanes) {
      auto* const panel = to + column / kWidth * (kWidth * kPairsOfBlock) + column % kWidth;
      _mm512_storeu_si512(panel, pairs_across(from + column, stride, k, depth, columns - column));
    }
  }
}

/// 16 rows of 16 words become 16 columns.
void transpose_words(__m512i (&rows)[kLanes]) {
  __m512i pairs[kLanes], fours[kLanes];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  // Each 128 bits of fours[4 g + i] hold column 4 q + i of rows 4 g to 4 g + 3, where q counts them.
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const auto even = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0x88);
    const auto odd = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0xDD);
    const auto last_even = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0x88);
    const auto last_odd = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0xDD);
    rows[i] = _mm512_shuffle_i32x4(even, last_even, 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(even, last_even, 0xDD);
    rows[i + 4] = _mm512_shuffle_i32x4(odd, last_odd, 0x88);
    rows[i + 12] = _mm512_shuffle_i32x4(odd, last_odd, 0xDD);
  }
}

/// Lines along the depth become columns: to[pair, line], in panels of `kWidth`. Missing lines, and pairs up to a
/// multiple of 16, are zero.
template <std::int64_t kWidth>
void pack_turned(const float* from, std::int64_t stride, std::int64_t lines, std::int64_t depth, std::uint32_t* to) {
  for (std::int64_t line = 0; line < lines; line += kLanes) {
    auto* const panel = to + line / kWidth * (kWidth * kPairsOfBlock) + line % kWidth;
    const auto count = less_of(kLanes, lines - line);
    for (std::int64_t k = 0; k < depth; k += 2 * kLanes) {
      __m512i words[kLanes];
      for (std::int64_t i = 0; i < kLanes; ++i) {
        words[i] = i < count ? pairs_of_line(from + (line + i) * stride, k, depth) : _mm512_setzero_si512();
      }
      transpose_words(words);
      for (std::int64_t i = 0; i < kLanes; ++i) _mm512_storeu_si512(panel + (k / 2 + i) * kWidth, words[i]);
    }
  }
}

struct Target {
  float* values;
  std::int64_t stride;
  bool adds;
};

/// A factor in memory, from the part's first number on; `along`: whether its depth lies along its lines.
struct Factor {
  const float* values;
  std::int64_t stride;
  bool along;

  const float* at(std::int64_t line, std::int64_t k) const {
    return values + (along ? line * stride + k : k * stride + line);
  }
};

template <std::int64_t kWidth>
void pack_right(const Factor& b, std::int64_t column, std::int64_t columns, std::int64_t k, std::int64_t depth,
                std::uint32_t* to) {
  if (b.along) return pack_turned<kWidth>(b.at(column, k), b.stride, columns, depth, to);
  pack_across<kWidth>(b.at(column, k), b.stride, depth, columns, to);
}

/// `Units` say how wide a panel of the right factor is, how they pack the left one, and multiply the two.
template <class Units>
void multiply_blocks(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                     const PairMemory& memory) {
  const Factor left{a + part.first_row * (gemm.transpose_a ? 1 : gemm.depth), gemm.transpose_a ? gemm.rows : gemm.depth,
                    !gemm.transpose_a};
  const Factor right{b + part.first_column * (gemm.transpose_b ? gemm.depth : 1),
                     gemm.transpose_b ? gemm.depth : gemm.columns, gemm.transpose_b};
  float* const to = c + part.first_row * gemm.columns + part.first_column;
  for (std::int64_t column = 0; column < part.columns; column += kColumnsOfBlock) {
    const auto columns = less_of(kColumnsOfBlock, part.columns - column);
    for (std::int64_t k = 0; k < gemm.depth; k += kDepthBlock) {
      const auto depth = less_of(kDepthBlock, gemm.depth - k);
      pack_right<Units::kWidth>(right, column, columns, k, depth, memory.right);
      for (std::int64_t row = 0; row < part.rows; row += kRowsOfBlock) {
        const auto rows = less_of(kRowsOfBlock, part.rows - row);
        const auto block = Units::pack_left(left, row, rows, k, depth, memory.left);
        Units::multiply_panels(block, memory.right, (depth + 1) / 2,
                               {to + row * gemm.columns + column, gemm.columns, gemm.adds || k > 0}, rows, columns);
      }
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::kernel
