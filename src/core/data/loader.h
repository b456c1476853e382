#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "core/data/dataset.h"
#include "core/data/sampler.h"

namespace mlr3libtorch::data {

struct LoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;
  /// Leaves out a last batch that is smaller than the others.
  bool drop_last = false;
  /// Gives the order of each epoch, instead of `shuffle`.
  std::shared_ptr<Sampler> sampler = nullptr;
};

/// Where a loader stands in its epoch; with the generator's state this is all that a resumed run needs.
struct LoaderState {
  /// int64: the order in which this epoch visits the rows; a permutation of them unless a sampler gave it.
  at::Tensor order;
  /// Batches already given out in this epoch.
  std::int64_t position = 0;
};

/// Deals a dataset out in batches.
/// A batch's tensors are views of the dataset where the rows are visited as they lie, and copies of its rows else.
class Loader {
 public:
  /// `generator` may be undefined without shuffling. Refuses a batch size below 1 and options that leave no batch.
  Loader(Dataset dataset, const LoaderOptions& options, at::Generator generator = {});

  /// Starts again with the first batch, in a new order where rows are shuffled or sampled.
  void begin_epoch();
  /// Loads the next batch; false after the last one. Reuses the memory of `batch` where nobody else holds it.
  bool next(Batch& batch);

  /// Batches of this epoch.
  std::int64_t size() const noexcept { return size_; }
  std::int64_t rows() const { return dataset_.rows(); }
  const Dataset& dataset() const noexcept { return dataset_; }
  const LoaderOptions& options() const noexcept { return options_; }

  /// A view of the live order: copy it to keep it.
  LoaderState state() const { return {order_, position_}; }
  /// Refuses an order that this loader cannot have had and a position outside of the epoch.
  void check_state(const LoaderState& state) const;
  void load_state(const LoaderState& state);

 private:
  bool is_sequential() const { return !options_.shuffle && options_.sampler == nullptr; }
  void set_order(at::Tensor order);
  void load_view(Batch& batch, std::int64_t first, std::int64_t rows) const;
  void load_copy(Batch& batch) const;

  Dataset dataset_;
  LoaderOptions options_;
  std::shared_ptr<Sampler> sampler_;
  std::int64_t size_ = 0;
  at::Tensor order_;
  std::int64_t position_ = 0;
};

}  // namespace mlr3libtorch::data
