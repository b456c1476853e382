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
  /// A factor's codes are written, from 0, instead of its indicators.
  bool in_codes = false;

  /// The number of its columns in the tensor: one, or one for each level.
  std::int64_t width() const { return kind == Kind::kFactor && !in_codes ? levels : 1; }
};

/// Facts about a column's values, found while they were converted.
struct ColumnFacts {
  /// The smallest and the largest number before it became float32; low is above high if there are none. A factor's are
  /// those of its indicators, 0 and 1.
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  std::int64_t missing = 0;
  /// Also numbers beyond the range of float32.
  std::int64_t infinite = 0;
};

/// Writes `columns` side by side into columns `first`, `first + 1`, … of `target`; factors become one-hot unless they
/// are to be `in_codes`.
/// target: [length of each column, p] float32, contiguous, on the CPU.
/// If there are missing or infinite values, the target is filled, but must not be used; see `check_values()`.
std::vector<ColumnFacts> fill_columns(const std::vector<Column>& columns, std::int64_t first, at::Tensor& target,
                                      base::Interrupt& interrupt);

/// Missing values are an error of kind "missing_values", infinite ones an error of kind "infinite_values"; both name
/// the columns and count the values. `facts`: those of each column in `names`, for all its rows.
void check_values(const std::vector<std::string>& names, const std::vector<ColumnFacts>& facts);

}  // namespace mlr3libtorch::data
