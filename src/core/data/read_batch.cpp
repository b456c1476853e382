#include "core/data/read_batch.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/base/error.h"
#include "core/data/gather.h"

namespace mlr3libtorch::data {

void gather_or_reset(const at::Tensor& source, const at::Tensor& index, at::Tensor& target) {
  if (source.defined()) {
    gather_rows(source, index, target);
  } else {
    target.reset();
  }
}

at::Tensor share_of(const at::Tensor& index, const Sharing& sharing) {
  const auto [first, rows] = sharing.of(index.size(0));
  return index.narrow(0, first, rows);
}

void read_batch(const Dataset& dataset, const at::Tensor& index, std::uint64_t draw, Batch& batch) {
  batch.index = index;
  batch.draw = draw;
  batch.x.resize(dataset.x.size());
  batch.codes.resize(dataset.codes.size());
  batch.expansions.clear();
  // It may be a tensor that others keep, unless the source says otherwise.
  batch.is_view = true;
  dataset.source->read(batch);
  check_read(batch, dataset);
  gather_or_reset(dataset.weights, index, batch.weights);
}

Dataset dataset_of(std::vector<std::string> names, std::shared_ptr<Source> source) {
  if (source->rows() == 0) throw base::Error("no_rows", "There are no rows to read.");
  Batch first;
  first.index = at::zeros({1}, at::kLong);
  first.x.resize(names.size());
  first.codes.resize(names.size());
  source->read(first);
  Dataset dataset{std::move(names), std::move(first.x), std::move(first.y)};
  dataset.codes = std::move(first.codes);
  dataset.source = std::move(source);
  return dataset;
}

}  // namespace mlr3libtorch::data
