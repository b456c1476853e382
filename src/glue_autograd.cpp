// Gradients beyond those of one tensor, and what this LibTorch and machine can do.

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/operation_error.h"
#include "glue/r_autograd.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

/// NULL is a tensor that is not there.
std::vector<at::Tensor> tensors_or_none(SEXP list, const std::string& what) {
  std::vector<at::Tensor> tensors;
  for (const SEXP element : to_list(list, what)) {
    tensors.push_back(Rf_isNull(element) ? at::Tensor() : unwrap_tensor(element));
  }
  return tensors;
}

std::vector<at::Tensor> tensors_from(SEXP list, const std::string& what) {
  std::vector<at::Tensor> tensors;
  for (const SEXP element : to_list(list, what)) tensors.push_back(unwrap_tensor(element));
  return tensors;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_autograd_backward(SEXP tensors, SEXP gradients, SEXP retain_graph, SEXP create_graph) {
  return guard([&] {
    const auto roots = tensors_or_none(tensors, "tensors");
    const auto starts = tensors_or_none(gradients, "grad_tensors");
    const bool create = to_bool(create_graph, "create_graph");
    const bool retain = to_bool(retain_graph, "retain_graph");
    try {
      torch::autograd::backward(roots, starts, retain, create);
    } catch (const c10::Error& error) {
      if (is_out_of_memory(error)) throw;
      throw base::Error("tensor", "autograd_backward(): " + torch_message(error), {});
    }
    return R_NilValue;
  });
}

/// `is_changed`: list of TRUE and FALSE. record_function() tells what the arguments are.
// [[Rcpp::export(rng = false)]]
SEXP core_autograd_record(SEXP inputs, SEXP outputs, SEXP is_changed, SEXP backward) {
  return guard([&]() -> SEXP {
    if (!Rf_isFunction(backward)) throw base::Error("argument", "'backward' must be a function.", {});
    const auto results = tensors_or_none(outputs, "outputs");
    std::vector<bool> changed;
    for (const SEXP element : to_list(is_changed, "is_changed")) changed.push_back(to_bool(element, "is_changed"));
    if (changed.size() != results.size()) refuse_value("is_changed", "as many as 'outputs'", is_changed);
    const auto recorded = record_function(tensors_or_none(inputs, "inputs"), results, changed, backward);
    Rcpp::List result(static_cast<R_xlen_t>(recorded.size()));
    for (std::size_t i = 0; i < recorded.size(); ++i)
      result[static_cast<R_xlen_t>(i)] = wrap_tensor_or_null(recorded[i]);
    return result;
  });
}

/// Lists of tensors; see depends_on().
// [[Rcpp::export(rng = false)]]
SEXP core_depends_on(SEXP outputs, SEXP weights, SEXP inputs) {
  return guard([&] {
    return Rf_ScalarLogical(
        depends_on(tensors_from(outputs, "outputs"), tensors_from(weights, "weights"), tensors_from(inputs, "inputs")));
  });
}

/// add_gradient_hook() tells what `hook` is. Answers its number.
// [[Rcpp::export(rng = false)]]
SEXP core_gradient_hook(SEXP tensor, SEXP hook) {
  return guard([&]() -> SEXP {
    const auto& target = unwrap_tensor(tensor);
    if (!Rf_isFunction(hook)) refuse_value("hook", "a function", hook);
    if (!target.requires_grad()) {
      throw base::Error("tensor", "register_hook(): the tensor has no gradient; autograd does not track it.", {});
    }
    return Rf_ScalarInteger(static_cast<int>(add_gradient_hook(target, hook)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_gradient_hook_remove(SEXP tensor, SEXP number) {
  return guard([&] {
    const auto& target = unwrap_tensor(tensor);
    const auto position = to_int(number, "number");
    if (position < 0) refuse_value("number", "what core_gradient_hook() has returned", number);
    try {
      target.remove_hook(static_cast<unsigned>(position));
    } catch (const c10::Error& error) {
      throw base::Error("tensor", "remove(): " + torch_message(error), {});
    }
    return R_NilValue;
  });
}

/// Sets whether gradients that are NaN are errors that name their operation; answers what it was.
// [[Rcpp::export(rng = false)]]
SEXP core_anomaly_mode(SEXP enabled) {
  return guard([&] {
    const bool before = torch::autograd::AnomalyMode::is_enabled();
    torch::autograd::AnomalyMode::set_enabled(to_bool(enabled, "enabled"));
    return Rf_ScalarLogical(before);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_backends() {
  return guard([]() -> SEXP {
    const int devices = at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
    const int current = devices > 0 ? static_cast<int>(at::detail::getCUDAHooks().current_device()) : 0;
    return Rcpp::List::create(
        Rcpp::Named("cuda_devices") = devices, Rcpp::Named("cuda_device") = current,
        Rcpp::Named("cudnn") = at::Context::hasCuDNN(),
        Rcpp::Named("cudnn_version") = at::Context::hasCuDNN() ? static_cast<int>(at::Context::versionCuDNN()) : 0,
        Rcpp::Named("mkl") = at::hasMKL(), Rcpp::Named("mkldnn") = at::hasMKLDNN(), Rcpp::Named("mps") = at::hasMPS(),
        Rcpp::Named("openmp") = at::Context::hasOpenMP(),
        Rcpp::Named("interop_threads") = at::get_num_interop_threads());
  });
}
