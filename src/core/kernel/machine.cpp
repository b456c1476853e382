#include "core/kernel/machine.h"

#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {

std::string vector_units() {
#ifdef MLR3LIBTORCH_DISPATCH
  if (vectorised::units() == vectorised::Units::kAvx512) return "AVX-512";
  if (vectorised::units() == vectorised::Units::kAvx2) return "AVX2";
#endif
  return "baseline";
}

}  // namespace mlr3libtorch::kernel
