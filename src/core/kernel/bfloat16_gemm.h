#pragma once

#include <cstdint>

#include "core/kernel/gemm.h"
#include "core/kernel/tiled_gemm.h"

namespace mlr3libtorch::kernel {

/// What `multiply()` does in Precision::kBfloat16: each factor is rounded to bfloat16 (to the nearest, ties to even),
/// each sum is float32. The bits do not depend on the number of threads. On processors without AMX, a sum begins with
/// zero for each kDepthBlock of the depth and adds one product after the other, each with one rounding, so all of them
/// give the same bits; AMX sums in an order of its own. See docs/decisions/bfloat16.md.
void multiply_bfloat16(const Gemm& gemm, const float* a, const float* b, float* c);

/// Whether this processor has an instruction for it (`vdpbf16ps`); otherwise factors are rounded and multiplied in
/// float32.
bool has_bfloat16_units();
/// Whether it has tiles for it (AMX), and the system lets this process use them, for which it is asked the first time.
bool has_bfloat16_tiles();

/// The three ways; the first two only where these functions have said that they can be used.
void multiply_by_tiles(const Gemm& gemm, const float* a, const float* b, float* c);
void multiply_by_units(const Gemm& gemm, const float* a, const float* b, float* c);
void multiply_rounded(const Gemm& gemm, const float* a, const float* b, float* c);

/// Pairs of neighbours in the depth, one word each.
inline constexpr std::int64_t kPairsOfBlock = kDepthBlock / 2;
/// Rows and columns whose packed pairs stay in a second-level cache together.
inline constexpr std::int64_t kRowsOfBlock = 128;
inline constexpr std::int64_t kColumnsOfBlock = 480;

/// One thread's memory for packed factors, aligned to lines of the cache.
struct PairMemory {
  std::uint32_t* left;   // [kRowsOfBlock * kPairsOfBlock]
  std::uint32_t* right;  // [kColumnsOfBlock * kPairsOfBlock]
};

/// A part of a product; only if `has_bfloat16_units()`, and the second if `has_bfloat16_tiles()`.
void multiply_pairs_avx512(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                           const PairMemory& memory);
void multiply_pairs_amx(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                        const PairMemory& memory);

}  // namespace mlr3libtorch::kernel
