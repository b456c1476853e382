#include <optional>

#include "convert.h"
#include "core/train/environment.h"
#include "core/train/predict.h"
#include "guard.h"
#include "index_base.h"
#include "r_interrupt.h"
#include "run_handle.h"
#include "tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

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

std::map<std::string, at::Tensor> to_named_tensors(SEXP value, const std::string& what) {
  const auto list = to_list(value, what);
  std::map<std::string, at::Tensor> tensors;
  const auto names = list_names(list, what);
  for (R_xlen_t i = 0; i < list.size(); ++i) {
    const SEXP tensor = list[i];
    tensors[names[i]] = is_plain_tensor(tensor) ? plain_to_tensor(tensor) : unwrap_tensor(tensor);
  }
  return tensors;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_generator_create(SEXP seed) {
  return guard([&] {
    std::optional<std::uint64_t> number;
    if (!Rf_isNull(seed)) number = static_cast<std::uint64_t>(to_int(seed, "seed"));
    return GeneratorHandle::make(std::make_shared<at::Generator>(train::make_generator(number)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_create(SEXP spec, SEXP example, SEXP generator) {
  return guard([&] {
    const auto parsed = to_spec(spec);
    const auto inputs = to_tensors(example, parsed.inputs, "example batch");
    return NetworkHandle::make(std::make_shared<network::Network>(parsed, inputs, GeneratorHandle::get(generator)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_parameters(SEXP network) {
  return guard([&]() -> SEXP { return named_tensors_to_r(NetworkHandle::get(network).parameters()); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_buffers(SEXP network) {
  return guard([&]() -> SEXP { return named_tensors_to_r(NetworkHandle::get(network).buffers()); });
}

// The shape of each input and node, without the rows.
// [[Rcpp::export(rng = false)]]
SEXP core_network_shapes(SEXP network) {
  return guard([&]() -> SEXP {
    const auto& built = NetworkHandle::get(network);
    Rcpp::List shapes;
    for (std::size_t i = 0; i < built.shapes().size(); ++i) {
      const auto is_input = i < built.inputs().size();
      const auto& id = is_input ? built.inputs()[i] : built.nodes()[i - built.inputs().size()].id;
      const auto& sizes = built.shapes()[i].sizes;
      shapes[id] = Rcpp::NumericVector(sizes.begin(), sizes.end());
    }
    return shapes;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_load(SEXP network, SEXP values) {
  return guard([&] {
    NetworkHandle::get(network).load(to_named_tensors(values, "weights"));
    return network;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_predict(SEXP network, SEXP x, SEXP batch_size, SEXP num_threads, SEXP device) {
  return guard([&] {
    const auto shared = NetworkHandle::share(network);
    const auto rows = to_int(batch_size, "batch_size");
    if (rows < 1) refuse_value("batch_size", "at least 1", batch_size);
    const auto threads = to_threads(num_threads, "num_threads");
    shared->to(train::find_device(to_string(device, "device")));
    const train::ThreadScope scope(threads);
    RInterrupt interrupt;
    return wrap_tensor(train::predict(*shared, to_tensors(x, shared->inputs(), "x"), rows, interrupt));
  });
}
