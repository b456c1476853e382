#pragma once

#include "core/score/board.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<score::Board> {
  static constexpr const char* kTag = "mlr3libtorch_board";
  static constexpr const char* kWhat = "score board";
  static constexpr const char* kRClass = "torch_board";
  static constexpr const char* kEnded = "The training that this score board belonged to has ended.";
};

using BoardHandle = Handle<score::Board>;

/// A named list of numbers.
Rcpp::List scores_to_r(const score::NamedScores& scores);
/// Its inverse; numbers may be missing. `what` names the list in errors.
score::NamedScores to_scores(SEXP value, const std::string& what);

}  // namespace mlr3libtorch::glue
