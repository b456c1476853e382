#include <algorithm>

#include "core/score/ranking.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {
namespace {

std::vector<double> class_counts(const Prediction& prediction) {
  std::vector<double> counts(static_cast<std::size_t>(prediction.classes));
  for (const auto number : prediction.true_class) ++counts[static_cast<std::size_t>(number)];
  return counts;
}

bool has_all_classes(const std::vector<double>& counts) {
  return std::find(counts.begin(), counts.end(), 0.0) == counts.end();
}

/// How well the probability of class `number` separates its rows from all others; 0 if there are no others.
double one_against_rest(const Prediction& prediction, std::int64_t number) {
  const auto* p = prediction.probability_of(number);
  const auto is_in = [&](std::int64_t row) { return prediction.true_class[static_cast<std::size_t>(row)] == number; };
  return area_under_curve(
      p, prediction.rows, [&](std::int64_t row) { return is_in(row) ? 1.0 : 0.0; },
      [&](std::int64_t row) { return is_in(row) ? 0.0 : 1.0; });
}

/// How well `value(row)` separates rows of class `i` from rows of class `j`.
template <class Value>
double one_against_one(const Prediction& prediction, std::int64_t i, std::int64_t j, const Value value) {
  std::vector<double> values;
  std::vector<double> is_first;
  for (std::int64_t row = 0; row < prediction.rows; ++row) {
    const auto number = prediction.true_class[static_cast<std::size_t>(row)];
    if (number != i && number != j) continue;
    values.push_back(value(row));
    is_first.push_back(number == i ? 1 : 0);
  }
  return area_under_curve(
      values.data(), static_cast<std::int64_t>(values.size()),
      [&](std::int64_t row) { return is_first[static_cast<std::size_t>(row)]; },
      [&](std::int64_t row) { return 1 - is_first[static_cast<std::size_t>(row)]; });
}

double one_against_one(const Prediction& prediction, std::int64_t i, std::int64_t j) {
  return one_against_one(prediction, i, j, [p = prediction.probability_of(i)](std::int64_t row) { return p[row]; });
}

/// The mean over classes of each against the rest. `shares`: the weight of each class.
double against_rest(const Prediction& prediction, const std::vector<double>& shares) {
  double sum = 0;
  for (std::int64_t k = 0; k < prediction.classes; ++k) {
    const double share = shares[static_cast<std::size_t>(k)];
    if (share > 0) sum += share * one_against_rest(prediction, k);
  }
  return sum;
}

std::vector<double> prior_shares(const std::vector<double>& counts, std::int64_t rows) {
  auto shares = counts;
  for (auto& share : shares) share /= static_cast<double>(rows);
  return shares;
}

std::optional<double> rest_uniform(const Prediction& prediction) {
  if (!has_all_classes(class_counts(prediction))) return std::nullopt;
  const auto classes = static_cast<std::size_t>(prediction.classes);
  return against_rest(prediction, std::vector<double>(classes, 1 / static_cast<double>(classes)));
}

std::optional<double> rest_by_prior(const Prediction& prediction) {
  const auto shares = prior_shares(class_counts(prediction), prediction.rows);
  // If one class has all rows, there is no rest.
  if (std::find(shares.begin(), shares.end(), 1.0) != shares.end()) return std::nullopt;
  return against_rest(prediction, shares);
}

std::optional<double> pairs_uniform(const Prediction& prediction) {
  if (!has_all_classes(class_counts(prediction))) return std::nullopt;
  double sum = 0;
  for (std::int64_t i = 0; i < prediction.classes; ++i) {
    for (std::int64_t j = 0; j < prediction.classes; ++j) {
      if (i != j) sum += one_against_one(prediction, i, j);
    }
  }
  return sum / static_cast<double>(prediction.classes * (prediction.classes - 1));
}

std::optional<double> pairs_by_prior(const Prediction& prediction) {
  const auto counts = class_counts(prediction);
  if (!has_all_classes(counts)) return std::nullopt;
  const auto shares = prior_shares(counts, prediction.rows);
  double sum = 0;
  for (std::int64_t i = 0; i < prediction.classes; ++i) {
    for (std::int64_t j = 0; j < prediction.classes; ++j) {
      if (i == j) continue;
      const double both = one_against_one(prediction, i, j) + one_against_one(prediction, j, i);
      sum += shares[static_cast<std::size_t>(i)] * both;
    }
  }
  return sum / static_cast<double>(2 * (prediction.classes - 1));
}

/// Rows of two classes are separated by the difference of their probabilities.
std::optional<double> pairs_by_difference(const Prediction& prediction) {
  if (!has_all_classes(class_counts(prediction))) return std::nullopt;
  double sum = 0;
  for (std::int64_t i = 0; i < prediction.classes; ++i) {
    for (std::int64_t j = i + 1; j < prediction.classes; ++j) {
      const auto* p = prediction.probability_of(i);
      const auto* q = prediction.probability_of(j);
      sum += one_against_one(prediction, i, j, [=](std::int64_t row) { return p[row] - q[row]; });
    }
  }
  const auto classes = static_cast<double>(prediction.classes);
  return sum / (classes * (classes - 1) / 2);
}

value::Description multiclass(const char* doc) { return {"Multiclass area under the ROC curve", doc, {}, {"classif"}}; }

const ScoreRegistration multiclass_curve_registrations[] = {
    {"mauc_aunu", multiclass("Each class against the rest; all classes count the same."), rest_uniform,
     Needs::kProbabilities},
    {"mauc_aunp", multiclass("Each class against the rest; classes count by their shares."), rest_by_prior,
     Needs::kProbabilities},
    {"mauc_au1u", multiclass("Each class against each other; all pairs count the same."), pairs_uniform,
     Needs::kProbabilities},
    {"mauc_au1p", multiclass("Each class against each other; classes count by their shares."), pairs_by_prior,
     Needs::kProbabilities},
    {"mauc_mu", multiclass("Each pair of classes by the difference of their probabilities."), pairs_by_difference,
     Needs::kProbabilities},
};

}  // namespace
}  // namespace mlr3libtorch::score
