#pragma once

#include <ATen/core/Tensor.h>

#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// Whether these are the package bit64's integers, which R takes for doubles.
bool is_integer64(SEXP data);

/// A tensor with the elements and dimensions of an R vector, matrix or array, in row-major order; always a copy.
/// dtype: NULL (float32 for numeric, int64 for integer, bool for logical, uint8 for raw, complex64 for complex, int64
/// for bit64's integer64) or a name. A number that the dtype cannot hold, or NA if it has none, is an error of class
/// "argument".
at::Tensor tensor_from_r(SEXP data, SEXP dtype, SEXP device);

/// The elements as R holds them: a vector for at most one dimension, else an array.
/// int64 is integer if all elements fit, else numeric; beyond 2^53 it is an error of class "tensor".
SEXP tensor_to_r(const at::Tensor& tensor);

/// What print shows: at most `lines` lines of elements, then the type, shape and gradient state of the whole.
std::string tensor_text(const at::Tensor& tensor, std::int64_t lines);

}  // namespace mlr3libtorch::glue
