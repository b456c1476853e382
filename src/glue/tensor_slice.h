#pragma once

#include <ATen/core/Tensor.h>

#include <Rcpp.h>

#include <cstdint>
#include <string>

/// Ranges between R's brackets that no vector can say: `x[2:N]`, `x[1:10:2]`, `x[3:-2]`, where `N` is the size of the
/// dimension, a negative end counts from the end and a second colon gives the step.
namespace mlr3libtorch::glue {

bool is_slice(SEXP written);

/// Whether this is the name `N`, for which the caller has no number of their own.
bool means_last_position(SEXP written, SEXP frame);

/// A function of the size that gives start, end and step. `frame` is the environment of the method that has the dots;
/// where its caller has a number `N`, that is what `N` means.
Rcpp::Function slice_function(SEXP written, SEXP frame);

/// A view. In a trace, an end that was written as `N` or counted from the end stays the end.
at::Tensor take_slice(const at::Tensor& x, std::int64_t dim, const Rcpp::Function& slice, const std::string& what);

}  // namespace mlr3libtorch::glue
