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

/// What a sampler gave: any of the rows, as often as it likes.
void check_sample(const at::Tensor& order, std::int64_t rows) {
  const bool is_index = order.defined() && order.scalar_type() == at::kLong && order.dim() == 1;
  if (!is_index) throw base::Error("sampler", "A sampler must give an int64 tensor of one dimension.");
  if (order.size(0) == 0) throw base::Error("sampler", "The sampler gave no rows; an epoch needs at least one batch.");
  const auto values = order.contiguous();
  const auto* row = values.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    if (row[i] >= 0 && row[i] < rows) continue;
    throw base::Error("sampler",
                      "The sampler gave a position (element " + std::to_string(i + 1) + ") outside of the " +
                          std::to_string(rows) + " rows that there are.",
                      {{"element", i + 1}, {"rows", rows}});
  }
}

/// Rows of what the dataset may lack.
at::Tensor view_rows(const at::Tensor& source, std::int64_t first, std::int64_t rows) {
  return source.defined() ? source.narrow(0, first, rows) : source;
}

void copy_rows(const at::Tensor& source, const at::Tensor& index, at::Tensor& target) {
  if (source.defined()) {
    gather_rows(source, index, target);
  } else {
    target.reset();
  }
}

}  // namespace

Loader::Loader(Dataset dataset, const LoaderOptions& options, at::Generator generator)
    : dataset_(std::move(dataset)), options_(options), sampler_(options.sampler) {
  dataset_.validate();
  if (sampler_ == nullptr) sampler_ = std::make_shared<Sampler>(options_.shuffle, std::move(generator));
  set_order(Sampler().order(rows()));
}

void Loader::begin_epoch() {
  position_ = 0;
  if (is_sequential()) return;
  // A fresh tensor: a batch of the last epoch that somebody kept still views the old order.
  auto order = sampler_->order(rows());
  if (options_.sampler != nullptr) check_sample(order, rows());
  set_order(std::move(order));
}

void Loader::set_order(at::Tensor order) {
  size_ = count_batches(order.size(0), options_);
  order_ = std::move(order);
}

bool Loader::next(Batch& batch) {
  if (position_ >= size_) return false;
  const auto first = position_ * options_.batch_size;
  const auto rows = std::min(options_.batch_size, order_.size(0) - first);
  batch.index = order_.narrow(0, first, rows);
  batch.x.resize(dataset_.x.size());
  if (is_sequential()) {
    load_view(batch, first, rows);
  } else {
    load_copy(batch);
  }
  ++position_;
  return true;
}

void Loader::load_view(Batch& batch, std::int64_t first, std::int64_t rows) const {
  for (std::size_t i = 0; i < dataset_.x.size(); ++i) batch.x[i] = dataset_.x[i].narrow(0, first, rows);
  batch.y = view_rows(dataset_.y, first, rows);
  batch.weights = view_rows(dataset_.weights, first, rows);
}

void Loader::load_copy(Batch& batch) const {
  for (std::size_t i = 0; i < dataset_.x.size(); ++i) gather_rows(dataset_.x[i], batch.index, batch.x[i]);
  copy_rows(dataset_.y, batch.index, batch.y);
  copy_rows(dataset_.weights, batch.index, batch.weights);
}

void Loader::check_state(const LoaderState& state) const {
  if (options_.sampler == nullptr) {
    check_permutation(state.order, rows());
  } else {
    check_sample(state.order, rows());
  }
  if (state.position < 0 || state.position > count_batches(state.order.size(0), options_)) {
    throw base::Error("state", "The loader's position lies outside of the epoch.");
  }
}

void Loader::load_state(const LoaderState& state) {
  check_state(state);
  set_order(state.order.clone());
  position_ = state.position;
}

}  // namespace mlr3libtorch::data
