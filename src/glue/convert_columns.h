#pragma once

#include <vector>

#include "core/data/columns.h"
#include <Rcpp.h>

/// Columns of a data.frame as the core reads them, and what it has found out about them.
namespace mlr3libtorch::glue {

/// A named list of vectors, whose memory the result borrows. `in_codes`: for each column, whether a factor is to be
/// kept in codes; none for NULL. Refuses columns of other types.
std::vector<data::Column> to_columns(const Rcpp::List& values, SEXP in_codes);

/// list(low, high, missing, infinite): a number for each column.
Rcpp::List facts_to_r(const std::vector<data::ColumnFacts>& facts);

}  // namespace mlr3libtorch::glue
