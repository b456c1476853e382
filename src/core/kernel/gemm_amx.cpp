#include <algorithm>

#include "core/kernel/bfloat16_gemm.h"
#include "core/kernel/pair_packing.h"

// Products of bfloat16 for processors with AMX: 8 tiles of 16 rows of 64 bytes. Everything but the last function is in
// an unnamed namespace, as in gemm_avx512_bf16.cpp.
namespace mlr3libtorch::kernel {
namespace {

/// Rows and columns of a result that is computed at once, in four tiles.
constexpr std::int64_t kSquare = 2 * kLanes;
constexpr std::int64_t kPanelWords = kSquare * kPairsOfBlock;

/// What the processor reads: all tiles are whole.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t bytes_of_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// The tiles are this thread's while this lives.
class Tiles {
 public:
  Tiles() {
    const TileShapes shapes;
    _tile_loadconfig(&shapes);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

/// The compiler does not know that instructions on tiles read memory.
void finish_stores() { __asm__ volatile("" ::: "memory"); }

/// left[32, pairs] right[pairs, 32], of pairs that are a multiple of 16, stored or added.
void multiply_square(const std::uint32_t* left, const std::uint32_t* right, std::int64_t pairs, const Target& target) {
  constexpr long kLeftBytes = kPairsOfBlock * sizeof(std::uint32_t), kRightBytes = kSquare * sizeof(std::uint32_t);
  const long bytes = target.stride * static_cast<long>(sizeof(float));
  float* const lower = target.values + kLanes * target.stride;
  finish_stores();
  if (target.adds) {
    _tile_loadd(0, target.values, bytes);
    _tile_loadd(1, target.values + kLanes, bytes);
    _tile_loadd(2, lower, bytes);
    _tile_loadd(3, lower + kLanes, bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::int64_t pair = 0; pair < pairs; pair += kLanes) {
    _tile_loadd(4, left + pair, kLeftBytes);
    _tile_loadd(5, left + kLanes * kPairsOfBlock + pair, kLeftBytes);
    _tile_loadd(6, right + pair * kSquare, kRightBytes);
    _tile_loadd(7, right + pair * kSquare + kLanes, kRightBytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, target.values, bytes);
  _tile_stored(1, target.values + kLanes, bytes);
  _tile_stored(2, lower, bytes);
  _tile_stored(3, lower + kLanes, bytes);
  finish_stores();
}

/// At an edge of the result, by way of a whole square.
void multiply_part_of_square(const std::uint32_t* left, const std::uint32_t* right, std::int64_t pairs,
                             const Target& target, std::int64_t rows, std::int64_t columns) {
  alignas(64) float square[kSquare * kSquare] = {};
  if (target.adds) {
    for (std::int64_t row = 0; row < rows; ++row) {
      std::copy_n(target.values + row * target.stride, columns, square + row * kSquare);
    }
  }
  multiply_square(left, right, pairs, {square, kSquare, target.adds});
  for (std::int64_t row = 0; row < rows; ++row) {
    std::copy_n(square + row * kSquare, columns, target.values + row * target.stride);
  }
}

/// Columns across the depth become lines along it: to[row, pair].
void pack_turned_lines(const float* from, std::int64_t stride, std::int64_t rows, std::int64_t depth,
                       std::uint32_t* to) {
  for (std::int64_t row = 0; row < rows; row += kLanes, from += kLanes, to += kLanes * kPairsOfBlock) {
    for (std::int64_t k = 0; k < depth; k += 2 * kLanes) {
      __m512i words[kLanes];
      for (std::int64_t i = 0; i < kLanes; ++i) words[i] = pairs_across(from, stride, k + 2 * i, depth, rows - row);
      transpose_words(words);
      for (std::int64_t i = 0; i < kLanes; ++i) _mm512_storeu_si512(to + i * kPairsOfBlock + k / 2, words[i]);
    }
  }
}

struct TileUnits {
  static constexpr std::int64_t kWidth = kSquare;

  static const std::uint32_t* pack_left(const Factor& a, std::int64_t row, std::int64_t rows, std::int64_t k,
                                        std::int64_t depth, std::uint32_t* to) {
    (a.along ? pack_lines : pack_turned_lines)(a.at(row, k), a.stride, rows, depth, to);
    return to;
  }

  static void multiply_panels(const std::uint32_t* left, const std::uint32_t* right, std::int64_t pairs,
                              const Target& target, std::int64_t rows, std::int64_t columns) {
    for (std::int64_t column = 0; column < columns; column += kSquare, right += kPanelWords) {
      for (std::int64_t row = 0; row < rows; row += kSquare) {
        const auto height = less_of(kSquare, rows - row), width = less_of(kSquare, columns - column);
        const Target square{target.values + row * target.stride + column, target.stride, target.adds};
        if (height == kSquare && width == kSquare) {
          multiply_square(left + row * kPairsOfBlock, right, pairs, square);
        } else {
          multiply_part_of_square(left + row * kPairsOfBlock, right, pairs, square, height, width);
        }
      }
    }
  }
};

}  // namespace

void multiply_pairs_amx(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                        const PairMemory& memory) {
  const Tiles tiles;
  multiply_blocks<TileUnits>(gemm, part, a, b, c, memory);
}

}  // namespace mlr3libtorch::kernel
