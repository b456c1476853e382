#include "core/score/board.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::score {
namespace {

void check(const Truth& truth) {
  const auto is_class = [&](std::int64_t number) { return number >= 0 && number < truth.classes; };
  if (!std::all_of(truth.numbers.begin(), truth.numbers.end(), is_class)) {
    throw base::ConfigError("A class number is not in 0 to " + std::to_string(truth.classes - 1) + ".");
  }
  if (!truth.weights.empty() && static_cast<std::int64_t>(truth.weights.size()) != truth.rows()) {
    throw base::ShapeError("There must be one weight for each row.");
  }
}

bool is_finite(const at::Tensor& y_hat) {
  // 0, or NaN
  return kernel::sum_elements(y_hat.numel(), [y = y_hat.data_ptr<float>()](std::int64_t i) { return y[i] * 0.0F; }) ==
         0;
}

template <class Number>
void select(const std::vector<Number>& from, const at::Tensor& index, std::vector<Number>& to) {
  const auto* rows = index.data_ptr<std::int64_t>();
  to.resize(from.empty() ? 0 : static_cast<std::size_t>(index.numel()));
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[static_cast<std::size_t>(rows[i])];
}

at::Tensor plain(const at::Tensor& tensor, at::ScalarType type) {
  const bool is_plain = tensor.device().is_cpu() && tensor.scalar_type() == type && tensor.is_contiguous();
  return is_plain ? tensor : tensor.detach().cpu().to(type).contiguous();
}

void check_rows(const at::Tensor& y_hat, const at::Tensor& index, std::int64_t rows) {
  if (y_hat.dim() == 0 || y_hat.size(0) != index.numel() || index.numel() == 0) {
    throw base::ShapeError("Scores need one row of outputs for each of their rows in the task.");
  }
  const auto* row = index.data_ptr<std::int64_t>();
  const auto is_row = [=](std::int64_t number) { return number >= 0 && number < rows; };
  if (!std::all_of(row, row + index.numel(), is_row)) {
    throw base::ShapeError("Scores were asked for rows that the task does not have.");
  }
}

}  // namespace

Board::Board(Truth truth, NumberOutputs outputs, std::vector<Entry> entries)
    : truth_(std::move(truth)), outputs_(std::move(outputs)), entries_(std::move(entries)) {
  check(truth_);
  for (const auto& entry : entries_) needs_ = std::max(needs_, entry.score->needs());
  prediction_.classes = truth_.classes;
}

NamedScores Board::compute(const at::Tensor& y_hat, const at::Tensor& index) {
  const auto outputs = plain(y_hat, at::kFloat);
  const auto rows = plain(index, at::kLong);
  check_rows(outputs, rows, truth_.rows());
  NamedScores scores;
  const bool is_prediction = is_finite(outputs);
  if (is_prediction) {
    prediction_.rows = rows.numel();
    select_truth(rows);
    if (truth_.classes > 0) {
      read_classes(outputs, needs_, prediction_);
    } else {
      read_numbers(outputs, outputs_, prediction_);
    }
  }
  for (const auto& entry : entries_) {
    scores.emplace_back(entry.id, is_prediction ? grade(entry) : std::numeric_limits<double>::quiet_NaN());
  }
  return scores;
}

void Board::select_truth(const at::Tensor& index) {
  select(truth_.numbers, index, prediction_.true_class);
  select(truth_.values, index, prediction_.truth);
  select(truth_.weights, index, weights_);
}

double Board::grade(const Entry& entry) {
  prediction_.weights = entry.is_weighted && !weights_.empty() ? weights_.data() : nullptr;
  return entry.score->of(prediction_).value_or(entry.undefined);
}

}  // namespace mlr3libtorch::score
