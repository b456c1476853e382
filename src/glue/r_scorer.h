#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/score/board.h"
#include "core/train/scorer.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// The scores of a pass: the core's, and those that an R function of (y_hat, index) returns as a named list.
class PassScorer {
 public:
  /// list(ids, board, fn), board and fn may be NULL; NULL if nobody wants scores.
  explicit PassScorer(SEXP request);

  bool wants() const { return !ids_.empty(); }
  /// In the order of the ids.
  score::NamedScores score(const train::Predictions& predictions) const;

 private:
  void add_from_r(const train::Predictions& predictions, score::NamedScores& scores) const;

  std::vector<std::string> ids_;
  std::shared_ptr<score::Board> board_;
  Rcpp::RObject function_;
};

class RScorer : public train::Scorer {
 public:
  RScorer(SEXP train, SEXP valid) : train_(train), valid_(valid) {}

  bool wants_train() const override { return train_.wants(); }
  bool wants_valid() const override { return valid_.wants(); }
  score::NamedScores score_train(const train::Predictions& predictions) override { return train_.score(predictions); }
  score::NamedScores score_valid(const train::Predictions& predictions) override { return valid_.score(predictions); }

 private:
  PassScorer train_;
  PassScorer valid_;
};

}  // namespace mlr3libtorch::glue
