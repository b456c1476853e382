#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/data/source.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// What reads the rows of a dataset, whose inputs are called `names`. Either an R function does, list(rows, read,
/// is_random), where `read` takes positions from 1 and a number that all randomness is to follow from, and returns
/// list(x, y), x named like the inputs; or a source of the core,
/// list(handle, inputs), where `inputs` are the names of what it reads, in its order.
std::shared_ptr<data::Source> to_source(SEXP value, const std::vector<std::string>& names);

}  // namespace mlr3libtorch::glue
