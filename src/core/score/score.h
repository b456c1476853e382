#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "core/score/prediction.h"
#include "core/value/registry.h"

namespace mlr3libtorch::score {

/// Scores predictions: a measure of mlr3, computed in the core with the same definition.
class Score {
 public:
  virtual ~Score() = default;
  /// Nothing if the score is not defined for the prediction, such as a rate of no rows.
  /// The prediction has at least one row, and all its numbers are finite.
  virtual std::optional<double> of(const Prediction& prediction) const = 0;
  virtual Needs needs() const { return Needs::kResponse; }
};

/// An entry's name is that of mlr3's measure without the task type: "acc" is "classif.acc".
/// Its tags are the task type, "twoclass" if the measure is for two classes only, and "weights" if rows may have them.
using ScoreRegistry = value::Registry<Score>;
ScoreRegistry& scores();

using Formula = std::optional<double> (*)(const Prediction&);

/// A score that is a formula without settings.
class FormulaScore : public Score {
 public:
  FormulaScore(Formula formula, Needs needs) : formula_(formula), needs_(needs) {}
  std::optional<double> of(const Prediction& prediction) const override { return formula_(prediction); }
  Needs needs() const override { return needs_; }

 private:
  Formula formula_;
  Needs needs_;
};

/// A file that implements scores holds these at namespace scope.
struct ScoreRegistration {
  ScoreRegistration(const char* schema, value::Description description, ScoreRegistry::Factory factory) {
    scores().add(schema, std::move(description), std::move(factory));
  }
  ScoreRegistration(const char* name, value::Description description, Formula formula, Needs needs = Needs::kResponse);
};

}  // namespace mlr3libtorch::score
