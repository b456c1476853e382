#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlr3libtorch::data {

/// What a network is trained on or asked about: rows lie in dimension 0 of every tensor.
struct Dataset {
  /// The network's inputs, in the order of `x`.
  std::vector<std::string> names;
  /// x[i]: [rows, ...].
  std::vector<at::Tensor> x;
  /// [rows, ...]; undefined where there is no target.
  at::Tensor y;
  /// [rows] float32, what each row weighs in the loss; undefined where all weigh the same.
  at::Tensor weights = {};

  /// Refuses a dataset without inputs, with nameless inputs, or with tensors of different numbers of rows.
  void validate() const;
  /// 0 where there are no inputs.
  std::int64_t rows() const;
};

/// Some rows of a dataset.
struct Batch {
  /// x[i]: [rows of the batch, ...], in the order of `Dataset::names`.
  std::vector<at::Tensor> x;
  /// [rows of the batch, ...]; undefined where the dataset has no target.
  at::Tensor y;
  /// [rows of the batch]; undefined where the dataset has no weights.
  at::Tensor weights;
  /// [rows of the batch] int64: which rows of the dataset these are, from 0.
  at::Tensor index;
  /// Whether x, y and weights lie in the dataset's memory.
  bool is_view = false;

  /// Makes x and y copies where they are views, so that whoever writes to them changes this batch and nothing else.
  void own();
  std::int64_t rows() const { return index.defined() ? index.size(0) : 0; }
};

/// Refuses a target of classification that holds what is not a class: numbers from `classes` on, or, where two classes
/// are told by a number, what is not between 0 and 1. Negative class numbers are the loss's to judge, which may ignore
/// some. Nothing is refused where `classes` is 0.
void check_target(const at::Tensor& y, std::int64_t classes);

}  // namespace mlr3libtorch::data
