#include "core/data/loader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/data/gather.h"
#include "core/data/length_grouped_sampler.h"
#include "core/data/read_batch.h"
#include "core/kernel/random_bits.h"

namespace mlr3libtorch::data {
namespace {

void check_options(std::int64_t rows, const LoaderOptions& options) {
  if (options.batch_size < 1) {
    throw base::ConfigError("The batch size must be at least 1, not " + std::to_string(options.batch_size) + ".",
                            {{"batch_size", options.batch_size}});
  }
  if (rows == 0) throw base::Error("no_rows", "There are no rows to make batches of.");
}

/// Batches of an epoch: those that have been used, and those of the rest of its order.
std::int64_t count_batches(const LoaderState& state, const LoaderOptions& options) {
  if (state.ends.defined()) return state.ends.size(0);
  const auto total = state.order.size(0);
  const auto left = total - state.rows;
  const auto last = left % options.batch_size;
  const auto full = left / options.batch_size;
  const bool is_lone = last == 1 && total > 1;
  const bool is_dropped = options.drop_last || (options.drop_lone_last && is_lone);
  return state.batches + full + (last > 0 && !is_dropped ? 1 : 0);
}

void check_leaves_a_batch(std::int64_t batches, std::int64_t rows, std::int64_t batch_size) {
  if (batches > 0) return;
  throw base::ConfigError("'drop_last' leaves no batch: there are " + std::to_string(rows) +
                              " rows and the batch size is " + std::to_string(batch_size) + ".",
                          {{"rows", rows}, {"batch_size", batch_size}});
}

bool is_index(const at::Tensor& x) { return x.defined() && x.scalar_type() == at::kLong && x.dim() == 1; }

void check_permutation(const at::Tensor& order, std::int64_t rows) {
  if (!is_index(order) || order.size(0) != rows) {
    throw base::Error("state",
                      "The loader's order must be an int64 tensor with one element for each of its rows. In the "
                      "middle of an epoch that a sampler has ordered, a run can only go on with a sampler.");
  }
  std::vector<bool> seen(static_cast<std::size_t>(rows), false);
  const auto values = order.contiguous();
  const auto* row = values.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) {
    const bool fits = row[i] >= 0 && row[i] < rows && !seen[static_cast<std::size_t>(row[i])];
    if (!fits) {
      throw base::Error("state",
                        "The loader's order is not a permutation of its rows. In the middle of an epoch that a "
                        "sampler has ordered, a run can only go on with a sampler.");
    }
    seen[static_cast<std::size_t>(row[i])] = true;
  }
}

/// The ends of batches in an order of `rows` rows.
void check_ends(const at::Tensor& ends, std::int64_t rows) {
  if (!ends.defined()) return;
  bool is_rising = is_index(ends) && ends.is_contiguous() && ends.size(0) > 0;
  std::int64_t last = 0;
  for (std::int64_t i = 0; is_rising && i < ends.size(0); ++i) {
    const auto end = ends.data_ptr<std::int64_t>()[i];
    is_rising = end > last;
    last = end;
  }
  if (is_rising && last == rows) return;
  throw base::Error("sampler", "A sampler's batches must have rows, and end with the last row of its order.");
}

bool is_end_of_batch(const LoaderState& state) {
  if (!state.ends.defined() || state.batches == 0) return true;
  return state.batches <= state.ends.size(0) && state.ends.data_ptr<std::int64_t>()[state.batches - 1] == state.rows;
}

/// A sampler's order: any of the rows, as often as it likes.
void check_sample(const EpochOrder& order, std::int64_t rows) {
  if (!is_index(order.rows)) throw base::Error("sampler", "A sampler must return an int64 tensor of one dimension.");
  if (order.rows.size(0) == 0)
    throw base::Error("sampler", "The sampler returned no rows; an epoch needs at least one batch.");
  const auto values = order.rows.contiguous();
  const auto* row = values.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    if (row[i] >= 0 && row[i] < rows) continue;
    throw base::Error("sampler",
                      "The sampler returned a position (element " + std::to_string(i + 1) + ") outside of the " +
                          std::to_string(rows) + " rows.",
                      {{"element", i + 1}, {"rows", rows}});
  }
  check_ends(order.ends, values.size(0));
}

}  // namespace

Loader::Loader(Dataset dataset, const LoaderOptions& options, at::Generator generator)
    : dataset_(std::move(dataset)), options_(options), generator_(std::move(generator)), sampler_(options.sampler) {
  dataset_.validate();
  check_options(rows(), options_);
  if (sampler_ != nullptr) return;
  if (options_.shuffle && options_.lengths.defined()) {
    sampler_ = std::make_shared<LengthGroupedSampler>(options_.lengths, options_.batch_size, generator_);
  } else {
    sampler_ = std::make_shared<Sampler>(options_.shuffle, generator_);
  }
  start({Sampler().order(rows()).rows}, is_sequential());
}

void Loader::begin_epoch() {
  // The order may be shuffled if a run goes on without shuffling.
  const bool keeps_order = is_sequential() && is_in_place_;
  // A new tensor: a batch of the last epoch that somebody kept may still view the old order.
  const auto order = keeps_order ? EpochOrder{order_} : sampler_->order(rows());
  if (options_.sampler != nullptr) check_sample(order, rows());
  start({order.rows, 0, 0, draw_for_epoch(), order.ends}, is_sequential());
}

/// Runs without a random source draw nothing, so that their bits do not depend on this.
std::uint64_t Loader::draw_for_epoch() const {
  return dataset_.source != nullptr && dataset_.source->is_random() ? kernel::random_bits(generator_) : 0;
}

void Loader::start(const LoaderState& state, bool is_in_place) {
  size_ = count_batches(state, options_);
  check_leaves_a_batch(size_, state.order.size(0), options_.batch_size);
  order_ = state.order;
  ends_ = state.ends;
  device_order_.reset();
  is_in_place_ = is_in_place;
  rows_given_ = state.rows;
  batches_given_ = state.batches;
  draw_ = state.draw;
  is_reading_ = false;
}

std::int64_t Loader::rows_of_next() const {
  if (ends_.defined()) return ends_.data_ptr<std::int64_t>()[batches_given_] - rows_given_;
  return std::min(options_.batch_size, order_.size(0) - rows_given_);
}

bool Loader::next(Batch& batch) {
  base::Interrupt none;
  return next(batch, none);
}

bool Loader::next(Batch& batch, base::Interrupt& interrupt) {
  if (!has_next()) return false;
  const auto rows = rows_of_next();
  const auto index = order_.narrow(0, rows_given_, rows);
  if (dataset_.source != nullptr) {
    load_read(batch, index, interrupt);
  } else {
    load(batch, index);
  }
  rows_given_ += rows;
  ++batches_given_;
  return true;
}

void Loader::load(Batch& batch, const at::Tensor& index) {
  batch.index = index;
  batch.x.resize(dataset_.x.size());
  batch.codes.resize(dataset_.codes.size());
  batch.expansions.clear();
  batch.is_view = is_in_place_;
  if (is_in_place_) {
    load_view(batch, rows_given_, index.size(0));
  } else {
    load_copy(batch);
  }
}

void Loader::load_view(Batch& batch, std::int64_t first, std::int64_t rows) const {
  for (std::size_t i = 0; i < dataset_.x.size(); ++i) batch.x[i] = view_rows(dataset_.x[i], first, rows);
  for (std::size_t i = 0; i < dataset_.codes.size(); ++i) {
    const auto& codes = dataset_.codes[i];
    batch.codes[i] = codes.defined() ? codes.rows(first, rows) : Codes{};
  }
  batch.y = view_rows(dataset_.y, first, rows);
  batch.weights = view_rows(dataset_.weights, first, rows);
}

void Loader::load_copy(Batch& batch) {
  for (std::size_t i = 0; i < dataset_.x.size(); ++i) gather(dataset_.x[i], batch.index, batch.x[i]);
  for (std::size_t i = 0; i < dataset_.codes.size(); ++i) {
    batch.codes[i].coding = dataset_.codes[i].coding;
    gather(dataset_.codes[i].values, batch.index, batch.codes[i].values);
  }
  gather(dataset_.y, batch.index, batch.y);
  gather(dataset_.weights, batch.index, batch.weights);
}

/// A copy of each batch's row numbers to a device would wait for it in each step, so the whole order is copied once.
void Loader::gather(const at::Tensor& source, const at::Tensor& index, at::Tensor& target) {
  if (!source.defined() || source.device().is_cpu()) return gather_or_reset(source, index, target);
  if (!device_order_.defined() || device_order_.device() != source.device()) device_order_ = order_.to(source.device());
  target = source.index_select(0, device_order_.narrow(0, rows_given_, index.size(0)));
}

void Loader::load_read(Batch& batch, const at::Tensor& index, base::Interrupt& interrupt) {
  if (!is_reading_) begin_reading();
  if (prefetcher_ != nullptr) {
    prefetcher_->next(batch, interrupt);
  } else {
    read_batch(dataset_, share_of(index, options_.sharing), draw_, batch);
  }
  batch.is_share_read = options_.sharing.divides(index.size(0));
  if (!batch.is_share_read) return;
  batch.index = index;
  gather_or_reset(dataset_.weights, index, batch.weights);
}

void Loader::begin_reading() {
  auto& source = *dataset_.source;
  source.expect(is_in_place_ ? RowOrder::kAsTheyLie : RowOrder::kAnyOrder);
  if (options_.workers > 0 && source.is_concurrent()) {
    if (prefetcher_ == nullptr) prefetcher_ = std::make_unique<Prefetcher>(dataset_, options_.workers);
    const auto left = size_ - batches_given_;
    const auto ends = ends_.defined() ? ends_.narrow(0, batches_given_, left) : at::Tensor();
    prefetcher_->begin({order_, ends, rows_given_, options_.batch_size, left, draw_, options_.sharing});
  }
  is_reading_ = true;
}

void Loader::check_state(const LoaderState& state) const {
  if (options_.sampler == nullptr) {
    check_permutation(state.order, rows());
  } else {
    check_sample({state.order}, rows());
  }
  check_ends(state.ends, state.order.size(0));
  const bool is_inside = state.rows >= 0 && state.rows <= state.order.size(0);
  const bool is_counted = state.batches >= 0 && state.batches <= state.rows && (state.batches > 0) == (state.rows > 0);
  if (!is_inside || !is_counted || !is_end_of_batch(state))
    throw base::Error("state", "The loader's position lies outside of the epoch.");
}

void Loader::load_state(const LoaderState& state) {
  check_state(state);
  auto order = state.order.clone();
  const bool is_in_place = is_sequential() && at::equal(order, Sampler().order(rows()).rows);
  start({std::move(order), state.rows, state.batches, state.draw, state.ends}, is_in_place);
}

}  // namespace mlr3libtorch::data
