#include "core/score/confusion.h"

#include <array>
#include <cmath>

#include "core/score/score.h"

namespace mlr3libtorch::score {

Confusion count(const Prediction& prediction) {
  std::array<double, 4> cells{};
  for (std::int64_t row = 0; row < prediction.rows; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const auto cell = 2 * prediction.predicted_class[i] + prediction.true_class[i];
    cells[static_cast<std::size_t>(cell)] += prediction.weight(row);
  }
  return {cells[0], cells[1], cells[2], cells[3]};
}

namespace {

/// Not defined if the whole is 0.
std::optional<double> share(double part, double whole) {
  if (std::abs(whole) < 1.5e-8) return std::nullopt;
  return part / whole;
}

template <double Confusion::*cell>
std::optional<double> cell_of(const Prediction& prediction) {
  return count(prediction).*cell;
}

template <double Confusion::*part, double (Confusion::*whole)() const>
std::optional<double> rate(const Prediction& prediction) {
  const auto confusion = count(prediction);
  return share(confusion.*part, (confusion.*whole)());
}

std::optional<double> diagnostic_odds_ratio(const Prediction& prediction) {
  const auto confusion = count(prediction);
  return share(confusion.true_positive * confusion.true_negative, confusion.false_positive * confusion.false_negative);
}

class FBeta : public Score {
 public:
  explicit FBeta(double beta) : weight_(beta * beta) {}

  std::optional<double> of(const Prediction& prediction) const override {
    const auto confusion = count(prediction);
    const bool is_undefined =
        confusion.true_positive == 0 && (confusion.false_positive == 0 || confusion.false_negative == 0);
    if (is_undefined) return std::nullopt;
    const double part = (1 + weight_) * confusion.true_positive;
    return part / (part + weight_ * confusion.false_negative + confusion.false_positive);
  }

 private:
  double weight_;
};

value::Description two_classes(const char* label, const char* doc) {
  return {label, doc, {}, {"classif", "twoclass", "weights"}};
}

using C = Confusion;
const char* const kTruePositiveRate = "TP / (TP + FN).";
const char* const kPrecision = "TP / (TP + FP).";
const char* const kTrueNegativeRate = "TN / (FP + TN).";

const ScoreRegistration confusion_registrations[] = {
    {"tp", two_classes("True positives", "TP, their number."), cell_of<&C::true_positive>},
    {"fp", two_classes("False positives", "FP, their number."), cell_of<&C::false_positive>},
    {"fn", two_classes("False negatives", "FN, their number."), cell_of<&C::false_negative>},
    {"tn", two_classes("True negatives", "TN, their number."), cell_of<&C::true_negative>},
    {"tpr", two_classes("True positive rate", kTruePositiveRate), rate<&C::true_positive, &C::positive>},
    {"recall", two_classes("Recall", kTruePositiveRate), rate<&C::true_positive, &C::positive>},
    {"sensitivity", two_classes("Sensitivity", kTruePositiveRate), rate<&C::true_positive, &C::positive>},
    {"fnr", two_classes("False negative rate", "FN / (TP + FN)."), rate<&C::false_negative, &C::positive>},
    {"tnr", two_classes("True negative rate", kTrueNegativeRate), rate<&C::true_negative, &C::negative>},
    {"specificity", two_classes("Specificity", kTrueNegativeRate), rate<&C::true_negative, &C::negative>},
    {"fpr", two_classes("False positive rate", "FP / (FP + TN)."), rate<&C::false_positive, &C::negative>},
    {"ppv", two_classes("Positive predictive value", kPrecision), rate<&C::true_positive, &C::predicted_positive>},
    {"precision", two_classes("Precision", kPrecision), rate<&C::true_positive, &C::predicted_positive>},
    {"fdr", two_classes("False discovery rate", "FP / (TP + FP)."), rate<&C::false_positive, &C::predicted_positive>},
    {"npv", two_classes("Negative predictive value", "TN / (FN + TN)."),
     rate<&C::true_negative, &C::predicted_negative>},
    {"fomr", two_classes("False omission rate", "FN / (FN + TN)."), rate<&C::false_negative, &C::predicted_negative>},
    {"dor", two_classes("Diagnostic odds ratio", "TP TN / (FP FN)."), diagnostic_odds_ratio},
};

const ScoreRegistration f_beta_registration("fbeta(float beta=1.) -> ()",
                                            {"F score",
                                             "(1 + beta^2) TP / ((1 + beta^2) TP + beta^2 FN + FP).",
                                             {{"beta", "How much recall counts compared with precision.", 0}},
                                             {"classif", "twoclass", "weights"}},
                                            [](const value::Arguments& arguments) {
                                              return std::make_unique<FBeta>(arguments.get<double>("beta"));
                                            });

}  // namespace
}  // namespace mlr3libtorch::score
