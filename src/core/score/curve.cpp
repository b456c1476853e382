#include <cmath>
#include <vector>

#include "core/score/ranking.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {
namespace {

bool is_positive(const Prediction& prediction, std::int64_t row) {
  return prediction.true_class[static_cast<std::size_t>(row)] == 0;
}

std::optional<double> area_under_roc(const Prediction& prediction) {
  const double area = area_under_curve(
      prediction.probability_of(0), prediction.rows,
      [&](std::int64_t row) { return is_positive(prediction, row) ? prediction.weight(row) : 0.0; },
      [&](std::int64_t row) { return is_positive(prediction, row) ? 0.0 : prediction.weight(row); });
  if (std::isnan(area)) return std::nullopt;
  return area;
}

/// The integral of precision over recall between two thresholds, where false positives grow in proportion to true ones.
/// Counts are shares of all positives; precision at recall r is then r / (slope r + offset).
double area_between(double recall_before, double recall, double false_before, double false_after) {
  const double step = recall - recall_before;
  if (step == 0) return 0;
  const double growth = (false_after - false_before) / step;
  const double slope = 1 + growth;
  const double offset = false_before - growth * recall_before;
  if (offset == 0) return step / slope;
  const double logs = std::log(slope * recall + offset) - std::log(slope * recall_before + offset);
  return (step - offset / slope * logs) / slope;
}

std::optional<double> area_under_precision_recall(const Prediction& prediction) {
  std::vector<Tie> rising;
  for_each_tie(
      prediction.probability_of(0), prediction.rows,
      [&](std::int64_t row) { return is_positive(prediction, row) ? 1.0 : 0.0; },
      [&](std::int64_t row) { return is_positive(prediction, row) ? 0.0 : 1.0; },
      [&](const Tie& tie) { rising.push_back(tie); });
  double positives = 0;
  for (const auto& tie : rising) positives += tie.positive;
  if (positives == 0 || positives == static_cast<double>(prediction.rows)) return std::nullopt;
  double area = 0;
  double recall = 0;
  double false_share = 0;
  for (auto tie = rising.rbegin(); tie != rising.rend(); ++tie) {
    const double next_recall = recall + tie->positive / positives;
    const double next_false = false_share + tie->negative / positives;
    area += area_between(recall, next_recall, false_share, next_false);
    recall = next_recall;
    false_share = next_false;
  }
  return area;
}

const ScoreRegistration curve_registrations[] = {
    {"auc",
     {"Area under the ROC curve",
      "The probability that a positive row is ranked above a negative one, ties counting half.",
      {},
      {"classif", "twoclass", "weights"}},
     area_under_roc,
     Needs::kProbabilities},
    {"prauc",
     {"Area under the precision-recall curve",
      "The integral of precision over recall, false positives interpolated.",
      {},
      {"classif", "twoclass"}},
     area_under_precision_recall,
     Needs::kProbabilities},
};

}  // namespace
}  // namespace mlr3libtorch::score
