#include <algorithm>

#include "core/score/double_functions.h"
#include "core/score/mean.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {
namespace {

double squared(double x) { return x * x; }

/// Minus the mean log probability of the true class, kept `margin` away from 0 and 1.
class LogLoss : public Score {
 public:
  explicit LogLoss(double margin) : margin_(margin) {}

  Needs needs() const override { return Needs::kTrueProbability; }
  std::optional<double> of(const Prediction& prediction) const override {
    return -weighted_mean(prediction, [margin = margin_, p = prediction.true_probability.data()](std::int64_t row) {
      const double below_one = p[row] > 1 - margin ? 1 - margin : p[row];
      return logarithm(below_one < margin ? margin : below_one);
    });
  }

 private:
  double margin_;
};

std::optional<double> binary_brier(const Prediction& prediction) {
  return weighted_mean(prediction, [truth = prediction.true_class.data(), p = prediction.probability_of(0)](
                                       std::int64_t row) { return squared((truth[row] == 0 ? 1.0 : 0.0) - p[row]); });
}

std::optional<double> multiclass_brier(const Prediction& prediction) {
  return weighted_mean(prediction,
                       [rows = prediction.rows, classes = prediction.classes, truth = prediction.true_class.data(),
                        p = prediction.probabilities.data()](std::int64_t row) {
                         double sum = 0;
                         for (std::int64_t k = 0; k < classes; ++k)
                           sum += squared((truth[row] == k ? 1.0 : 0.0) - p[k * rows + row]);
                         return sum;
                       });
}

const ScoreRegistration log_loss_registration(
    "logloss(float eps=1e-15) -> ()",
    {"Log loss",
     "Minus the mean log probability of the true class.",
     {{"eps", "Probabilities below eps count as eps, those above 1 - eps as 1 - eps.", 0, 1}},
     {"classif", "weights"}},
    [](const value::Arguments& arguments) { return std::make_unique<LogLoss>(arguments.get<double>("eps")); });

const ScoreRegistration probability_registrations[] = {
    {"bbrier",
     {"Binary Brier score",
      "The mean squared difference of the positive class's probability from 1 if it is true, else from 0.",
      {},
      {"classif", "twoclass", "weights"}},
     binary_brier,
     Needs::kProbabilities},
    {"mbrier",
     {"Multiclass Brier score", "The same, summed over all classes.", {}, {"classif", "weights"}},
     multiclass_brier,
     Needs::kProbabilities},
};

}  // namespace
}  // namespace mlr3libtorch::score
