#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/data/source.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// Rows that an R function reads: list(rows, read), where `read` takes positions from 1 and returns list(x, y), x named
/// like the network's inputs.
std::shared_ptr<data::Source> to_source(SEXP value, const std::vector<std::string>& names);

}  // namespace mlr3libtorch::glue
