#include "core/train/collector.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

namespace mlr3libtorch::train {
namespace {

bool is_like(const at::Tensor& batch, const at::Tensor& memory) {
  return batch.scalar_type() == memory.scalar_type() && batch.device() == memory.device() &&
         batch.sizes().slice(1) == memory.sizes().slice(1);
}

bool is_plain(const at::Tensor& tensor) { return tensor.device().is_cpu() && tensor.is_contiguous(); }

}  // namespace

void RowBuffer::append(const at::Tensor& batch) {
  const auto rows = batch.size(0);
  make_room(batch);
  if (is_plain(batch) && batch.nbytes() > 0) {
    auto* to = static_cast<char*>(memory_.data_ptr());
    const auto row_bytes = batch.nbytes() / static_cast<std::size_t>(rows);
    std::memcpy(to + static_cast<std::size_t>(rows_) * row_bytes, batch.data_ptr(), batch.nbytes());
  } else {
    memory_.narrow(0, rows_, rows).copy_(batch.detach());
  }
  rows_ += rows;
}

void RowBuffer::clear() {
  rows_ = 0;
  if (memory_.defined() && memory_.storage().use_count() > 1) memory_.reset();
}

at::Tensor RowBuffer::filled() const { return memory_.narrow(0, 0, rows_); }

void RowBuffer::make_room(const at::Tensor& batch) {
  if (rows_ > 0) TORCH_CHECK(is_like(batch, memory_), "The network's outputs changed their shape within a pass.");
  const bool has_room = memory_.defined() && is_like(batch, memory_) && rows_ + batch.size(0) <= memory_.size(0);
  if (has_room) return;
  auto sizes = batch.sizes().vec();
  sizes.front() = std::max(rows_ + batch.size(0), 2 * rows_);
  const auto larger = at::empty(sizes, batch.options());
  if (rows_ > 0) larger.narrow(0, 0, rows_).copy_(filled());
  memory_ = larger;
}

void Collector::add(const at::Tensor& y_hat, const at::Tensor& index) {
  y_hat_.append(y_hat);
  index_.append(index);
}

void Collector::clear() {
  y_hat_.clear();
  index_.clear();
}

}  // namespace mlr3libtorch::train
