#pragma once

#include <ATen/core/Tensor.h>

#include <Rcpp.h>

/// Parts of tensors by R's brackets. Several vectors choose a block, as in R.
namespace mlr3libtorch::glue {

/// What stands between the brackets: values, R's missing argument for an empty place, NULL for a new dimension, the
/// name `..` for all dimensions that the others leave, and functions for slices.
/// `written` is the call `list(...)` with what was written for the dots, `frame` the environment that has the dots.
Rcpp::List bracket_indexes(SEXP written, SEXP frame);

/// A view where positions follow each other, a copy else. `drop` removes dimensions of which a single position is
/// taken.
at::Tensor tensor_part(const at::Tensor& x, const Rcpp::List& indexes, bool drop);

void set_tensor_part(at::Tensor& x, const Rcpp::List& indexes, const at::Tensor& value);

}  // namespace mlr3libtorch::glue
