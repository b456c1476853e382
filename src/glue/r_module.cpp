// Operations whose forward is written in R: a function, or a module with weights.

#include "glue/r_module.h"

#include <algorithm>
#include <utility>

#include "core/network/network.h"
#include "core/network/operations/initial_tensor.h"
#include "core/network/operations/weights.h"
#include "core/script/borrowed_generator.h"
#include "glue/convert.h"
#include "glue/convert_spec.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/r_function.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

using network::BuildInput;
using value::Arguments;

/// Sets a variable during this object's lifetime.
template <class T>
class Scoped {
 public:
  Scoped(T& variable, T value) : variable_(variable), previous_(std::exchange(variable, value)) {}
  ~Scoped() { variable_ = previous_; }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

 private:
  T& variable_;
  T previous_;
};

template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

void add_slots(std::vector<network::Slot>& slots, RModule::Tensors& tensors) {
  for (auto& [name, tensor] : tensors) slots.push_back({name, &tensor});
}

void add_slots(std::vector<network::Slot>& slots, const std::string& layer, const std::vector<network::Slot>& inner) {
  for (const auto& slot : inner) slots.push_back({layer + "." + slot.name, slot.tensor});
}

}  // namespace

RModule::RModule(const at::Tensor& definition, Tensors parameters, Tensors buffers, const BuildInput& build)
    : node_(build.node),
      parameters_(std::move(parameters)),
      buffers_(std::move(buffers)),
      handle_(ModuleHandle::make(std::make_shared<ModuleAccess>(ModuleAccess{*this}))) {
  const Rcpp::RObject id = Rcpp::wrap(node_);
  const Rcpp::List started(call_package("start_module", {tensor_bytes(definition), id, handle_}));
  forward_ = list_element(started, "forward", "module");
  const auto layers = to_list(list_element(started, "layers", "module"), "layers");
  for (const SEXP layer : layers) {
    auto node = to_node(layer);
    const auto name = node.id;
    layers_.emplace(name, Layer{std::move(node), nullptr});
  }
  forward(build.inputs, network::ForwardMode{false, build.generator});
  const auto is_made = [](const auto& layer) { return layer.second.operation != nullptr; };
  if (!std::all_of(layers_.begin(), layers_.end(), is_made)) build_for_training(build);
  is_built_ = true;
}

/// Restores the buffers after the function has been tried.
void RModule::build_for_training(const BuildInput& build) {
  Tensors before;
  for (const auto& [name, buffer] : buffers_) before[name] = buffer.clone();
  const Scoped<bool> training(shows_training_, true);
  forward(build.inputs, network::ForwardMode{false, build.generator});
  for (auto& [name, buffer] : buffers_) buffer.copy_(before.at(name));
}

RModule::~RModule() { ModuleHandle::end(handle_); }

at::Tensor RModule::forward(const std::vector<at::Tensor>& inputs, const network::ForwardMode& mode) {
  const script::BorrowedGenerator borrowed(mode.generator);
  auto inner = mode;
  inner.generator = borrowed.stand_in();
  const Scoped<const network::ForwardMode*> running(mode_, &inner);
  Rcpp::List arguments(static_cast<R_xlen_t>(inputs.size()));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    arguments[static_cast<R_xlen_t>(i)] = wrap_tensor(classes_to_r(inputs[i]));
  }
  return checked(call_function(forward_, {arguments}), inputs);
}

at::Tensor RModule::checked(SEXP result, const std::vector<at::Tensor>& inputs) const {
  const base::Fields fields{{"node", node_}};
  if (!is_tensor_handle(result)) {
    throw base::Error("function", "Node '" + node_ + "': its R function must return a tensor.", fields);
  }
  auto output = classes_from_r(unwrap_tensor(result));
  const auto rows = inputs.at(0).size(0);
  if (output.dim() > 0 && output.size(0) == rows) return output;
  throw base::Error("function",
                    "Node '" + node_ + "': its R function got " + std::to_string(rows) +
                        " rows and must return as many, but the tensor that it returned has " +
                        (output.dim() == 0 ? "no dimension" : std::to_string(output.size(0)) + " rows") + ".",
                    fields);
}

std::vector<network::Slot> RModule::parameters() {
  std::vector<network::Slot> slots;
  add_slots(slots, parameters_);
  for (auto& [name, layer] : layers_) {
    if (layer.operation) add_slots(slots, name, layer.operation->parameters());
  }
  return slots;
}

std::vector<network::Slot> RModule::buffers() {
  std::vector<network::Slot> slots;
  add_slots(slots, buffers_);
  for (auto& [name, layer] : layers_) {
    if (layer.operation) add_slots(slots, name, layer.operation->buffers());
  }
  return slots;
}

bool RModule::has_dropout() const {
  return std::any_of(layers_.begin(), layers_.end(),
                     [](const auto& layer) { return layer.second.operation && layer.second.operation->has_dropout(); });
}

bool RModule::normalises_batches() const {
  return std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) {
    return layer.second.operation && layer.second.operation->normalises_batches();
  });
}

bool RModule::begin_plain_means() {
  bool any = false;
  for (auto& [name, layer] : layers_) {
    auto* const averages = dynamic_cast<network::BatchAverages*>(layer.operation.get());
    if (averages != nullptr && averages->begin_plain_means()) any = true;
  }
  return any;
}

void RModule::end_plain_means() {
  for (auto& [name, layer] : layers_) {
    auto* const averages = dynamic_cast<network::BatchAverages*>(layer.operation.get());
    if (averages != nullptr) averages->end_plain_means();
  }
}

const at::Tensor& RModule::tensor(const std::string& name) const {
  for (const auto* tensors : {&parameters_, &buffers_}) {
    const auto found = tensors->find(name);
    if (found != tensors->end()) return found->second;
  }
  throw base::UnknownNameError("parameter or buffer of node '" + node_ + "'", name, names_of(parameters_));
}

at::Tensor RModule::call_layer(const std::string& name, const std::vector<at::Tensor>& inputs) {
  const auto found = layers_.find(name);
  if (found == layers_.end()) {
    throw base::UnknownNameError("layer of node '" + node_ + "'", name, names_of(layers_));
  }
  if (mode_ == nullptr) {
    throw base::Error("function", "Node '" + node_ + "': the layer '" + name +
                                      "' can be called only while the function `forward` is running.");
  }
  auto& layer = found->second;
  const auto& operation = layer.node.operation;
  const auto count = network::operations().at(operation).facts;
  if (inputs.size() < count.least || inputs.size() > count.most) {
    throw base::Error("function", "Node '" + node_ + "': the layer '" + name + "' (" + operation + ") cannot take " +
                                      std::to_string(inputs.size()) + " tensors.");
  }
  try {
    if (!layer.operation) build(layer, inputs);
    return layer.operation->forward(inputs, *mode_);
  } catch (const c10::Error& error) {
    throw network::node_error(node_ + "." + name, operation, inputs, error);
  }
}

void RModule::build(Layer& layer, const std::vector<at::Tensor>& inputs) const {
  auto& registry = network::operations();
  const auto arguments = registry.bind(layer.node.operation, layer.node.parameters);
  layer.operation =
      registry.make(layer.node.operation, arguments, BuildInput{inputs, mode_->generator, node_ + "." + layer.node.id});
  const bool has_weights = !layer.operation->parameters().empty() || !layer.operation->buffers().empty();
  if (!is_built_ || !has_weights) return;
  throw base::Error("function",
                    "Node '" + node_ + "': the layer '" + layer.node.id +
                        "' has weights, but was not called when the network was built, neither outside of training nor "
                        "in it, so they are not among the network's; call it then, too.",
                    {{"node", node_}, {"layer", layer.node.id}});
}

namespace {

std::unique_ptr<network::Operation> function_of(const Arguments& arguments, const BuildInput& build) {
  return std::make_unique<RModule>(arguments.get<at::Tensor>("fn"), RModule::Tensors(), RModule::Tensors(), build);
}

std::unique_ptr<network::Operation> module_of(const Arguments& arguments, const BuildInput& build) {
  auto parameters = network::initial_tensors(arguments, "parameters", build);
  for (auto& [name, tensor] : parameters) tensor = tensor.to(network::weight_options(build));
  return std::make_unique<RModule>(arguments.get<at::Tensor>("definition"), std::move(parameters),
                                   network::initial_tensors(arguments, "buffers", build), build);
}

const network::OperationRegistration r_module_registrations[] = {
    {"fn(Tensor fn) -> ()",
     {"R Function",
      "What an R function computes from tensors. What it uses, except for functions of packages, is kept with it.",
      {{"fn", "A function of as many tensors as the node reads, which returns one with as many rows."}},
      {"function"}},
     function_of,
     network::kAnyNumber},
    {"module(Tensor definition, Dict(str, Any)? parameters=None, Dict(str, Any)? buffers=None) -> ()",
     {"R Module",
      "A module that `nn_module()` has made: an R function with weights.",
      {{"definition", "The module's functions and fields."},
       {"parameters", "Trained tensors, by name."},
       {"buffers", "Tensors that are kept but not trained."}},
      {"function"}},
     module_of,
     network::kAnyNumber},
};

}  // namespace
}  // namespace mlr3libtorch::glue
