#include "core/kernel/tiles.h"

namespace mlr3libtorch::kernel {

void multiply_avx2(const Gemm& gemm, const GemmPart& part, const float* a, const float* b, float* c,
                   const TileMemory& memory) {
  multiply_tiled(gemm, part, a, b, c, memory);
}

}  // namespace mlr3libtorch::kernel
