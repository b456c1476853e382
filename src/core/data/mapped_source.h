#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/data/mapped_table.h"
#include "core/data/source.h"
#include "core/kernel/coding.h"

namespace mlr3libtorch::data {

/// What an input of a network, or the target, is made of.
struct TableRecipe {
  enum class Kind {
    kNumber,      ///< the number
    kIndicators,  ///< a number for each level of the factor: 1 for its code, 0 for the others
    kCode,        ///< the code as a number
    kClass,       ///< the code, or the number of a logical, as int64; then all parts are of this kind
    kFirst,       ///< 1 for the first level, 0 for others
    kZero,        ///< 0, of no column
  };
  struct Part {
    Kind kind = Kind::kNumber;
    std::int64_t column = 0;
    /// What each code of the file is called here, from 0; empty if they are the same. Below `levels`, or negative for
    /// a code that no row has.
    std::vector<std::int64_t> codes = {};
    std::int64_t levels = 0;
  };

  std::vector<Part> parts;
  /// Of a row; -1 stands for the parts' width, and an empty shape for a single number.
  std::vector<std::int64_t> shape = {-1};
  /// Of an input in codes.
  std::shared_ptr<const kernel::Coding> coding = nullptr;
};

/// Some rows of a mapped table, which are copied into batches by any number of threads.
/// `positions`: [m] int64, where each row lies; undefined for all rows as they lie. `target`: the parts of y; without
/// any, y is gathered from `targets`, [m, ...], or is undefined.
/// Refuses columns that the table does not have. What is missing in the rows must have been refused before.
std::shared_ptr<Source> mapped_source(std::shared_ptr<const MappedTable> table, at::Tensor positions,
                                      const std::vector<TableRecipe>& inputs, const TableRecipe& target,
                                      at::Tensor targets);

}  // namespace mlr3libtorch::data
