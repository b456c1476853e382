#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/score/named_scores.h"
#include "core/score/outputs.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {

/// The truth of all rows of a dataset, in its order.
struct Truth {
  /// For classification: the number of classes, and the rows' class numbers from 0. For regression there are none.
  std::int64_t classes = 0;
  std::vector<std::int64_t> numbers = {};
  /// For regression.
  std::vector<double> values = {};
  /// How much each row counts; empty if all count 1.
  std::vector<double> weights = {};

  std::int64_t rows() const { return static_cast<std::int64_t>(classes > 0 ? numbers.size() : values.size()); }
};

/// A score under the name that callbacks see.
struct Entry {
  std::string id;
  std::unique_ptr<Score> score;
  /// Its value if it is not defined.
  double undefined;
  /// Whether the rows' weights count.
  bool is_weighted = false;
};

/// Computes the scores of one dataset each time they are due, in memory that is reused.
class Board {
 public:
  /// Refuses class numbers and weights that do not fit the rows.
  Board(Truth truth, NumberOutputs outputs, std::vector<Entry> entries);

  /// y_hat: [n, outputs]; index: [n] int64, their rows. All scores are NaN unless all of y_hat is finite.
  NamedScores compute(const at::Tensor& y_hat, const at::Tensor& index);

 private:
  void select_truth(const at::Tensor& index);
  double grade(const Entry& entry);

  Truth truth_;
  NumberOutputs outputs_;
  std::vector<Entry> entries_;
  Needs needs_ = Needs::kResponse;
  Prediction prediction_;
  std::vector<double> weights_;
};

}  // namespace mlr3libtorch::score
