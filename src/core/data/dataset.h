#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/data/codes.h"
#include "core/data/source.h"

namespace mlr3libtorch::data {

/// What a network is trained on or predicts: rows lie in dimension 0 of every tensor.
struct Dataset {
  /// The network's inputs, in the order of `x`.
  std::vector<std::string> names;
  /// x[i]: [rows, ...]; undefined for an input in codes.
  std::vector<at::Tensor> x;
  /// [rows, ...]; undefined if there is no target.
  at::Tensor y;
  /// [rows] float32, the weight of each row in the loss; undefined if all are the same.
  at::Tensor weights = {};
  /// codes[i]: of input i; empty if no input comes in codes.
  std::vector<Codes> codes = {};
  /// Reads the rows; then x and y are an example of them, whose types and shapes every batch has.
  std::shared_ptr<Source> source = nullptr;

  /// The same on a device, where batches are then gathered. Rows that a source reads stay where they are read.
  Dataset on(const at::Device& device) const;
  /// Refuses a dataset without inputs, with nameless inputs, or with tensors of different numbers of rows.
  void validate() const;
  /// 0 if there are no inputs.
  std::int64_t rows() const;
  /// Of x and y; those of the example if the rows are read.
  std::int64_t rows_in_memory() const;
  /// The dataset itself, or the example if the rows are read.
  Dataset example() const;
};

/// Some rows of a dataset.
struct Batch {
  /// x[i]: [rows of the batch, ...], in the order of `Dataset::names`; for an input in codes, undefined before
  /// `expand()`.
  std::vector<at::Tensor> x;
  /// [rows of the batch, ...]; undefined if the dataset has no target.
  at::Tensor y;
  /// [rows of the batch]; undefined if the dataset has no weights.
  at::Tensor weights;
  /// [rows of the batch] int64: which rows of the dataset these are, from 0.
  at::Tensor index;
  /// Whether x, y and weights lie in memory that is not the batch's own.
  bool is_view = false;
  /// codes[i]: of the same rows of input i; empty if no input comes in codes.
  std::vector<Codes> codes = {};
  /// The epoch's random number, for a source that is random; 0 otherwise.
  std::uint64_t draw = 0;
  /// Of a worker's share of a larger batch: the number of its first row in that.
  std::int64_t first_row = 0;
  /// And what its loss counts in that batch's: the gradients of a training step are multiplied with it.
  double loss_share = 1;
  /// Whether only this worker's share of the rows was read: then x, codes and y have these, all else has all rows.
  bool is_share_read = false;

  /// Rows `first` up to `first + rows` of this batch, as views.
  Batch rows_from(std::int64_t first, std::int64_t rows) const;
  /// Makes x and y copies if they are views, so that writing to them changes only this batch.
  void own();
  /// Moves its tensors, except the index, to a device; on that device already, they stay as they are.
  void move_to(const at::Device& device);
  /// Makes the x of inputs in codes, for whoever wants to read or change them.
  void expand();
  /// Forgets the codes of inputs whose x has been replaced or written to.
  void drop_outdated_codes();
  std::int64_t rows() const { return index.defined() ? index.size(0) : 0; }

  /// What `expand()` has made, and its version then: LibTorch counts whenever a tensor is written to.
  struct Expansion {
    at::Tensor x;
    std::uint32_t version = 0;
  };
  std::vector<Expansion> expansions = {};
};

/// Refuses a batch that was read and lacks rows, or whose tensors have other types or shapes than the dataset's
/// example.
void check_read(const Batch& batch, const Dataset& dataset);

/// Refuses a classification target with values that are not classes: numbers from `classes` on, or, if one number
/// stands for two classes, values outside of 0 to 1. The loss checks negative class numbers, since it may ignore
/// some. Nothing is refused if `classes` is 0.
void check_target(const at::Tensor& y, std::int64_t classes);

}  // namespace mlr3libtorch::data
