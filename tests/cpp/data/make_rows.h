#pragma once

#include <ATen/ATen.h>

#include "core/data/dataset.h"

namespace mlr3libtorch::test {

/// x: 0, 1, 2, ... in rows of three; y: the number of each row.
inline data::Dataset make_rows(std::int64_t rows) {
  data::Dataset dataset;
  dataset.names = {"x"};
  dataset.x = {at::arange(rows * 3, at::kFloat).reshape({rows, 3})};
  dataset.y = at::arange(rows, at::kFloat).reshape({rows, 1});
  return dataset;
}

}  // namespace mlr3libtorch::test
