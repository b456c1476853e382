#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/r_module.h"
#include "glue/tensor_handle.h"

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_module_tensor(SEXP module, SEXP name) {
  return guard([&] { return wrap_tensor(ModuleHandle::get(module).module.tensor(to_string(name, "name"))); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_module_call(SEXP module, SEXP layer, SEXP inputs) {
  return guard([&] {
    std::vector<at::Tensor> tensors;
    for (const SEXP input : to_list(inputs, "inputs")) tensors.push_back(classes_from_r(unwrap_tensor(input)));
    auto& live = ModuleHandle::get(module).module;
    return wrap_tensor(classes_to_r(live.call_layer(to_string(layer, "layer"), tensors)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_module_training(SEXP module) {
  return guard([&] { return Rf_ScalarLogical(ModuleHandle::get(module).module.is_training()); });
}
