#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "core/base/interrupt.h"
#include "core/data/dataset.h"
#include "core/data/prefetcher.h"
#include "core/data/sampler.h"
#include "core/data/sharing.h"

namespace mlr3libtorch::data {

struct LoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;
  /// Leaves out a last batch that is smaller than the others.
  bool drop_last = false;
  /// Gives the order of each epoch, instead of `shuffle`, and perhaps its batches, instead of the sizes here.
  std::shared_ptr<Sampler> sampler = nullptr;
  /// Leaves out a last batch of one row, unless it is the epoch's only one or all batches are that small.
  bool drop_lone_last = false;
  /// Threads that read batches ahead, if the dataset has a source that allows it; with 0, the loop reads them.
  int workers = 0;
  /// Of a dataset with a source, only this worker's share of each batch is read.
  Sharing sharing = {};
  /// [rows] int64: how long each row is. Defined, rows are shuffled such that those of a batch have similar lengths.
  at::Tensor lengths = {};
};

/// The position of a loader in its epoch; a resumed run needs only this and the generator's state.
/// Counted in rows, so that a run that goes on with another batch size still visits each row of the order once.
struct LoaderState {
  /// int64: the order in which this epoch visits the rows; a permutation of them unless a sampler gave it.
  at::Tensor order;
  /// The rows of the order that this epoch has used, and in how many batches.
  std::int64_t rows = 0;
  std::int64_t batches = 0;
  /// The epoch's random number, see `Batch::draw`.
  std::uint64_t draw = 0;
  /// Where the epoch's batches end, see `EpochOrder`.
  at::Tensor ends = {};
};

/// Divides a dataset into batches.
/// A batch's tensors are views of the dataset if the rows are visited as they lie, else copies of its rows, or what the
/// dataset's source has read.
class Loader {
 public:
  /// `generator` is for shuffling and random sources. Refuses a batch size below 1 and options that leave no batch.
  Loader(Dataset dataset, const LoaderOptions& options, at::Generator generator = {});

  /// Starts again with the first batch, in a new order if rows are shuffled or sampled, and with a new number if the
  /// dataset's source is random.
  void begin_epoch();
  bool has_next() const noexcept { return batches_given_ < size_; }
  /// Loads the next batch; false after the last one. Reuses the memory of `batch` if nobody else holds it. The
  /// interrupt is polled while a batch is waited for.
  bool next(Batch& batch, base::Interrupt& interrupt);
  bool next(Batch& batch);

  /// Batches of this epoch; 0 before a sampler, which decides it, was called.
  std::int64_t size() const noexcept { return size_; }
  /// Rows of this epoch's order; 0 before a sampler was called.
  std::int64_t order_length() const { return order_.defined() ? order_.size(0) : 0; }
  /// The rows of the order that this epoch has used.
  std::int64_t rows_given() const noexcept { return rows_given_; }
  /// Of the dataset.
  std::int64_t rows() const { return dataset_.rows(); }
  const Dataset& dataset() const noexcept { return dataset_; }
  const LoaderOptions& options() const noexcept { return options_; }

  /// A view of the live order: copy it to keep it.
  LoaderState state() const { return {order_, rows_given_, batches_given_, draw_, ends_}; }
  /// Refuses an order that this loader cannot have had and a position outside of the epoch.
  void check_state(const LoaderState& state) const;
  void load_state(const LoaderState& state);

 private:
  bool is_sequential() const { return !options_.shuffle && options_.sampler == nullptr; }
  void start(const LoaderState& state, bool is_in_place);
  std::int64_t rows_of_next() const;
  void load(Batch& batch, const at::Tensor& index);
  void load_view(Batch& batch, std::int64_t first, std::int64_t rows) const;
  void load_copy(Batch& batch);
  void gather(const at::Tensor& source, const at::Tensor& index, at::Tensor& target);
  void load_read(Batch& batch, const at::Tensor& index, base::Interrupt& interrupt);
  void begin_reading();
  std::uint64_t draw_for_epoch() const;

  Dataset dataset_;
  LoaderOptions options_;
  at::Generator generator_;
  std::shared_ptr<Sampler> sampler_;
  std::int64_t size_ = 0;
  at::Tensor order_;
  at::Tensor ends_;
  at::Tensor device_order_;   // the same on the device of the dataset; undefined if that is the CPU, or not used yet
  bool is_in_place_ = false;  // whether the order is that in which the rows lie
  std::int64_t rows_given_ = 0;
  std::int64_t batches_given_ = 0;
  std::uint64_t draw_ = 0;
  bool is_reading_ = false;  // whether the source and the threads know this order
  std::unique_ptr<Prefetcher> prefetcher_;
};

}  // namespace mlr3libtorch::data
