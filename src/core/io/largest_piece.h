#pragma once

#include <cstddef>

namespace mlr3libtorch::io {

/// How much a file is asked for in one call. Linux moves at most 2 GiB; with smaller pieces, signals also wait less.
inline constexpr std::size_t kLargestPiece = std::size_t{1} << 26;

}  // namespace mlr3libtorch::io
