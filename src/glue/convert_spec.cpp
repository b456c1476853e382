#include "glue/convert_spec.h"

#include "core/network/operation.h"
#include "glue/convert.h"
#include "glue/index_base.h"

namespace mlr3libtorch::glue {

network::Node to_node(SEXP value) {
  const auto list = to_list(value, "node of a network");
  network::Node node;
  node.id = to_string(list_element(list, "id", "node of a network"), "id of a node");
  const auto what = "node '" + node.id + "'";
  node.operation = to_string(list_element(list, "operation", what), "operation of " + what);
  node.inputs = to_strings(list_element(list, "inputs", what), "inputs of " + what);
  const auto& schema = network::operations().at(node.operation).schema;
  const auto parameters = list.containsElementNamed("parameters") ? SEXP(list["parameters"]) : R_NilValue;
  node.parameters = to_named_values(to_list(parameters, "parameters of " + what), schema, what);
  for (const auto& argument : schema.arguments()) {
    const auto given = node.parameters.find(argument.name());
    if (given == node.parameters.end()) continue;
    given->second = to_zero_based(argument_base(node.operation, argument), given->second, argument.name());
  }
  return node;
}

network::Spec to_spec(SEXP value) {
  const auto list = to_list(value, "spec of a network");
  network::Spec spec;
  spec.inputs = to_strings(list_element(list, "inputs", "spec of a network"), "inputs of a network");
  for (const SEXP node : to_list(list_element(list, "nodes", "spec of a network"), "nodes of a network")) {
    spec.nodes.push_back(to_node(node));
  }
  if (list.containsElementNamed("outputs")) spec.outputs = to_strings(list["outputs"], "outputs of a network");
  return spec;
}

}  // namespace mlr3libtorch::glue
