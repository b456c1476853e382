#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

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

/// A batch with these rows of a source, in the epoch with this number.
inline data::Batch read_rows(data::Source& source, const std::vector<std::int64_t>& index, std::size_t inputs = 1,
                             std::uint64_t draw = 0) {
  data::Batch batch;
  batch.index = at::tensor(index, at::kLong);
  batch.draw = draw;
  batch.x.resize(inputs);
  batch.codes.resize(inputs);
  source.read(batch);
  return batch;
}

}  // namespace mlr3libtorch::test
