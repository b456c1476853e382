#include <ATen/ops/ones.h>

#include "core/network/operations/initial_tensor.h"
#include "glue/convert.h"
#include "glue/convert_spec.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/layer_handle.h"
#include "glue/r_module.h"
#include "glue/run_handle.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

std::vector<at::Tensor> tensors_from_r(SEXP list) {
  std::vector<at::Tensor> tensors;
  for (const SEXP tensor : to_list(list, "inputs")) {
    if (!is_tensor_handle(tensor))
      refuse_value("input " + std::to_string(tensors.size() + 1), "a torch_tensor", tensor);
    tensors.push_back(classes_from_r(unwrap_tensor(tensor)));
  }
  return tensors;
}

network::NamedTensors tensors_of(const std::vector<network::Slot>& slots) {
  network::NamedTensors tensors;
  for (const auto& slot : slots) tensors.emplace_back(slot.name, *slot.tensor);
  return tensors;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// `node`: list(id, operation, inputs, parameters)
// [[Rcpp::export(rng = false)]]
SEXP core_layer_create(SEXP node) {
  return guard([&] { return LayerHandle::make(std::make_shared<network::Layer>(to_node(node))); });
}

// For rows of these shapes; one with the attribute `is_class` is of class numbers.
// [[Rcpp::export(rng = false)]]
SEXP core_layer_build(SEXP layer, SEXP example) {
  return guard([&] {
    std::vector<at::Tensor> inputs;
    for (const SEXP shape : to_list(example, "example")) {
      auto sizes = to_sizes(shape, "example");
      sizes.insert(sizes.begin(), 2);
      const bool is_class = !Rf_isNull(Rf_getAttrib(shape, Rf_install("is_class")));
      // without memory of its own, however large
      inputs.push_back(at::ones({}, is_class ? at::kLong : at::kFloat).expand(sizes));
    }
    LayerHandle::get(layer).build(inputs, at::Generator());
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_layer_call(SEXP layer, SEXP inputs, SEXP training) {
  return guard([&] {
    const auto shared = LayerHandle::share(layer);
    return wrap_tensor(
        classes_to_r(shared->forward(tensors_from_r(inputs), layer_mode(to_bool(training, "training")))));
  });
}

// Parameters and buffers, and the shapes for which the layer was made; NULL if it has not been made yet.
// [[Rcpp::export(rng = false)]]
SEXP core_layer_weights(SEXP layer) {
  return guard([&]() -> SEXP {
    const auto& built = LayerHandle::get(layer);
    if (!built.is_built()) return R_NilValue;
    Rcpp::List example;
    for (const auto& input : built.example()) {
      example.push_back(
          Rcpp::List::create(Rcpp::_["shape"] = Rcpp::NumericVector(input.sizes.begin(), input.sizes.end()),
                             Rcpp::_["is_class"] = !c10::isFloatingType(input.type)));
    }
    return Rcpp::List::create(Rcpp::_["parameters"] = named_tensors_to_r(tensors_of(built.parameters())),
                              Rcpp::_["buffers"] = named_tensors_to_r(tensors_of(built.buffers())),
                              Rcpp::_["example"] = example);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_layer_replace(SEXP layer, SEXP name, SEXP tensor) {
  return guard([&] {
    LayerHandle::get(layer).replace(to_string(name, "name"), unwrap_tensor(tensor));
    return R_NilValue;
  });
}

// What nn_init() describes, for inputs like `example`.
// [[Rcpp::export(rng = false)]]
SEXP core_initial_tensor(SEXP value, SEXP name, SEXP example) {
  return guard([&] {
    const auto inputs = tensors_from_r(example);
    if (inputs.empty()) refuse_value("example", "at least one tensor", example);
    const network::BuildInput build{inputs, at::Generator()};
    return wrap_tensor(
        network::initial_tensor(to_string(name, "name"), to_ivalue(value, c10::AnyType::get(), "value"), build));
  });
}

// The nodes of a network by id: list(handle, operation) of a layer, a module that is written in R as itself.
// [[Rcpp::export(rng = false)]]
SEXP core_network_layers(SEXP network) {
  return guard([&]() -> SEXP {
    Rcpp::List layers;
    const auto& built = NetworkHandle::get(network);
    for (const auto& node : built.nodes()) {
      const auto* const module = dynamic_cast<const RModule*>(node.operation.get());
      if (module != nullptr && !Rf_isNull(module->module())) {
        layers[node.id] = module->module();
      } else {
        std::vector<network::RowShape> example;
        for (const auto input : node.inputs) example.push_back(built.shapes()[input]);
        const auto layer = std::make_shared<network::Layer>(network::Node{node.id, node.operation_name, {}, {}},
                                                            node.operation, example);
        layers[node.id] = Rcpp::List::create(Rcpp::_["handle"] = LayerHandle::make(layer),
                                             Rcpp::_["operation"] = node.operation_name);
      }
    }
    return layers;
  });
}

// These parameters are not trained.
// [[Rcpp::export(rng = false)]]
SEXP core_network_freeze(SEXP network, SEXP names) {
  return guard([&] {
    NetworkHandle::get(network).freeze(to_strings(names, "names"));
    return R_NilValue;
  });
}
