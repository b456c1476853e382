#include "core/train/changes.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

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

/// Weights and buffers.
std::vector<at::Tensor> weights_of(const network::Network& network) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : network.parameters()) tensors.push_back(tensor);
  for (const auto& [name, tensor] : network.buffers()) tensors.push_back(tensor);
  return tensors;
}

std::vector<at::Tensor> gradients_of(const network::Network& network) {
  std::vector<at::Tensor> tensors{network.memory().gradients};
  for (const auto& [name, tensor] : network.parameters()) tensors.push_back(tensor.grad());
  return tensors;
}

std::vector<bool> trained_of(const network::Network& network) {
  std::vector<bool> trained;
  for (const auto& [name, tensor] : network.parameters()) trained.push_back(tensor.requires_grad());
  return trained;
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

Changes::Changes(Context& context, callback::Stage stage)
    : context_(context),
      watches_batch_(may_change_batch(stage)),
      numbers_(numbers_of(context)),
      stopped_by_(context.stopped_by),
      settings_(settings_of(context.optimizer)),
      optimizer_version_(context.optimizer.version()),
      trained_(trained_of(context.network)),
      weights_(versions(weights_of(context.network))),
      gradients_(versions(gradients_of(context.network))) {
  if (!watches_batch_) return;
  // As whoever reads the batch would do, so that reading it is no change.
  context.batch.own();
  context.batch.expand();
  batch_ = versions(tensors_of(context.batch));
}

Changes::Versions Changes::versions(const std::vector<at::Tensor>& tensors) {
  Versions versions;
  for (const auto& tensor : tensors) versions.push_back({tensor, tensor.defined() ? tensor._version() : 0});
  return versions;
}

bool Changes::differ(const Versions& before, const std::vector<at::Tensor>& tensors) {
  return !std::equal(before.begin(), before.end(), tensors.begin(), tensors.end(), [](const auto& was, const auto& is) {
    return was.tensor.is_same(is) && (!is.defined() || was.count == is._version());
  });
}

c10::IValue Changes::found() const {
  auto changes = value::make_dictionary();
  if (numbers_ != numbers_of(context_) || stopped_by_ != context_.stopped_by) {
    changes.insert("numbers", numbers_of(context_));
    changes.insert("stopped_by", context_.stopped_by);
  }
  auto settings = settings_of(context_.optimizer);
  if (settings != settings_) changes.insert("settings", to_list(settings));
  const bool has_stepped = optimizer_version_ != context_.optimizer.version();
  if (has_stepped) changes.insert("optimizer", context_.optimizer.state());
  if (has_stepped || differ(weights_, weights_of(context_.network)) || trained_ != trained_of(context_.network)) {
    changes.insert("network", network_state(context_.network));
  }
  if (differ(gradients_, gradients_of(context_.network))) {
    context_.network.collect_gradients();
    changes.insert("gradients", context_.network.memory().gradients);
  }
  const auto batch = tensors_of(context_.batch);
  if (watches_batch_ && differ(batch_, batch)) changes.insert("batch", to_list(batch));
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
  auto state = value::make_dictionary();
  std::vector<std::int64_t> trained;
  for (const bool is_trained : trained_of(network)) trained.push_back(is_trained ? 1 : 0);
  state.insert("tensors", to_list(weights_of(network)));
  state.insert("trained", trained);
  return state;
}

void load_network_state(network::Network& network, const c10::IValue& state) {
  const at::NoGradGuard no_gradients;
  const auto saved = state.toGenericDict();
  const auto tensors = saved.at("tensors");
  const auto values = tensors.toListRef();
  auto own = weights_of(network);
  for (std::size_t i = 0; i < own.size(); ++i) own[i].copy_(values[i].toTensor());
  const auto trained = saved.at("trained").toIntVector();
  for (std::size_t i = 0; i < trained.size(); ++i) own[i].set_requires_grad(trained[i] != 0);
}

}  // namespace mlr3libtorch::train
