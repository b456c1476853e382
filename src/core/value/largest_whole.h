#pragma once

namespace mlr3libtorch::value {

/// Up to here, every whole number is exact as a double.
inline constexpr double kLargestWhole = 9007199254740992.0;

}  // namespace mlr3libtorch::value
