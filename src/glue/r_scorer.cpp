#include "glue/r_scorer.h"

#include <ATen/ops/add.h>

#include <algorithm>

#include "glue/convert.h"
#include "glue/score_board.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {

PassScorer::PassScorer(SEXP request) {
  if (Rf_isNull(request)) return;
  const auto list = to_list(request, "scores");
  ids_ = to_strings(list_element(list, "ids", "scores"), "ids");
  const Rcpp::RObject board = list_element(list, "board", "scores");
  if (!board.isNULL()) board_ = BoardHandle::share(board);
  function_ = list_element(list, "fn", "scores");
}

score::NamedScores PassScorer::score(const train::Predictions& predictions) const {
  score::NamedScores scores;
  if (board_) scores = board_->compute(predictions.y_hat, predictions.index);
  if (!function_.isNULL()) add_from_r(predictions, scores);
  const auto place = [&](const auto& entry) { return std::find(ids_.begin(), ids_.end(), entry.first); };
  std::sort(scores.begin(), scores.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return scores;
}

void PassScorer::add_from_r(const train::Predictions& predictions, score::NamedScores& scores) const {
  const Rcpp::Shield<SEXP> y_hat(wrap_tensor(predictions.y_hat));
  const Rcpp::Shield<SEXP> rows(wrap_tensor(at::add(predictions.index, 1)));
  const Rcpp::Shield<SEXP> call(Rf_lang3(function_, y_hat, rows));
  const Rcpp::Shield<SEXP> result(Rcpp::Rcpp_fast_eval(call, R_GlobalEnv));
  const auto more = to_scores(result, "the scores of measures");
  scores.insert(scores.end(), more.begin(), more.end());
}

}  // namespace mlr3libtorch::glue
