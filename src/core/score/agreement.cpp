#include <algorithm>
#include <cmath>
#include <vector>

#include "core/score/mean.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {
namespace {

std::optional<double> accuracy(const Prediction& prediction) {
  const auto* truth = prediction.true_class.data();
  const auto* response = prediction.predicted_class.data();
  return weighted_mean(prediction, [=](std::int64_t row) { return truth[row] == response[row] ? 1.0 : 0.0; });
}

std::optional<double> error(const Prediction& prediction) {
  const auto* truth = prediction.true_class.data();
  const auto* response = prediction.predicted_class.data();
  return weighted_mean(prediction, [=](std::int64_t row) { return truth[row] == response[row] ? 0.0 : 1.0; });
}

/// The weight of each class in the truth, in the predictions, and where both agree.
struct ClassTotals {
  explicit ClassTotals(const Prediction& prediction)
      : truth(static_cast<std::size_t>(prediction.classes)), predicted(truth.size()), right(truth.size()) {
    for (std::int64_t row = 0; row < prediction.rows; ++row) {
      const auto i = static_cast<std::size_t>(row);
      const auto number = static_cast<std::size_t>(prediction.true_class[i]);
      const auto response = static_cast<std::size_t>(prediction.predicted_class[i]);
      truth[number] += prediction.weight(row);
      predicted[response] += prediction.weight(row);
      if (number == response) right[number] += prediction.weight(row);
    }
  }

  std::vector<double> truth, predicted, right;
};

/// The mean of the classes' accuracies; a class without rows does not count.
std::optional<double> balanced_accuracy(const Prediction& prediction) {
  const ClassTotals totals(prediction);
  double sum = 0;
  double classes = 0;
  for (std::size_t k = 0; k < totals.truth.size(); ++k) {
    if (totals.truth[k] == 0) continue;
    sum += totals.right[k] / totals.truth[k];
    ++classes;
  }
  return sum / classes;
}

double dot(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

bool is_constant(const std::vector<double>& totals) {
  return std::count_if(totals.begin(), totals.end(), [](double total) { return total != 0; }) <= 1;
}

/// The correlation of true and predicted classes; 0 if one of them is constant.
std::optional<double> matthews_correlation(const Prediction& prediction) {
  const ClassTotals totals(prediction);
  // which rounding would hide
  if (is_constant(totals.truth) || is_constant(totals.predicted)) return 0.0;
  const std::vector<double> ones(totals.right.size(), 1.0);
  const double all = dot(totals.truth, ones);
  const double numerator = dot(totals.right, ones) * all - dot(totals.predicted, totals.truth);
  const double spread =
      (all * all - dot(totals.predicted, totals.predicted)) * (all * all - dot(totals.truth, totals.truth));
  return numerator / std::sqrt(spread);
}

value::Description classification(const char* label, const char* doc) {
  return {label, doc, {}, {"classif", "weights"}};
}

const ScoreRegistration agreement_registrations[] = {
    {"acc", classification("Accuracy", "The share of rows whose class is predicted."), accuracy},
    {"ce", classification("Classification error", "The share of rows whose class is not predicted."), error},
    {"bacc", classification("Balanced accuracy", "The mean of the classes' accuracies."), balanced_accuracy},
    {"mcc", classification("Matthews correlation", "The correlation of true and predicted classes."),
     matthews_correlation},
};

}  // namespace
}  // namespace mlr3libtorch::score
