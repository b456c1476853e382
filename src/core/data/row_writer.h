#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/data/mapped_source.h"

namespace mlr3libtorch::data {

/// Writes rows of a table into a tensor as a recipe says.
class RowWriter {
 public:
  /// `columns`: of the table.
  RowWriter(const TableRecipe& recipe, std::int64_t columns);

  at::ScalarType dtype() const { return is_classes_ ? at::kLong : at::kFloat; }
  /// Of a tensor of so many rows.
  std::vector<std::int64_t> sizes(std::int64_t rows) const;
  /// Elements of a row.
  std::int64_t width() const noexcept { return width_; }
  /// `out`: the beginning of a row in a tensor of `dtype()`.
  void write(const float* row, void* out) const;

 private:
  /// Neighbouring numbers.
  struct Run {
    std::int64_t column;
    std::int64_t position;
    std::int64_t count;
  };
  struct Factor {
    TableRecipe::Part part;
    std::int64_t position;
  };

  void add(const TableRecipe::Part& part);
  void add_number(std::int64_t column);
  void write_factor(const Factor& factor, const float* row, float* out) const;

  std::vector<Run> runs_;
  std::vector<Factor> factors_;
  std::vector<std::int64_t> shape_;
  std::int64_t width_ = 0;
  bool is_classes_ = false;
};

}  // namespace mlr3libtorch::data
