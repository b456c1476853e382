#include "core/kernel/bfloat16_gemm.h"
#include "core/kernel/pair_packing.h"

// Products of bfloat16 for processors with AVX-512 BF16. Everything but the last function is in an unnamed namespace:
// the linker must not use code for one processor in place of that for another.
namespace mlr3libtorch::kernel {
namespace {

constexpr int kTileHeight = 8;
constexpr int kTileVectors = 3;
constexpr std::int64_t kPanelWidth = kTileVectors * kLanes;
constexpr std::int64_t kPanelWords = kPanelWidth * kPairsOfBlock;
/// Rows of the left factor that lie side by side if it is packed across.
constexpr std::int64_t kGroupWords = kLanes * kPairsOfBlock;

/// Pairs of the left factor: the word of a row and a pair is at words[row * row_stride + pair * pair_stride].
struct LeftPairs {
  const std::uint32_t* words;
  std::int64_t row_stride;
  std::int64_t pair_stride;
};

/// A tile of the result, kept in registers; of its last vector only `mask` exists.
template <int kHeight, int kVectors>
void multiply_tile(const LeftPairs& left, const std::uint32_t* right, std::int64_t pairs, const Target& target,
                   __mmask16 mask) {
  __m512 sums[kHeight][kVectors];
#pragma GCC unroll 8
  for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 3
    for (int i = 0; i < kVectors; ++i) sums[row][i] = _mm512_setzero_ps();
  }
  const std::uint32_t* a = left.words;
  for (std::int64_t pair = 0; pair < pairs; ++pair, a += left.pair_stride, right += kPanelWidth) {
    __m512bh columns[kVectors];
#pragma GCC unroll 3
    for (int i = 0; i < kVectors; ++i) {
      columns[i] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right + i * kLanes));
    }
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
      const auto word = _mm512_set1_epi32(static_cast<int>(a[row * left.row_stride]));
#pragma GCC unroll 3
      for (int i = 0; i < kVectors; ++i) {
        sums[row][i] = _mm512_dpbf16_ps(sums[row][i], reinterpret_cast<__m512bh>(word), columns[i]);
      }
    }
  }
#pragma GCC unroll 8
  for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 3
    for (int i = 0; i < kVectors; ++i) {
      float* const to = target.values + row * target.stride + i * kLanes;
      const __mmask16 lanes = i == kVectors - 1 ? mask : 0xFFFF;
      if (target.adds) sums[row][i] = _mm512_add_ps(sums[row][i], _mm512_maskz_loadu_ps(lanes, to));
      _mm512_mask_storeu_ps(to, lanes, sums[row][i]);
    }
  }
}

/// Fewer rows than a tile has.
template <int kHeight, int kVectors>
void multiply_last_rows(LeftPairs left, const std::uint32_t* right, std::int64_t pairs, Target target,
                        std::int64_t rows, __mmask16 mask) {
  if (rows >= kHeight) {
    multiply_tile<kHeight, kVectors>(left, right, pairs, target, mask);
    left.words += kHeight * left.row_stride;
    target.values += kHeight * target.stride;
    rows -= kHeight;
  }
  if constexpr (kHeight > 1) {
    if (rows > 0) multiply_last_rows<kHeight / 2, kVectors>(left, right, pairs, target, rows, mask);
  }
}

/// The packed left factor of a block of rows.
struct LeftBlock {
  const std::uint32_t* words;
  bool is_across;

  LeftPairs from_row(std::int64_t row) const {
    if (!is_across) return {words + row * kPairsOfBlock, kPairsOfBlock, 1};
    return {words + row / kLanes * kGroupWords + row % kLanes, 1, kLanes};
  }
};

template <int kVectors>
void multiply_panel(const LeftBlock& left, const std::uint32_t* right, std::int64_t pairs, Target target,
                    std::int64_t rows, std::int64_t columns) {
  const auto mask = first_lanes(columns - (kVectors - 1) * kLanes);
  for (std::int64_t row = 0; row < rows; row += kTileHeight, target.values += kTileHeight * target.stride) {
    const auto count = less_of(kTileHeight, rows - row);
    multiply_last_rows<kTileHeight, kVectors>(left.from_row(row), right, pairs, target, count, mask);
  }
}

struct DotProductUnits {
  static constexpr std::int64_t kWidth = kPanelWidth;

  static LeftBlock pack_left(const Factor& a, std::int64_t row, std::int64_t rows, std::int64_t k, std::int64_t depth,
                             std::uint32_t* to) {
    if (a.along) {
      pack_lines(a.at(row, k), a.stride, rows, depth, to);
    } else {
      pack_across<kLanes>(a.at(row, k), a.stride, depth, rows, to);
    }
    return {to, !a.along};
  }

  static void multiply_panels(const LeftBlock& left, const std::uint32_t* right, std::int64_t pairs, Target target,
                              std::int64_t rows, std::int64_t columns) {
    for (; columns > 0; columns -= kPanelWidth, right += kPanelWords, target.values += kPanelWidth) {
      if (columns > 2 * kLanes) {
        multiply_panel<3>(left, right, pairs, target, rows, less_of(columns, kPanelWidth));
      } else if (columns > kLanes) {
        multiply_panel<2>(left, right, pairs, target, rows, columns);
      } else {
        multiply_panel<1>(left, right, pairs, target, rows, columns);
      }
    }
  }
};

}  // namespace

void multiply_pairs_avx512(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                           const PairMemory& memory) {
  multiply_blocks<DotProductUnits>(gemm, part, a, b, c, memory);
}

}  // namespace mlr3libtorch::kernel
