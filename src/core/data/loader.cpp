#include "core/data/loader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/data/gather.h"

namespace mlr3libtorch::data {
namespace {

std::int64_t count_batches(std::int64_t rows, const LoaderOptions& options) {
  if (options.batch_size < 1) {
    throw base::ConfigError("The batch size must be at least 1, not " + std::to_string(options.batch_size) + ".",
                            {{"batch_size", options.batch_size}});
  }
  if (rows == 0) throw base::Error("no_rows", "There are no rows to make batches of.");
  if (!options.drop_last) return (rows - 1) / options.batch_size + 1;
  if (rows >= options.batch_size) return rows / options.batch_size;
  throw base::ConfigError("'drop_last' leaves no batch: there are " + std::to_string(rows) +
                              " rows and the batch size is " + std::to_string(options.batch_size) + ".",
                          {{"rows", rows}, {"batch_size", options.batch_size}});
}

at::TensorOptions index_options() { return at::TensorOptions().dtype(at::kLong); }

void check_permutation(const at::Tensor& order, std::int64_t rows) {
  const bool is_index = order.defined() && order.scalar_type() == at::kLong && order.dim() == 1;
  if (!is_index || order.size(0) != rows) {
    throw base::Error("state", "The loader's order must be an int64 tensor with one element for each of its rows.");
  }
  std::vector<bool> seen(static_cast<std::size_t>(rows), false);
  const auto values = order.contiguous();
  const auto* row = values.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) {
    const bool fits = row[i] >= 0 && row[i] < rows && !seen[static_cast<std::size_t>(row[i])];
    if (!fits) throw base::Error("state", "The loader's order is no permutation of its rows.");
    seen[static_cast<std::size_t>(row[i])] = true;
  }
}

}  // namespace

Loader::Loader(Dataset dataset, const LoaderOptions& options, at::Generator generator)
    : dataset_(std::move(dataset)), options_(options), generator_(std::move(generator)) {
  dataset_.validate();
  size_ = count_batches(dataset_.rows(), options_);
  order_ = at::arange(dataset_.rows(), index_options());
}

void Loader::begin_epoch() {
  position_ = 0;
  if (!options_.shuffle) return;
  // A fresh tensor: a batch of the last epoch that somebody kept still views the old order.
  order_ =
      generator_.defined() ? at::randperm(rows(), generator_, index_options()) : at::randperm(rows(), index_options());
}

bool Loader::next(Batch& batch) {
  if (position_ >= size_) return false;
  const auto first = position_ * options_.batch_size;
  const auto rows = std::min(options_.batch_size, dataset_.rows() - first);
  batch.index = order_.narrow(0, first, rows);
  batch.x.resize(dataset_.x.size());
  if (options_.shuffle) {
    load_copy(batch);
  } else {
    load_view(batch, first, rows);
  }
  ++position_;
  return true;
}

void Loader::load_view(Batch& batch, std::int64_t first, std::int64_t rows) const {
  for (std::size_t i = 0; i < dataset_.x.size(); ++i) batch.x[i] = dataset_.x[i].narrow(0, first, rows);
  batch.y = dataset_.y.defined() ? dataset_.y.narrow(0, first, rows) : at::Tensor();
}

void Loader::load_copy(Batch& batch) const {
  for (std::size_t i = 0; i < dataset_.x.size(); ++i) gather_rows(dataset_.x[i], batch.index, batch.x[i]);
  if (dataset_.y.defined()) {
    gather_rows(dataset_.y, batch.index, batch.y);
  } else {
    batch.y = at::Tensor();
  }
}

void Loader::load_state(const LoaderState& state) {
  check_permutation(state.order, rows());
  if (state.position < 0 || state.position > size_) {
    throw base::Error("state", "The loader's position lies outside of the epoch.");
  }
  order_ = state.order.clone();
  position_ = state.position;
}

}  // namespace mlr3libtorch::data
