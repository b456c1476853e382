#include "r_scorer.h"

#include <ATen/ops/add.h>

#include "tensor_handle.h"

namespace mlr3libtorch::glue {

void RScorer::call(const Rcpp::RObject& function, const train::Predictions& predictions) {
  const Rcpp::Shield<SEXP> y_hat(wrap_tensor(predictions.y_hat));
  const Rcpp::Shield<SEXP> rows(wrap_tensor(at::add(predictions.index, 1)));
  const Rcpp::Shield<SEXP> call(Rf_lang3(function, y_hat, rows));
  Rcpp::Rcpp_fast_eval(call, R_GlobalEnv);
}

}  // namespace mlr3libtorch::glue
