#include "core/train/progress.h"

#include <ATen/ATen.h>

#include <string>

#include "core/base/error.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::train {
namespace {

constexpr auto kOwner = "running epoch";
constexpr auto kLimits = "limits of a run";

at::Tensor read_tensor(const value::Dictionary& state, const std::string& name) {
  const auto saved = value::field(state, name, kOwner);
  if (saved.isTensor() && saved.toTensor().defined()) return saved.toTensor();
  throw base::Error("state", "In a saved state, '" + name + "' is not a tensor.", {{"field", name}});
}

/// Outputs and their rows, as `epoch_state()` has kept them.
Collector read_outputs(const value::Dictionary& state) {
  Collector outputs;
  if (!state.contains("y_hat")) return outputs;
  const auto y_hat = read_tensor(state, "y_hat");
  const auto index = read_tensor(state, "y_hat_rows");
  if (index.scalar_type() != at::kLong || index.dim() != 1 || y_hat.dim() == 0 || y_hat.size(0) != index.size(0)) {
    throw base::Error("state", "In a saved state, 'y_hat' does not have one row for each of 'y_hat_rows'.",
                      {{"field", std::string("y_hat")}});
  }
  outputs.add(y_hat, index);
  return outputs;
}

bool read_flag(const value::Dictionary& state, const std::string& name, const std::string& owner) {
  const auto saved = value::field(state, name, owner);
  if (saved.isBool()) return saved.toBool();
  throw base::Error("state", "In a saved state, '" + name + "' is not TRUE or FALSE.", {{"field", name}});
}

/// Only states of runs whose source is random have it.
std::uint64_t read_draw(const value::Dictionary& state) {
  if (!state.contains("draw")) return 0;
  const auto draw = read_tensor(state, "draw");
  if (draw.scalar_type() == at::kLong && draw.numel() == 1)
    return static_cast<std::uint64_t>(draw.item<std::int64_t>());
  throw base::Error("state", "In a saved state, 'draw' is not one whole number.", {{"field", std::string("draw")}});
}

/// States of earlier versions do not have it.
std::string read_stopped_by(const value::Dictionary& state) {
  if (!state.contains("stopped_by")) return {};
  const auto texts = value::read_strings(state.at("stopped_by"), "'stopped_by'");
  return texts.empty() ? std::string() : texts.front();
}

}  // namespace

c10::IValue limits_state(const Limits& limits) {
  auto state = value::make_dictionary();
  state.insert("epochs_asked", limits.epochs_asked);
  state.insert("eval_freq_asked", limits.eval_freq_asked);
  state.insert("epochs", limits.epochs);
  state.insert("eval_freq", limits.eval_freq);
  state.insert("terminate", limits.terminate);
  state.insert("stopped_by", limits.stopped_by);
  return state;
}

Limits read_limits(const c10::IValue& saved) {
  const auto state = value::read_dictionary(saved, kLimits);
  return {value::read_count(state, "epochs_asked", kLimits),
          value::read_count(state, "eval_freq_asked", kLimits),
          value::read_count(state, "epochs", kLimits),
          value::read_count(state, "eval_freq", kLimits),
          read_flag(state, "terminate", kLimits),
          read_stopped_by(state)};
}

c10::IValue epoch_state(const Progress& progress, const callback::Context& context) {
  auto state = value::make_dictionary();
  state.insert("steps", progress.steps);
  state.insert("rows", progress.rows);
  const auto loader = context.loader_train.state();
  state.insert("order", loader.order.clone());
  if (loader.ends.defined()) state.insert("ends", loader.ends.clone());
  // As a tensor: a host language may have no whole numbers of 64 bits.
  if (loader.draw != 0) state.insert("draw", at::scalar_tensor(static_cast<std::int64_t>(loader.draw), at::kLong));
  state.insert("stop_epoch", context.stop_epoch);
  state.insert("mean_loss", progress.loss.state());
  if (!progress.outputs.empty()) {
    const auto predictions = progress.outputs.predictions();
    state.insert("y_hat", predictions.y_hat.clone());
    state.insert("y_hat_rows", predictions.index.clone());
  }
  return state;
}

EpochState read_epoch_state(const c10::IValue& saved, const data::Loader& loader) {
  const auto state = value::read_dictionary(saved, kOwner);
  EpochState epoch;
  epoch.loader.order = read_tensor(state, "order");
  if (state.contains("ends")) epoch.loader.ends = read_tensor(state, "ends");
  epoch.loader.rows = value::read_count(state, "rows", kOwner);
  epoch.loader.batches = value::read_count(state, "steps", kOwner);
  epoch.loader.draw = read_draw(state);
  loader.check_state(epoch.loader);
  epoch.stop_epoch = read_flag(state, "stop_epoch", kOwner);
  epoch.loss.load_state(state.contains("mean_loss") ? state.at("mean_loss") : c10::IValue());
  epoch.outputs = read_outputs(state);
  return epoch;
}

}  // namespace mlr3libtorch::train
