#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

#include "core/base/interrupt.h"
#include "core/data/dataset.h"

namespace mlr3libtorch::data {

/// Of each column; the weight of a row counts as a number of rows.
struct Moments {
  std::vector<double> mean;
  /// The root of the mean squared distance from the mean; 1 for a column whose numbers are all the same, or differ by
  /// no more than float32's rounding.
  std::vector<double> deviation;
};

/// x: [rows, columns] float32, at least one row; weights: [rows] float32, or undefined. Sums are in double precision.
Moments column_moments(const at::Tensor& x, const at::Tensor& weights = {});

/// The same bits for one input of rows that a source reads, codes as they are; they are read twice. Refuses what is not
/// a matrix of float32 numbers.
Moments column_moments(const Dataset& dataset, std::size_t input, base::Interrupt& interrupt);

}  // namespace mlr3libtorch::data
