#include "glue/run_handle.h"

#include "glue/convert.h"
#include "glue/index_base.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

Rcpp::List to_list_of(std::size_t count, SEXP list, const std::string& what) {
  const auto elements = to_list(list, what);
  if (static_cast<std::size_t>(elements.size()) == count) return elements;
  refuse_value(what, "a list of " + std::to_string(count) + " tensors", list);
}

/// Checked here, so that nobody has to check each code again when it is used as a position.
data::Codes to_codes(SEXP value, const std::string& what) {
  const auto list = to_list(value, what);
  auto coding = std::make_shared<const kernel::Coding>(to_sizes(list_element(list, "levels", what), "levels"));
  data::Codes codes{std::move(coding), unwrap_tensor(list_element(list, "values", what))};
  data::check_codes(codes);
  return codes;
}

}  // namespace

std::vector<at::Tensor> to_tensors(SEXP list, const std::vector<std::string>& names, const std::string& what) {
  const auto elements = to_list_of(names.size(), list, what);
  std::vector<at::Tensor> tensors;
  for (const auto& name : names) {
    tensors.push_back(classes_from_r(unwrap_tensor(list_element(elements, name, what))));
  }
  return tensors;
}

Inputs to_inputs(SEXP list, const std::vector<std::string>& names, const std::string& what) {
  const auto elements = to_list_of(names.size(), list, what);
  Inputs inputs;
  inputs.codes.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const SEXP element = list_element(elements, names[i], what);
    const bool is_coded = Rf_inherits(element, "torch_codes");
    inputs.x.push_back(is_coded ? at::Tensor() : classes_from_r(unwrap_tensor(element)));
    if (is_coded) inputs.codes[i] = to_codes(element, what);
  }
  return inputs;
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
