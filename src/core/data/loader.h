#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/data/dataset.h"

namespace mlr3libtorch::data {

struct LoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;
  /// Leaves out a last batch that is smaller than the others.
  bool drop_last = false;
};

/// Where a loader stands in its epoch; with the generator's state this is all that a resumed run needs.
struct LoaderState {
  /// [rows] int64: the order in which this epoch visits the rows.
  at::Tensor order;
  /// Batches already given out in this epoch.
  std::int64_t position = 0;
};

/// Deals a dataset out in batches.
/// Without shuffling a batch's tensors are views of the dataset; with shuffling they are copies of its rows.
class Loader {
 public:
  /// `generator` may be undefined without shuffling. Refuses a batch size below 1 and options that leave no batch.
  Loader(Dataset dataset, const LoaderOptions& options, at::Generator generator = {});

  /// Starts again with the first batch. With shuffling, draws one permutation from the generator.
  void begin_epoch();
  /// Loads the next batch; false after the last one. Reuses the memory of `batch` where nobody else holds it.
  bool next(Batch& batch);

  /// Batches an epoch.
  std::int64_t size() const noexcept { return size_; }
  std::int64_t rows() const { return dataset_.rows(); }
  const Dataset& dataset() const noexcept { return dataset_; }
  const LoaderOptions& options() const noexcept { return options_; }

  /// A view of the live order: copy it to keep it.
  LoaderState state() const { return {order_, position_}; }
  /// Refuses an order that is no permutation of the rows and a position outside of the epoch.
  void load_state(const LoaderState& state);

 private:
  void load_view(Batch& batch, std::int64_t first, std::int64_t rows) const;
  void load_copy(Batch& batch) const;

  Dataset dataset_;
  LoaderOptions options_;
  at::Generator generator_;
  std::int64_t size_ = 0;
  at::Tensor order_;
  std::int64_t position_ = 0;
};

}  // namespace mlr3libtorch::data
