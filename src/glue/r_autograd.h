#pragma once

#include <ATen/core/Tensor.h>

#include <Rcpp.h>

#include <vector>

/// A step of a calculation whose derivative is an R function.
namespace mlr3libtorch::glue {

/// Records that `outputs` were computed from `inputs` and that `backward`, a function of one gradient for each output,
/// NULL for one that has none, returns a list of one gradient (or NULL) for each input, or one string that says why it
/// failed. Returns the outputs, which share their memory with those that are given; an undefined one stays undefined,
/// and has no gradient. `is_changed`: which of them are inputs that were changed in place; these get the history and
/// are returned themselves. R/tensor_autograd_function.R calls it.
std::vector<at::Tensor> record_function(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& outputs,
                                        const std::vector<bool>& is_changed, SEXP backward);

/// Whether autograd leads from one of `outputs` to one of `weights` on a way that does not begin with `inputs`.
bool depends_on(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& weights,
                const std::vector<at::Tensor>& inputs);

/// Calls `hook` with the gradient of `tensor` whenever it is computed; it returns another gradient, NULL to leave it as
/// it is, or one string that says why it failed. Returns the hook's number.
unsigned add_gradient_hook(const at::Tensor& tensor, SEXP hook);

}  // namespace mlr3libtorch::glue
