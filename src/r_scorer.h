#pragma once

#include "core/train/scorer.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// Hands predictions to R functions of (y_hat, index); NULL for a pass whose scores nobody wants.
class RScorer : public train::Scorer {
 public:
  RScorer(SEXP score_train, SEXP score_valid) : score_train_(score_train), score_valid_(score_valid) {}

  bool wants_train() const override { return !score_train_.isNULL(); }
  bool wants_valid() const override { return !score_valid_.isNULL(); }
  void score_train(const train::Predictions& predictions) override { call(score_train_, predictions); }
  void score_valid(const train::Predictions& predictions) override { call(score_valid_, predictions); }

 private:
  static void call(const Rcpp::RObject& function, const train::Predictions& predictions);

  Rcpp::RObject score_train_;
  Rcpp::RObject score_valid_;
};

}  // namespace mlr3libtorch::glue
