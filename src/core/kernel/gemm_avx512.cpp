#include "core/kernel/tiles.h"

namespace mlr3libtorch::kernel {

void multiply_avx512(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                     const TileMemory& memory) {
  multiply_tiled(gemm, part, a, b, c, memory);
}

void multiply_strided_avx512(const StridedGemm& gemm, const float* a, const float* b, float* c) {
  multiply_apart(gemm, a, b, c);
}

void multiply_lines_avx512(const LinesGemm& gemm, const float* a, const float* b, float* c) {
  multiply_with_lines(gemm, a, b, c);
}

}  // namespace mlr3libtorch::kernel
