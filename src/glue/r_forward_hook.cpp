#include "glue/r_forward_hook.h"

#include "glue/convert.h"
#include "glue/index_base.h"
#include "glue/r_function.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

Rcpp::List hooked_tensors(const std::vector<at::Tensor>& tensors) {
  Rcpp::List list(static_cast<R_xlen_t>(tensors.size()));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    list[static_cast<R_xlen_t>(i)] = wrap_tensor(classes_to_r(tensors[i]));
  }
  return list;
}

}  // namespace

network::ForwardHook forward_hook(SEXP owner, SEXP hook) {
  const Rcpp::RObject reference = R_MakeWeakRef(owner, hook, R_NilValue, FALSE);
  return [reference](const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& outputs) {
    const Rcpp::RObject function = R_WeakRefValue(reference);
    if (Rf_isNull(function)) return outputs;
    const auto answer = call_function(function, {hooked_tensors(inputs), hooked_tensors(outputs)});
    std::vector<at::Tensor> changed;
    for (const SEXP tensor : to_list(answer, "what a hook returns")) {
      changed.push_back(classes_from_r(unwrap_tensor(tensor)));
    }
    return changed;
  };
}

}  // namespace mlr3libtorch::glue
