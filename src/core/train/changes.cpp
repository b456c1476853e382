#include "core/train/changes.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/value/plain_state.h"

namespace mlr3libtorch::train {
namespace {

using callback::Context;

std::vector<std::int64_t> numbers_of(const Context& context) {
  return {context.total_epochs, context.eval_freq, static_cast<std::int64_t>(context.terminate),
          static_cast<std::int64_t>(context.stop_epoch), static_cast<std::int64_t>(context.skip_step)};
}

void set_numbers(Context& context, const std::vector<std::int64_t>& numbers) {
  context.total_epochs = numbers.at(0);
  context.eval_freq = numbers.at(1);
  context.terminate = numbers.at(2) != 0;
  context.stop_epoch = numbers.at(3) != 0;
  context.skip_step = numbers.at(4) != 0;
}

std::vector<value::NamedValues> settings_of(const optim::Optimizer& optimizer) {
  std::vector<value::NamedValues> settings;
  for (const auto& group : optimizer.groups()) settings.push_back(group.settings.values());
  return settings;
}

c10::IValue to_list(const std::vector<value::NamedValues>& settings) {
  auto list = value::make_list();
  for (const auto& group : settings) {
    auto values = value::make_dictionary();
    for (const auto& [name, setting] : group) values.insert(name, setting);
    list.push_back(values);
  }
  return list;
}

void set_settings(optim::Optimizer& optimizer, const c10::IValue& list) {
  auto group = optimizer.groups().begin();
  for (const c10::IValue& values : list.toListRef()) {
    for (const auto& setting : values.toGenericDict()) {
      group->settings.set(setting.key().toStringRef(), setting.value());
    }
    ++group;
  }
}

std::vector<at::Tensor> tensors_of(const data::Batch& batch) {
  auto tensors = batch.x;
  tensors.push_back(batch.y);
  tensors.push_back(batch.weights);
  return tensors;
}

/// Copies: a view would be written with all of the memory that it is a view of.
c10::IValue to_list(const std::vector<at::Tensor>& tensors) {
  auto list = value::make_list();
  for (const auto& tensor : tensors) list.push_back(tensor.defined() ? c10::IValue(tensor.clone()) : c10::IValue());
  return list;
}

void set_batch(data::Batch& batch, const c10::IValue& list) {
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& value : list.toListRef()) tensors.push_back(value.isNone() ? at::Tensor() : value.toTensor());
  batch.weights = tensors.back();
  tensors.pop_back();
  batch.y = tensors.back();
  tensors.pop_back();
  batch.x = std::move(tensors);
  batch.codes.clear();
  batch.is_view = false;
}

bool may_change_batch(callback::Stage stage) {
  return stage == callback::Stage::kBatchBegin || stage == callback::Stage::kBatchValidBegin;
}

}  // namespace

Changes::Changes(Context& context, callback::Stage stage) : context_(context), watches_batch_(may_change_batch(stage)) {
  if (watches_batch_) {
    // As whoever reads the batch would do, so that reading it is no change.
    context.batch.own();
    context.batch.expand();
  }
  before_ = look();
}

Changes::Look Changes::look() const {
  Look now;
  now.numbers = numbers_of(context_);
  now.stopped_by = context_.stopped_by;
  now.settings = settings_of(context_.optimizer);
  now.steps = context_.optimizer.version();
  const auto note = [](Versions& versions, const at::Tensor& tensor) {
    versions.push_back({tensor, tensor.defined() ? tensor._version() : 0});
  };
  note(now.gradients, context_.network.memory().gradients);
  for (const auto& [name, weight] : context_.network.parameters()) {
    note(now.weights, weight);
    note(now.gradients, weight.grad());
    now.trained.push_back(weight.requires_grad());
  }
  for (const auto& [name, buffer] : context_.network.buffers()) note(now.buffers, buffer);
  if (!watches_batch_) return now;
  for (const auto& tensor : tensors_of(context_.batch)) note(now.batch, tensor);
  return now;
}

c10::IValue Changes::found() const {
  const auto now = look();
  auto changes = value::make_dictionary();
  if (now.numbers != before_.numbers || now.stopped_by != before_.stopped_by) {
    changes.insert("numbers", now.numbers);
    changes.insert("stopped_by", now.stopped_by);
  }
  if (now.settings != before_.settings) changes.insert("settings", to_list(now.settings));
  const bool has_stepped = now.steps != before_.steps;
  if (has_stepped) changes.insert("optimizer", context_.optimizer.state());
  if (has_stepped || now.weights != before_.weights || now.buffers != before_.buffers ||
      now.trained != before_.trained) {
    changes.insert("network", network_state(context_.network));
  }
  if (now.gradients != before_.gradients) {
    context_.network.collect_gradients();
    changes.insert("gradients", context_.network.memory().gradients);
  }
  if (now.batch != before_.batch) changes.insert("batch", to_list(tensors_of(context_.batch)));
  return changes.empty() ? c10::IValue() : c10::IValue(changes);
}

void apply_changes(Context& context, const c10::IValue& changes) {
  if (changes.isNone()) return;
  const at::NoGradGuard no_gradients;
  const auto found = changes.toGenericDict();
  if (found.contains("numbers")) {
    set_numbers(context, found.at("numbers").toIntVector());
    context.stopped_by = found.at("stopped_by").toStringRef();
  }
  if (found.contains("settings")) set_settings(context.optimizer, found.at("settings"));
  if (found.contains("optimizer")) context.optimizer.load_state(found.at("optimizer"));
  if (found.contains("network")) load_network_state(context.network, found.at("network"));
  if (found.contains("gradients")) {
    context.network.restore_gradients();
    context.network.memory().gradients.copy_(found.at("gradients").toTensor());
  }
  if (found.contains("batch")) set_batch(context.batch, found.at("batch"));
}

c10::IValue network_state(const network::Network& network) {
  std::vector<at::Tensor> weights, buffers;
  std::vector<std::int64_t> trained;
  for (const auto& [name, weight] : network.parameters()) {
    weights.push_back(weight);
    trained.push_back(weight.requires_grad() ? 1 : 0);
  }
  for (const auto& [name, buffer] : network.buffers()) buffers.push_back(buffer);
  auto state = value::make_dictionary();
  state.insert("weights", to_list(weights));
  state.insert("buffers", to_list(buffers));
  state.insert("trained", trained);
  return state;
}

void load_network_state(network::Network& network, const c10::IValue& state) {
  const at::NoGradGuard no_gradients;
  const auto saved = state.toGenericDict();
  const auto copy = [&](const char* name, const network::NamedTensors& to) {
    const auto from = value::read_tensors(saved.at(name), name);
    for (std::size_t i = 0; i < to.size(); ++i) to[i].second.copy_(from[i]);
  };
  const auto weights = network.parameters();
  copy("weights", weights);
  copy("buffers", network.buffers());
  const auto trained = saved.at("trained").toIntVector();
  for (std::size_t i = 0; i < trained.size(); ++i) weights[i].second.set_requires_grad(trained[i] != 0);
}

}  // namespace mlr3libtorch::train
