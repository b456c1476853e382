#pragma once

#include <c10/util/Exception.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "core/kernel/kernel.h"

namespace mlr3libtorch::network {

/// The class number at a position of an input of either kind.
inline std::int64_t class_at(const kernel::Input& input, std::int64_t place, std::int64_t classes) {
  const auto number = input.numbers == nullptr ? static_cast<std::int64_t>(input.values[place]) : input.numbers[place];
  TORCH_CHECK(number >= 0 && number < classes, "a class number is not one of the ", classes, " classes.");
  return number;
}

/// The row of a table for a class number. The columns share all rows, or, if `counts` are given, each has its own rows
/// after those of the column before.
class TableRows {
 public:
  TableRows(std::int64_t rows, std::vector<std::int64_t> counts)
      : rows_(rows), counts_(std::move(counts)), firsts_(counts_.size(), 0) {
    if (!counts_.empty()) std::partial_sum(counts_.begin(), counts_.end() - 1, firsts_.begin() + 1);
  }

  bool are_shared() const { return counts_.empty(); }
  std::int64_t size() const { return rows_; }
  const std::vector<std::int64_t>& counts() const { return counts_; }
  const std::vector<std::int64_t>& firsts() const { return firsts_; }

  std::int64_t row_at(const kernel::Input& input, std::int64_t place) const {
    if (are_shared()) return class_at(input, place, rows_);
    const auto column = static_cast<std::size_t>(place) % counts_.size();
    return firsts_[column] + class_at(input, place, counts_[column]);
  }

 private:
  std::int64_t rows_;
  std::vector<std::int64_t> counts_;
  std::vector<std::int64_t> firsts_;
};

}  // namespace mlr3libtorch::network
