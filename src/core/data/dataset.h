#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/data/source.h"

namespace mlr3libtorch::data {

/// What a network is trained on or predicts: rows lie in dimension 0 of every tensor.
struct Dataset {
  /// The network's inputs, in the order of `x`.
  std::vector<std::string> names;
  /// x[i]: [rows, ...].
  std::vector<at::Tensor> x;
  /// [rows, ...]; undefined if there is no target.
  at::Tensor y;
  /// [rows] float32, the weight of each row in the loss; undefined if all are the same.
  at::Tensor weights = {};
  /// Reads the rows; then x and y are an example of them, whose types and shapes every batch has.
  std::shared_ptr<Source> source = nullptr;

  /// Refuses a dataset without inputs, with nameless inputs, or with tensors of different numbers of rows.
  void validate() const;
  /// 0 if there are no inputs.
  std::int64_t rows() const;
  /// The dataset itself, or the example if the rows are read.
  Dataset example() const;
};

/// Some rows of a dataset.
struct Batch {
  /// x[i]: [rows of the batch, ...], in the order of `Dataset::names`.
  std::vector<at::Tensor> x;
  /// [rows of the batch, ...]; undefined if the dataset has no target.
  at::Tensor y;
  /// [rows of the batch]; undefined if the dataset has no weights.
  at::Tensor weights;
  /// [rows of the batch] int64: which rows of the dataset these are, from 0.
  at::Tensor index;
  /// Whether x, y and weights lie in memory that is not the batch's own.
  bool is_view = false;

  /// Makes x and y copies if they are views, so that writing to them changes only this batch.
  void own();
  std::int64_t rows() const { return index.defined() ? index.size(0) : 0; }
};

/// Refuses a batch that was read and lacks rows, or whose tensors have other types or shapes than the dataset's
/// example.
void check_read(const Batch& batch, const Dataset& dataset);

/// Refuses a classification target with values that are not classes: numbers from `classes` on, or, if one number
/// stands for two classes, values outside of 0 to 1. The loss checks negative class numbers, since it may ignore
/// some. Nothing is refused if `classes` is 0.
void check_target(const at::Tensor& y, std::int64_t classes);

}  // namespace mlr3libtorch::data
