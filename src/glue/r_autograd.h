#pragma once

#include <ATen/core/Tensor.h>

#include <Rcpp.h>

#include <vector>

/// A step of a calculation whose derivative is an R function.
namespace mlr3libtorch::glue {

/// Records that `outputs` were computed from `inputs` and that `backward`, a function of one gradient (or NULL) for
/// each output, returns a list of one gradient (or NULL) for each input, or one string that says why it failed. Returns
/// the outputs, which share their memory with those that are given. R/tensor_autograd_function.R calls it.
std::vector<at::Tensor> record_function(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& outputs,
                                        SEXP backward);

}  // namespace mlr3libtorch::glue
