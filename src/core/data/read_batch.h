#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/sharing.h"

namespace mlr3libtorch::data {

/// Fills `batch` with the rows `index` of a dataset that has a source, on whatever thread this is, and refuses what
/// does not look like the dataset's example. `draw`: the epoch's number. Memory of the batch is used again.
void read_batch(const Dataset& dataset, const at::Tensor& index, std::uint64_t draw, Batch& batch);

/// A dataset of what a source reads, whose example is the source's first row. `names`: of its inputs. Throws what the
/// source throws, and an error of kind "no_rows" if it has none.
Dataset dataset_of(std::vector<std::string> names, std::shared_ptr<Source> source);

/// The part of a batch's rows that this worker reads.
at::Tensor share_of(const at::Tensor& index, const Sharing& sharing);

/// Rows of a tensor that a dataset may lack.
void gather_or_reset(const at::Tensor& source, const at::Tensor& index, at::Tensor& target);

}  // namespace mlr3libtorch::data
