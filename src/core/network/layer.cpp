#include "core/network/layer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/names.h"
#include "core/network/network.h"

namespace mlr3libtorch::network {

Layer::Layer(Node node) : node_(std::move(node)) { operations().bind(node_.operation, node_.parameters); }

Layer::Layer(Node node, std::shared_ptr<Operation> operation, std::vector<RowShape> example)
    : node_(std::move(node)), operation_(std::move(operation)), example_(std::move(example)) {}

void Layer::build(const std::vector<at::Tensor>& inputs, const at::Generator& generator) {
  check_count(inputs.size());
  try {
    make(inputs, generator);
  } catch (const c10::Error& error) {
    throw layer_error(id(), operation_name(), inputs, error);
  }
  if (owner_.empty() || !has_weights()) return;
  throw base::Error("function",
                    "Node '" + owner_ + "': the layer '" + id() +
                        "' has weights, but was not called when the network was built, neither outside of training nor "
                        "in it, so they are not among the network's; call it then, too.",
                    {{"node", owner_}, {"layer", id()}});
}

void Layer::make(const std::vector<at::Tensor>& inputs, const at::Generator& generator) {
  const at::NoGradGuard no_grad;
  auto& registry = operations();
  const auto arguments = registry.bind(operation_name(), node_.parameters);
  operation_ = registry.make(operation_name(), arguments, BuildInput{inputs, generator, id()});
  example_.clear();
  for (const auto& input : inputs) example_.push_back({input.sizes().slice(1).vec(), input.scalar_type()});
  for (const auto& slot : operation_->parameters()) slot.tensor->set_requires_grad(true);
  dimensions_ = has_weights() ? -1 : inputs.at(0).dim();
}

at::Tensor Layer::forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) {
  check_classes(inputs);
  const auto fits = is_built() && (dimensions_ < 0 || (!inputs.empty() && inputs[0].dim() == dimensions_));
  if (!fits) build(inputs, mode.generator);
  check_count(inputs.size());
  check_type(inputs[0]);
  try {
    return operation_->forward(inputs, mode);
  } catch (const c10::Error& error) {
    throw layer_error(id(), operation_name(), inputs, error);
  }
}

void Layer::check_count(std::size_t given) const {
  const auto count = operations().at(operation_name()).facts;
  if (count.takes(given)) return;
  throw base::ConfigError("Layer '" + id() + "' (" + operation_name() + ") takes " + count_text(count) +
                              (count.most == 1 ? " tensor, not " : " tensors, not ") + std::to_string(given) + ".",
                          {{"node", id()}, {"operation", operation_name()}});
}

void Layer::check_classes(const std::vector<at::Tensor>& inputs) const {
  for (std::size_t i = 0; i < std::min(inputs.size(), example_.size()); ++i) {
    if (c10::isFloatingType(example_[i].type) || !inputs[i].is_floating_point()) continue;
    throw base::ShapeError("Layer '" + id() + "' (" + operation_name() +
                           ") takes class numbers, which are integers, not numbers of type " +
                           c10::toString(inputs[i].scalar_type()) + "; convert them by `$to(dtype = \"int64\")`.");
  }
}

void Layer::check_type(const at::Tensor& input) const {
  const auto slots = operation_->parameters();
  if (slots.empty() || !input.is_floating_point()) return;
  const auto type = slots.front().tensor->scalar_type();
  if (type == input.scalar_type()) return;
  throw base::ShapeError("Layer '" + id() + "' (" + operation_name() + ") has weights of type " + c10::toString(type) +
                         ", but its input is of type " + c10::toString(input.scalar_type()) +
                         "; convert one of them with `$to(dtype = )`.");
}

std::vector<Slot> Layer::parameters() const { return is_built() ? operation_->parameters() : std::vector<Slot>{}; }

std::vector<Slot> Layer::buffers() const { return is_built() ? operation_->buffers() : std::vector<Slot>{}; }

void Layer::replace(const std::string& name, const at::Tensor& tensor) {
  auto slots = parameters();
  const auto more = buffers();
  slots.insert(slots.end(), more.begin(), more.end());
  for (const auto& slot : slots) {
    if (slot.name != name) continue;
    if (tensor.sizes() != slot.tensor->sizes()) {
      throw base::ShapeError("'" + name + "' of the layer '" + id() + "' has the shape " +
                             c10::str(slot.tensor->sizes()) + ", not " + c10::str(tensor.sizes()) + ".");
    }
    *slot.tensor = tensor;
    return;
  }
  throw base::UnknownNameError("weight of the layer '" + id() + "'", name, base::names_of(slots, &Slot::name));
}

}  // namespace mlr3libtorch::network
