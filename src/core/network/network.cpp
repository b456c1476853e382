#include "core/network/network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <sstream>

#include "core/base/names.h"
#include "core/network/autocast.h"
#include "core/network/batch_averages.h"

namespace mlr3libtorch::network {
namespace {

/// The number of rows means nothing: while a network is built, we choose it.
std::string shape_text(const at::Tensor& tensor) {
  if (tensor.dim() == 0) return "()";
  std::ostringstream text;
  text << "(rows";
  for (const auto size : tensor.sizes().slice(1)) text << ", " << size;
  text << ")";
  return text.str();
}

/// Of a weight, in which the first size matters as much as the others.
std::string full_shape_text(const at::Tensor& tensor) {
  std::ostringstream text;
  text << "(";
  for (std::int64_t i = 0; i < tensor.dim(); ++i) text << (i == 0 ? "" : ", ") << tensor.size(i);
  text << ")";
  return text.str();
}

std::string shapes_text(const std::vector<at::Tensor>& tensors) {
  std::string text;
  for (const auto& tensor : tensors) text += (text.empty() ? "" : ", ") + shape_text(tensor);
  return text;
}

base::Error with_node(const std::string& id, const std::string& operation, const base::Error& error) {
  auto fields = error.fields();
  fields["node"] = id;
  fields["operation"] = operation;
  return {error.kind(), "Node '" + id + "' (" + operation + "): " + error.what(), std::move(fields)};
}

/// Runs `run` and names the node in LibTorch's errors about tensors that do not fit, and in errors of a script.
template <class Run>
auto naming_node(const std::string& id, const std::string& operation, const std::vector<at::Tensor>& inputs,
                 Run&& run) {
  try {
    return run();
  } catch (const c10::Error& error) {
    throw node_error(id, operation, inputs, error);
  } catch (const base::Error& error) {
    if (error.kind() != "script") throw;
    throw with_node(id, operation, error);
  }
}

RowShape row_shape(const at::Tensor& tensor) {
  return {tensor.dim() == 0 ? std::vector<std::int64_t>{} : tensor.sizes().slice(1).vec(), tensor.scalar_type()};
}

/// Other kinds of numbers are another network's weights: casting would drop imaginary parts, or fractions.
void check_number_kind(const std::string& name, at::ScalarType given, at::ScalarType needed) {
  const auto kind = [](at::ScalarType type) {
    return std::make_pair(c10::isFloatingType(type), c10::isComplexType(type));
  };
  if (kind(given) == kind(needed)) return;
  throw base::ConfigError("Weight '" + name + "' holds numbers of type " + c10::toString(given) +
                              ", but the network needs " + c10::toString(needed) + ".",
                          {{"name", name}});
}

[[noreturn]] void refuse_unknown(const std::map<std::string, at::Tensor>& values,
                                 const std::vector<std::string>& known) {
  const auto is_unknown = [&](const auto& value) {
    return std::find(known.begin(), known.end(), value.first) == known.end();
  };
  throw base::UnknownNameError("weight", std::find_if(values.begin(), values.end(), is_unknown)->first, known);
}

void check_input_count(std::size_t needed, std::size_t given) {
  if (needed == given) return;
  throw base::ConfigError("The network has " + std::to_string(needed) + " inputs, but " + std::to_string(given) +
                          " were given.");
}

void check_input_names(const std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) == name) continue;
    throw base::ConfigError("Two inputs of the network are called '" + *name + "'.", {{"input", *name}});
  }
}

/// Operations rely on the number of tensors they are given.
void check_node_inputs(const Node& node) {
  const auto count = operations().at(node.operation).facts;
  const auto given = node.inputs.size();
  if (count.takes(given)) return;
  throw base::ConfigError("Node '" + node.id + "' (" + node.operation + ") needs " + count_text(count) +
                              " inputs, not " + std::to_string(given) + ".",
                          {{"node", node.id}, {"operation", node.operation}});
}

base::ShapeError misfit(const std::string& what, const std::string& id, const std::string& operation,
                        const std::string& shapes, const c10::Error& error) {
  return base::ShapeError(what + " '" + id + "' (" + operation + ") does not fit its input of shape " + shapes + ": " +
                              error.what_without_backtrace(),
                          {{"node", id}, {"operation", operation}});
}

}  // namespace

base::ShapeError node_error(const std::string& id, const std::string& operation, const std::string& shapes,
                            const c10::Error& error) {
  return misfit("Node", id, operation, shapes, error);
}

base::ShapeError node_error(const std::string& id, const std::string& operation, const std::vector<at::Tensor>& inputs,
                            const c10::Error& error) {
  return misfit("Node", id, operation, shapes_text(inputs), error);
}

base::ShapeError layer_error(const std::string& id, const std::string& operation, const std::vector<at::Tensor>& inputs,
                             const c10::Error& error) {
  return misfit("Layer", id, operation, shapes_text(inputs), error);
}

base::Error independence_error(const BuiltNode& node) {
  return {"function",
          "Node '" + node.id + "' (" + node.operation_name +
              "): what it returns does not depend on the network's weights, so nothing would be trained; compute it "
              "from tensors, without with_no_grad(), `$detach()` and R numbers.",
          {{"node", node.id}}};
}

Network::Network(const Spec& spec, const std::vector<at::Tensor>& example, const at::Generator& generator)
    : inputs_(spec.inputs), value_ids_(spec.inputs) {
  check_input_count(inputs_.size(), example.size());
  check_input_names(inputs_);
  if (spec.nodes.empty()) throw base::ConfigError("A network needs at least one node.");
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> values = example;
  for (const auto& value : values) shapes_.push_back(row_shape(value));
  for (const auto& id : value_ids_) positions_.emplace(id, positions_.size());
  for (const auto& node : spec.nodes) add_node(node, values, generator);
  for (const auto& id : spec.outputs) outputs_.push_back(position(id, "node or input before the network's outputs"));
  if (outputs_.empty()) outputs_.push_back(value_ids_.size() - 1);
  flatten();
}

std::size_t Network::position(const std::string& id, const std::string& what) const {
  const auto found = positions_.find(id);
  if (found == positions_.end()) throw base::UnknownNameError(what, id, value_ids_);
  return found->second;
}

void Network::add_node(const Node& node, std::vector<at::Tensor>& values, const at::Generator& generator) {
  if (positions_.count(node.id) > 0) {
    throw base::ConfigError("Two nodes of the network are called '" + node.id + "'.", {{"node", node.id}});
  }
  BuiltNode built{node.id, node.operation, nullptr, {}, parameters_.size()};
  std::vector<at::Tensor> inputs;
  for (const auto& id : node.inputs) {
    built.inputs.push_back(position(id, "node or input before node '" + node.id + "'"));
    inputs.push_back(values[built.inputs.back()]);
  }
  const auto arguments = operations().bind(node.operation, node.parameters);
  check_node_inputs(node);
  built.operation = naming_node(node.id, node.operation, inputs, [&] {
    return operations().make(node.operation, arguments, BuildInput{inputs, generator, node.id});
  });
  ForwardMode mode;
  mode.keeps_shapes = true;
  values.push_back(
      naming_node(node.id, node.operation, inputs, [&] { return built.operation->forward(inputs, mode); }));
  shapes_.push_back(row_shape(values.back()));
  for (auto& slot : built.operation->parameters()) add_parameter({node.id + "." + slot.name, slot.tensor});
  built.parameter_count = parameters_.size() - built.first_range;
  for (auto& slot : built.operation->buffers()) buffers_.push_back({node.id + "." + slot.name, slot.tensor});
  positions_.emplace(node.id, value_ids_.size());
  value_ids_.push_back(node.id);
  nodes_.push_back(std::move(built));
}

/// One that a module uses in two places is one parameter, under its first name.
void Network::add_parameter(Slot slot) {
  const auto is_same = [&](const Slot& other) { return other.tensor->is_same(*slot.tensor); };
  if (std::none_of(parameters_.begin(), parameters_.end(), is_same)) parameters_.push_back(std::move(slot));
}

void Network::flatten() {
  std::int64_t offset = 0;
  for (const auto& slot : parameters_) {
    memory_.ranges.push_back({slot.name, offset, slot.tensor->numel(), true});
    offset += slot.tensor->numel();
  }
  const auto options = parameters_.empty() ? at::TensorOptions(at::kFloat) : parameters_.front().tensor->options();
  memory_.values = at::empty({offset}, options);
  bring_parameters_home();
}

void Network::bring_parameters_home() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    auto& parameter = *parameters_[i].tensor;
    if (i < gradient_views_.size() && parameter.sizes() != gradient_views_[i].sizes()) {
      std::ostringstream text;
      text << "Parameter '" << parameters_[i].name << "' has been given the shape " << parameter.sizes()
           << ", but the network needs " << gradient_views_[i].sizes() << ".";
      throw base::ConfigError(text.str(), {{"parameter", parameters_[i].name}});
    }
    value::bring_home(parameter, memory_, memory_.ranges[i]);
  }
}

std::vector<at::Tensor> Network::forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) const {
  auto outputs = forward(inputs, mode, outputs_);
  return hooks_.empty() ? outputs : hooks_.apply("", inputs, std::move(outputs));
}

std::vector<at::Tensor> Network::forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode,
                                         const std::vector<std::size_t>& wanted) const {
  check_input_count(inputs_.size(), inputs.size());
  std::vector<at::Tensor> values;
  values.reserve(value_ids_.size());
  values.assign(inputs.begin(), inputs.end());
  std::vector<at::Tensor> arguments;
  for (const auto& node : nodes_) {
    arguments.clear();
    for (const auto input : node.inputs) arguments.push_back(values[input]);
    values.push_back(naming_node(node.id, node.operation_name, arguments,
                                 [&] { return forward_in_precision(*node.operation, arguments, mode); }));
    if (!hooks_.empty()) values.back() = hooks_.apply(node.id, arguments, {values.back()}).front();
  }
  std::vector<at::Tensor> results;
  for (const auto position : wanted) results.push_back(values[position]);
  return results;
}

NamedTensors Network::parameters() const {
  NamedTensors named;
  for (const auto& slot : parameters_) named.emplace_back(slot.name, *slot.tensor);
  return named;
}

NamedTensors Network::buffers() const {
  NamedTensors named;
  for (const auto& slot : buffers_) named.emplace_back(slot.name, *slot.tensor);
  return named;
}

at::Device Network::device() const { return memory_.values.device(); }

bool Network::has_dropout() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node.operation->has_dropout(); });
}

bool Network::has_user_code() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node.operation->is_user_code(); });
}

bool Network::normalises_batches() const {
  const auto normalises = [](const auto& node) { return node.operation->normalises_batches(); };
  return std::any_of(nodes_.begin(), nodes_.end(), normalises);
}

const OutputUnits* Network::output_units() const {
  const auto output = outputs_.front();
  if (output < inputs_.size()) return nullptr;
  return dynamic_cast<const OutputUnits*>(nodes_[output - inputs_.size()].operation.get());
}

bool Network::begin_plain_means() {
  bool any = false;
  for (const auto& node : nodes_) {
    auto* const averages = dynamic_cast<BatchAverages*>(node.operation.get());
    if (averages != nullptr && averages->begin_plain_means()) any = true;
  }
  return any;
}

void Network::end_plain_means() {
  for (const auto& node : nodes_) {
    auto* const averages = dynamic_cast<BatchAverages*>(node.operation.get());
    if (averages != nullptr) averages->end_plain_means();
  }
}

void Network::enable_gradients() { enable_gradients_in(at::zeros_like(memory_.values)); }

void Network::enable_gradients_in(at::Tensor memory) {
  memory_.gradients = std::move(memory);
  gradient_views_.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& range = memory_.ranges[i];
    auto& parameter = *parameters_[i].tensor;
    gradient_views_.push_back(memory_.gradients.narrow(0, range.offset, range.length).view(parameter.sizes()));
    parameter.set_requires_grad(range.trainable);
    parameter.mutable_grad() = gradient_views_.back();
  }
}

void Network::freeze(const std::vector<std::string>& names) {
  for (auto& range : memory_.ranges) {
    if (std::find(names.begin(), names.end(), range.name) != names.end()) range.trainable = false;
  }
}

void Network::reset_gradients() {
  restore_gradients();
  memory_.gradients.zero_();
}

void Network::restore_gradients() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    auto& gradient = parameters_[i].tensor->mutable_grad();
    if (!gradient.is_same(gradient_views_[i])) gradient = gradient_views_[i];
    memory_.ranges[i].trainable = parameters_[i].tensor->requires_grad();
  }
}

bool Network::has_gradient_hooks() const {
  return std::any_of(parameters_.begin(), parameters_.end(),
                     [](const auto& slot) { return !torch::autograd::impl::hooks(*slot.tensor).empty(); });
}

void Network::collect_gradients() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    auto& gradient = parameters_[i].tensor->mutable_grad();
    auto& view = gradient_views_[i];
    if (gradient.is_same(view)) continue;
    if (gradient.defined()) {
      view.copy_(gradient);
    } else {
      view.zero_();
    }
    gradient = view;
  }
}

void Network::load(const std::map<std::string, at::Tensor>& values) {
  const at::NoGradGuard no_grad;
  std::vector<Slot> slots = parameters_;
  slots.insert(slots.end(), buffers_.begin(), buffers_.end());
  for (const auto& slot : slots) {
    const auto found = values.find(slot.name);
    if (found == values.end()) throw base::ConfigError("The weights lack '" + slot.name + "'.", {{"name", slot.name}});
    check_number_kind(slot.name, found->second.scalar_type(), slot.tensor->scalar_type());
    if (found->second.sizes() != slot.tensor->sizes()) {
      throw base::ShapeError("Weight '" + slot.name + "' has shape " + full_shape_text(found->second) +
                             ", but the network needs " + full_shape_text(*slot.tensor) + ".");
    }
  }
  // All names of the network exist, so an unknown one means that there are more.
  if (values.size() > slots.size()) refuse_unknown(values, base::names_of(slots, &Slot::name));
  for (const auto& slot : slots) slot.tensor->copy_(values.at(slot.name));
}

void Network::to(const at::Device& target) {
  if (target == device()) return;
  const at::NoGradGuard no_grad;
  memory_.values = at::empty(memory_.values.sizes(), memory_.values.options().device(target));
  bring_parameters_home();
  for (const auto& slot : buffers_) slot.tensor->set_data(slot.tensor->to(target));
  if (memory_.gradients.defined()) enable_gradients();
}

}  // namespace mlr3libtorch::network
