#pragma once

#include <ATen/core/Tensor.h>

#include <Rcpp.h>

#include <initializer_list>

/// Calls of R from C++, and functions of R that the core keeps as bytes.
namespace mlr3libtorch::glue {

/// An R condition unwinds as an exception that is not a std::exception.
Rcpp::RObject call_function(SEXP function, std::initializer_list<Rcpp::RObject> arguments);

/// The same for a function of this package, exported or not.
Rcpp::RObject call_package(const char* function, std::initializer_list<Rcpp::RObject> arguments);

/// What `function_data()` has written, as R can read it.
Rcpp::RawVector tensor_bytes(const at::Tensor& tensor);

}  // namespace mlr3libtorch::glue
