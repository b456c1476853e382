#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace mlr3libtorch::kernel {

/// How a short row stands for a long one that is nearly all zeros. A column of the short row is a number of the long
/// one, or the code of a factor: which of its indicators in the long row is 1, counted from 0.
class Coding {
 public:
  struct Number {
    std::int64_t column;    // of the short row
    std::int64_t position;  // in the long one
  };
  struct Factor {
    std::int64_t column;
    std::int64_t first;  // position of its first indicator
    std::int64_t levels;
  };

  /// `levels`: of each column's factor; 0 for a number.
  explicit Coding(std::vector<std::int64_t> levels) : levels_(std::move(levels)) {
    for (std::int64_t column = 0; column < columns(); ++column) {
      const auto count = levels_[static_cast<std::size_t>(column)];
      if (count == 0) {
        numbers_.push_back({column, width_});
      } else {
        factors_.push_back({column, width_, count});
      }
      width_ += count == 0 ? 1 : count;
    }
  }

  /// Of the short row.
  std::int64_t columns() const { return static_cast<std::int64_t>(levels_.size()); }
  /// As given to the constructor.
  const std::vector<std::int64_t>& levels() const { return levels_; }
  /// Of the long one.
  std::int64_t width() const { return width_; }
  const std::vector<Number>& numbers() const { return numbers_; }
  const std::vector<Factor>& factors() const { return factors_; }

 private:
  std::vector<std::int64_t> levels_;
  std::int64_t width_ = 0;
  std::vector<Number> numbers_;
  std::vector<Factor> factors_;
};

}  // namespace mlr3libtorch::kernel
