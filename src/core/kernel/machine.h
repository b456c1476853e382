#pragma once

#include <string>

namespace mlr3libtorch::kernel {

/// The vector units that the loops of this process use: "AVX-512", "AVX2", or "baseline" for those that every processor
/// of this kind has.
std::string vector_units();

}  // namespace mlr3libtorch::kernel
