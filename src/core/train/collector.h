#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/train/scorer.h"

namespace mlr3libtorch::train {

/// Rows that arrive batch by batch, in one tensor whose memory is used again for the next pass, unless somebody else
/// holds it.
class RowBuffer {
 public:
  /// A batch has the shape of those before it, except for the number of rows.
  void append(const at::Tensor& batch);
  void clear();
  std::int64_t rows() const { return rows_; }
  /// A view of all rows; they stay as they are while somebody holds it.
  at::Tensor filled() const;

 private:
  void make_room(const at::Tensor& batch);

  at::Tensor memory_;
  std::int64_t rows_ = 0;
};

/// Keeps the outputs of a pass.
class Collector {
 public:
  void add(const at::Tensor& y_hat, const at::Tensor& index);
  void clear();
  bool empty() const { return index_.rows() == 0; }
  /// Not of an empty one.
  Predictions predictions() const { return {y_hat_.filled(), index_.filled()}; }

 private:
  RowBuffer y_hat_;
  RowBuffer index_;
};

}  // namespace mlr3libtorch::train
