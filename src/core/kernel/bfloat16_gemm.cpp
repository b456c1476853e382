#include "core/kernel/bfloat16_gemm.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cstring>
#include <vector>

#include "core/kernel/gemm_parts.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {
namespace {

/// To the nearest number with eight significant bits, ties to even; numbers too small for a float32's full precision
/// become zero, as the instruction takes them.
inline float rounded_to_bfloat16(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof(bits));
  constexpr std::uint32_t kExponent = 0x7F800000U, kSign = 0x80000000U, kQuiet = 0x00400000U;
  const std::uint32_t nearest = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) & 0xFFFF0000U;
  const bool is_nan = (bits & ~kSign) > kExponent;
  const bool is_small = (bits & kExponent) == 0;
  bits = is_nan ? (bits | kQuiet) & 0xFFFF0000U : is_small ? bits & kSign : nearest;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

const float* rounded(const float* from, std::int64_t length, std::vector<float>& memory) {
  if (memory.size() < static_cast<std::size_t>(length)) memory.resize(static_cast<std::size_t>(length));
  for_each_element(length, [=, to = memory.data()](std::int64_t i) { to[i] = rounded_to_bfloat16(from[i]); });
  return memory.data();
}

/// Lines of a cache, which a vector must not straddle.
struct alignas(64) PairLine {
  std::uint32_t words[16];
};

#ifdef MLR3LIBTORCH_DISPATCH
/// By the larger side, so that little of the other one is packed by every thread.
Cut cut_for_pairs(const Gemm& gemm) {
  constexpr std::int64_t kPanelColumns = 96, kGroupRows = 32;  // whole panels and tiles, of either way
  const auto worth = static_cast<std::int64_t>(gemm.operations() / kOperationsWorthThread);
  const std::int64_t threads = threads_worth(worth, 1);
  if (threads == 1) return whole(gemm);
  return gemm.columns > gemm.rows ? by_columns(gemm, threads, kPanelColumns) : by_rows(gemm, threads, kGroupRows);
}

PairMemory pair_memory() {
  constexpr auto kLeft = kRowsOfBlock * kPairsOfBlock / 16, kRight = kColumnsOfBlock * kPairsOfBlock / 16;
  thread_local std::vector<PairLine> memory;
  if (memory.empty()) memory.resize(kLeft + kRight);
  return {memory[0].words, memory[kLeft].words};
}

bool detect_bfloat16_units() {
  return vectorised::units() == vectorised::Units::kAvx512 && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512bf16");
}

/// Linux keeps the tiles' 8 kB for each thread of processes that have asked for them.
bool may_use_tiles() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

/// Not every compiler knows their names.
bool processor_has_tiles() {
  constexpr unsigned kLeaf = 7, kTilesOfBfloat16 = 1U << 22U, kTiles = 1U << 24U;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(kLeaf, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  return (edx & kTilesOfBfloat16) != 0 && (edx & kTiles) != 0;
}

bool detect_bfloat16_tiles() { return has_bfloat16_units() && processor_has_tiles() && may_use_tiles(); }

using MultiplyPairs = decltype(multiply_pairs_avx512);

void multiply_in_parts(const Gemm& gemm, const float* a, const float* b, float* c, MultiplyPairs* multiply_pairs) {
  for_each_part(gemm, cut_for_pairs(gemm),
                [=](const GemmPart& part) { multiply_pairs(gemm, part, a, b, c, pair_memory()); });
}
#endif

}  // namespace

#ifdef MLR3LIBTORCH_DISPATCH
bool has_bfloat16_units() {
  static const bool detected = detect_bfloat16_units();
  return detected;
}

bool has_bfloat16_tiles() {
  static const bool detected = detect_bfloat16_tiles();
  return detected;
}

void multiply_by_tiles(const Gemm& gemm, const float* a, const float* b, float* c) {
  multiply_in_parts(gemm, a, b, c, multiply_pairs_amx);
}

void multiply_by_units(const Gemm& gemm, const float* a, const float* b, float* c) {
  multiply_in_parts(gemm, a, b, c, multiply_pairs_avx512);
}
#else
bool has_bfloat16_units() { return false; }
bool has_bfloat16_tiles() { return false; }
void multiply_by_tiles(const Gemm& gemm, const float* a, const float* b, float* c) { multiply_rounded(gemm, a, b, c); }
void multiply_by_units(const Gemm& gemm, const float* a, const float* b, float* c) { multiply_rounded(gemm, a, b, c); }
#endif

void multiply_rounded(const Gemm& gemm, const float* a, const float* b, float* c) {
  thread_local std::vector<float> left, right, turned;
  const float* const rounded_left = rounded(a, gemm.rows * gemm.depth, left);
  const float* rounded_right = rounded(b, gemm.depth * gemm.columns, right);
  if (gemm.transpose_b) {
    if (turned.size() < right.size()) turned.resize(right.size());
    transpose_matrix(rounded_right, gemm.depth, gemm.columns, gemm.depth, turned.data(), gemm.columns);
    rounded_right = turned.data();
  }
  multiply_in_order({gemm.transpose_a, false, gemm.rows, gemm.columns, gemm.depth, gemm.adds}, rounded_left,
                    rounded_right, c);
}

void multiply_bfloat16(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (has_bfloat16_tiles()) return multiply_by_tiles(gemm, a, b, c);
  if (has_bfloat16_units()) return multiply_by_units(gemm, a, b, c);
  multiply_rounded(gemm, a, b, c);
}

}  // namespace mlr3libtorch::kernel
