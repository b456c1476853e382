#pragma once

#include <ATen/core/Tensor.h>

#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// An R object of class `torch_tensor` that keeps `tensor` alive.
/// R's collector is run when handles keep much more memory than after its last run, since it sees only the pointers.
SEXP wrap_tensor(at::Tensor tensor);

/// NULL for a tensor that is not there.
SEXP wrap_tensor_or_null(const at::Tensor& tensor);

/// The tensor behind a handle; an error of class "handle" for anything else and for a handle out of an R file.
at::Tensor& unwrap_tensor(SEXP handle);

/// Whether `value` is a handle that `unwrap_tensor()` accepts.
bool is_tensor_handle(SEXP value);

/// Bytes of the storages that living handles keep, each storage counted once.
double held_bytes();

}  // namespace mlr3libtorch::glue
