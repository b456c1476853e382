// Operations whose forward is written in R: a function, or a module with weights.

#include "glue/r_module.h"

#include <algorithm>
#include <utility>

#include "core/script/borrowed_generator.h"
#include "glue/convert.h"
#include "glue/index_base.h"
#include "glue/layer_handle.h"
#include "glue/r_function.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

using network::BuildInput;
using value::Arguments;

/// The mode of the module that is running; modules do not run in parallel, since R does not.
struct RunningMode {
  network::ForwardMode mode;
  /// Whether the function sees `training`, while its layers compute as outside of training.
  bool shows_training;
};

const RunningMode* running_mode = nullptr;

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

void add_slots(std::vector<network::Slot>& slots, const std::string& layer, const std::vector<network::Slot>& inner) {
  for (const auto& slot : inner) slots.push_back({layer + "." + slot.name, slot.tensor});
}

std::vector<std::pair<std::string, at::Tensor>> named_tensors(SEXP value, const std::string& what) {
  const auto list = to_list(value, what);
  const auto names = element_names(list, what);
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (R_xlen_t i = 0; i < list.size(); ++i) tensors.emplace_back(names[i], unwrap_tensor(list[i]));
  return tensors;
}

}  // namespace

network::ForwardMode layer_mode(bool training) {
  network::ForwardMode mode;
  mode.training = training;
  if (running_mode == nullptr) return mode;
  mode.generator = running_mode->mode.generator;
  mode.monte_carlo = running_mode->mode.monte_carlo;
  if (running_mode->shows_training) mode.training = false;
  return mode;
}

RModule::RModule(const at::Tensor& definition, const BuildInput& build) : node_(build.node) {
  const script::BorrowedGenerator borrowed(build.generator);
  const Rcpp::RObject id = Rcpp::wrap(node_);
  const Rcpp::List started(call_package("start_module", {tensor_bytes(definition), id}));
  forward_ = list_element(started, "forward", "module");
  module_ = list_element(started, "module", "module");
  const auto layers = to_list(list_element(started, "layers", "module"), "layers");
  const auto names = element_names(layers, "layers");
  for (R_xlen_t i = 0; i < layers.size(); ++i) layers_.emplace_back(names[i], LayerHandle::share(layers[i]));
  run(build.inputs, network::ForwardMode{false, borrowed.stand_in()}, false);
  const auto is_built = [](const auto& layer) { return layer.second->is_built(); };
  if (!std::all_of(layers_.begin(), layers_.end(), is_built)) build_for_training(build);
  list_tensors(call_function(list_element(started, "tensors", "module"), {}));
  for (const auto& [name, layer] : layers_) layer->close(node_);
}

/// Restores the buffers after the function has been tried.
void RModule::build_for_training(const BuildInput& build) {
  const auto before = named_tensors(call_package("module_buffers", {module_}), "buffers");
  std::vector<at::Tensor> copies;
  for (const auto& [name, buffer] : before) copies.push_back(buffer.clone());
  run(build.inputs, network::ForwardMode{false, build.generator}, true);
  for (std::size_t i = 0; i < before.size(); ++i) before[i].second.copy_(copies[i]);
}

void RModule::list_tensors(SEXP tensors) {
  const Rcpp::List both(tensors);
  own_parameters_ = named_tensors(list_element(both, "parameters", "module"), "parameters");
  own_buffers_ = named_tensors(list_element(both, "buffers", "module"), "buffers");
  for (auto& [name, tensor] : own_parameters_) parameters_.push_back({name, &tensor});
  for (auto& [name, tensor] : own_buffers_) buffers_.push_back({name, &tensor});
  for (auto& [name, layer] : layers_) {
    add_slots(parameters_, name, layer->parameters());
    add_slots(buffers_, name, layer->buffers());
  }
}

at::Tensor RModule::forward(const std::vector<at::Tensor>& inputs, const network::ForwardMode& mode) {
  const script::BorrowedGenerator borrowed(mode.generator);
  auto inner = mode;
  inner.generator = borrowed.stand_in();
  return run(inputs, inner, false);
}

at::Tensor RModule::run(const std::vector<at::Tensor>& inputs, const network::ForwardMode& mode, bool shows_training) {
  const RunningMode now{mode, shows_training};
  const Scoped<const RunningMode*> running(running_mode, &now);
  Rcpp::List arguments(static_cast<R_xlen_t>(inputs.size()));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    arguments[static_cast<R_xlen_t>(i)] = wrap_tensor(classes_to_r(inputs[i]));
  }
  const Rcpp::RObject training = Rf_ScalarLogical(mode.training || shows_training);
  return checked(call_function(forward_, {arguments, training}), inputs);
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

bool RModule::has_dropout() const {
  return std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) {
    return layer.second->is_built() && layer.second->operation()->has_dropout();
  });
}

bool RModule::normalises_batches() const {
  return std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) {
    return layer.second->is_built() && layer.second->operation()->normalises_batches();
  });
}

bool RModule::begin_plain_means() {
  bool any = false;
  for (auto& [name, layer] : layers_) {
    auto* const averages = dynamic_cast<network::BatchAverages*>(layer->operation());
    if (averages != nullptr && averages->begin_plain_means()) any = true;
  }
  return any;
}

void RModule::end_plain_means() {
  for (auto& [name, layer] : layers_) {
    auto* const averages = dynamic_cast<network::BatchAverages*>(layer->operation());
    if (averages != nullptr) averages->end_plain_means();
  }
}

namespace {

std::unique_ptr<network::Operation> function_of(const Arguments& arguments, const BuildInput& build) {
  return std::make_unique<RModule>(arguments.get<at::Tensor>("fn"), build);
}

std::unique_ptr<network::Operation> module_of(const Arguments& arguments, const BuildInput& build) {
  return std::make_unique<RModule>(arguments.get<at::Tensor>("definition"), build);
}

const network::OperationRegistration r_module_registrations[] = {
    {"fn(Tensor fn) -> ()",
     {"R Function",
      "What an R function computes from tensors. What it uses, except for functions of packages, is kept with it.",
      {{"fn", "A function of as many tensors as the node reads, which returns one with as many rows."}},
      {"function"}},
     function_of,
     network::kAnyNumber},
    {"module(Tensor definition) -> ()",
     {"R Module",
      "A module that `nn_module()` has made: R functions with weights and layers.",
      {{"definition", "The module's functions, fields and layers."}},
      {"function"}},
     module_of,
     network::kAnyNumber},
};

}  // namespace
}  // namespace mlr3libtorch::glue
