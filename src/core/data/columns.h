#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/base/interrupt.h"

namespace mlr3libtorch::data {

/// One feature as a plain buffer that somebody else owns.
struct Column {
  enum class Kind {
    kDouble,   ///< double; missing is NaN
    kInteger,  ///< int32; missing is INT32_MIN
    kLogical,  ///< int32: 0, 1, or INT32_MIN for missing
    kFactor,   ///< int32: 1..levels, or INT32_MIN for missing
  };

  std::string name;
  Kind kind = Kind::kDouble;
  const void* data = nullptr;
  std::int64_t length = 0;
  /// Only for `kFactor`.
  std::int64_t levels = 0;

  /// The number of its columns in the tensor: one, or one for each level.
  std::int64_t width() const { return kind == Kind::kFactor ? levels : 1; }
};

/// The smallest and the largest of a column's numbers; low is above high if there are none.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

/// Writes `columns` side by side into columns `first`, `first + 1`, … of `target`; factors become one-hot.
/// target: [length of each column, p] float32, contiguous, on the CPU.
/// Missing values are an error of kind "missing_values", values that float32 has no finite number for are one of kind
/// "infinite_values"; both name the features and count the values. The target is then filled, but must not be used.
/// Returns the range of each column as it was before float32; a factor's is that of its indicators, from 0 to 1.
std::vector<Range> fill_columns(const std::vector<Column>& columns, std::int64_t first, at::Tensor& target,
                                base::Interrupt& interrupt);

}  // namespace mlr3libtorch::data
