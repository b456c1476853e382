#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/data/source.h"
#include "core/image/rows.h"

namespace mlr3libtorch::image {

/// One of a network's inputs: rows that are made when they are needed, or a tensor [rows, ...] in memory.
struct SourceInput {
  std::optional<LazyColumn> column = {};
  at::Tensor values = {};
};

/// A source of rows whose inputs are these. `targets`: [rows, ...]; may be undefined.
/// All have the same number of rows; there is at least one input.
std::shared_ptr<data::Source> column_source(std::vector<SourceInput> inputs, at::Tensor targets);

}  // namespace mlr3libtorch::image
