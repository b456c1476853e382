#include "glue/lazy_column.h"

#include "glue/convert.h"

namespace mlr3libtorch::glue {

std::shared_ptr<image::RowReader> to_row_reader(SEXP source) {
  const auto list = to_list(source, "source");
  const auto kind = to_string(list_element(list, "kind", "source"), "kind");
  if (kind == "files") {
    return image::file_rows(to_strings(list_element(list, "paths", "source"), "paths"),
                            to_int(list_element(list, "channels", "source"), "channels"));
  }
  if (kind != "values") throw base::UnknownNameError("source", kind, {"files", "values"});
  const auto values = plain_to_tensor(list_element(list, "values", "source"));
  if (values.dim() == 0) refuse_value("values", "a tensor with rows", list_element(list, "values", "source"));
  return image::tensor_rows(values);
}

namespace {

std::vector<image::ChainStep> to_steps(SEXP steps) {
  std::vector<image::ChainStep> chain;
  for (const SEXP element : to_list(steps, "steps")) {
    const auto step = to_list(element, "step");
    const auto name = to_string(list_element(step, "name", "step"), "name");
    const auto& schema = image::transforms().at(name).schema;
    chain.push_back({name,
                     to_named_values(to_list(list_element(step, "arguments", "step"), "arguments"), schema,
                                     "transformation '" + name + "'"),
                     step.containsElementNamed("parts") ? to_steps(step["parts"]) : std::vector<image::ChainStep>()});
  }
  return chain;
}

}  // namespace

std::shared_ptr<image::Chain> to_chain(SEXP steps) { return std::make_shared<image::Chain>(to_steps(steps)); }

}  // namespace mlr3libtorch::glue
