#include "glue/run_handle.h"

#include "glue/convert.h"
#include "glue/index_base.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {

std::vector<at::Tensor> to_tensors(SEXP list, const std::vector<std::string>& names, const std::string& what) {
  const auto elements = to_list(list, what);
  if (static_cast<std::size_t>(elements.size()) != names.size()) {
    refuse_value(what, "a list of " + std::to_string(names.size()) + " tensors", list);
  }
  std::vector<at::Tensor> tensors;
  for (const auto& name : names) {
    tensors.push_back(classes_from_r(unwrap_tensor(list_element(elements, name, what))));
  }
  return tensors;
}

Rcpp::List named_tensors_to_r(const network::NamedTensors& tensors) {
  Rcpp::List list(tensors.size());
  Rcpp::CharacterVector names(tensors.size());
  R_xlen_t i = 0;
  for (const auto& [name, tensor] : tensors) {
    list[i] = wrap_tensor(tensor);
    names[i++] = name;
  }
  list.names() = names;
  return list;
}

}  // namespace mlr3libtorch::glue
