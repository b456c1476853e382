#pragma once

#include <memory>
#include <utility>

#include "core/parallel/exchange.h"
#include "core/train/scorer.h"

namespace mlr3libtorch::train {

/// The scores of a run that is spread over workers: the first one computes them, all of them have them.
class SharedScorer : public Scorer {
 public:
  /// `own`: of the first worker; of the others, it only says what is wanted.
  SharedScorer(Scorer& own, std::shared_ptr<parallel::Exchange> exchange, base::Interrupt& interrupt)
      : own_(own), exchange_(std::move(exchange)), interrupt_(interrupt) {}

  bool wants_train() const override { return own_.wants_train(); }
  bool wants_valid() const override { return own_.wants_valid(); }
  score::NamedScores score_train(const Predictions& predictions) override;
  score::NamedScores score_valid(const Predictions& predictions) override;

 private:
  bool leads() const { return exchange_->rank() == 0; }
  score::NamedScores shared(const score::NamedScores& scores);

  Scorer& own_;
  std::shared_ptr<parallel::Exchange> exchange_;
  base::Interrupt& interrupt_;
};

}  // namespace mlr3libtorch::train
