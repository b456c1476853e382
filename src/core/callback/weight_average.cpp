#include "core/callback/weight_average.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/callback/batch_statistics.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::callback {
namespace {

/// Everything that an average replaces: the flat weights and the buffers.
std::vector<at::Tensor> live_tensors(network::Network& network) {
  std::vector<at::Tensor> tensors{network.memory().values};
  for (const auto& [name, buffer] : network.buffers()) tensors.push_back(buffer);
  return tensors;
}

void copy_all(const std::vector<at::Tensor>& from, const std::vector<at::Tensor>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
}

std::vector<at::Tensor> clone_all(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> copies;
  for (const auto& tensor : tensors) copies.push_back(tensor.clone());
  return copies;
}

c10::IValue to_list(const std::vector<at::Tensor>& tensors) {
  auto list = value::make_list();
  for (const auto& tensor : tensors) list.push_back(tensor.clone());
  return list;
}

/// A state's tensors on the network's device; refuses those of a network of another shape.
void fit(std::vector<at::Tensor>& saved, const std::vector<at::Tensor>& live, const std::string& id) {
  bool fits = saved.empty() || saved.size() == live.size();
  for (std::size_t i = 0; fits && i < saved.size(); ++i) fits = saved[i].sizes() == live[i].sizes();
  if (!fits) throw base::Error("state", "The state of callback '" + id + "' belongs to a network of another shape.");
  for (std::size_t i = 0; i < saved.size(); ++i) saved[i] = saved[i].to(live[i].options());
}

}  // namespace

WeightAverage::WeightAverage(NativeSetup setup) : NativeCallback(std::move(setup)) {}

StageSet WeightAverage::stages_with(Stage own) {
  StageSet stages{Stage::kBegin, Stage::kBeforeValid, Stage::kEpochEnd, Stage::kEnd};
  stages.add(own);
  return stages;
}

void WeightAverage::run(Stage stage, Context& context) {
  if (stage == Stage::kBegin) return begin(context);
  if (const auto part = share(stage, context, updates_); part > 0) update(context, part);
  if (stage == Stage::kBeforeValid && context.evaluated && context.loader_valid != nullptr) swap_in(context);
  if (stage == Stage::kEpochEnd) swap_out(context);
  if (stage == Stage::kEnd) swap_in(context);
}

void WeightAverage::begin(Context& context) {
  if (!context.validation_weights_of.empty()) {
    throw base::ConfigError("The callbacks '" + context.validation_weights_of + "' and '" + id() +
                                "' both put their own weights into the network for validation; keep one.",
                            {{"callback", id()}});
  }
  context.validation_weights_of = id();
  const auto live = live_tensors(context.network);
  fit(average_, live, id());
  fit(training_, live, id());
  swap_out(context);
}

void WeightAverage::update(Context& context, double share) {
  const auto live = live_tensors(context.network);
  ++updates_;
  is_measured_ = false;
  if (average_.empty()) {
    average_ = clone_all(live);
    return;
  }
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (live[i].is_floating_point()) {
      average_[i].lerp_(live[i], share);
    } else {
      average_[i].copy_(live[i]);
    }
  }
}

/// One pass for each average, however often it is used.
void WeightAverage::measure(Context& context) {
  if (is_measured_) return;
  measure_batch_statistics(context);
  copy_all(live_tensors(context.network), average_);
  is_measured_ = true;
}

void WeightAverage::swap_in(Context& context) {
  if (average_.empty() || !training_.empty()) return;
  const auto live = live_tensors(context.network);
  training_ = clone_all(live);
  copy_all(average_, live);
  context.has_validation_weights = true;
  measure(context);
}

void WeightAverage::swap_out(Context& context) {
  if (training_.empty()) return;
  copy_all(training_, live_tensors(context.network));
  training_.clear();
  context.has_validation_weights = false;
}

c10::IValue WeightAverage::state() const {
  auto state = value::make_dictionary();
  state.insert("updates", updates_);
  state.insert("average", to_list(average_));
  state.insert("training", to_list(training_));
  return state;
}

void WeightAverage::load_state(const c10::IValue& saved) {
  const auto state = value::read_dictionary(saved, "the state of a weight average");
  const auto updates = value::read_count(state, "updates", id());
  auto average = value::read_tensors(value::field(state, "average", id()), "'average'");
  auto training = value::read_tensors(value::field(state, "training", id()), "'training'");
  updates_ = updates;
  average_ = std::move(average);
  training_ = std::move(training);
}

}  // namespace mlr3libtorch::callback
