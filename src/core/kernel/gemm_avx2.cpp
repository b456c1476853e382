#include "core/kernel/tiles.h"

namespace mlr3libtorch::kernel {

void multiply_avx2(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                   const TileMemory& memory) {
  multiply_tiled(gemm, part, a, b, c, memory);
}

void multiply_strided_avx2(const StridedGemm& gemm, const float* a, const float* b, float* c) {
  multiply_apart(gemm, a, b, c);
}

void multiply_lines_avx2(const LinesGemm& gemm, const float* a, const float* b, float* c) {
  multiply_with_lines(gemm, a, b, c);
}

void transpose_avx2(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns, float* to,
                    std::int64_t to_stride) {
  transpose(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace mlr3libtorch::kernel
