#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <vector>

#include "core/callback/context.h"
#include "core/train/scorer.h"

namespace mlr3libtorch::train {

/// Keeps the outputs of a pass.
class Collector {
 public:
  void add(const at::Tensor& y_hat, const at::Tensor& index);
  void clear();
  bool empty() const { return y_hats_.empty(); }
  /// Not of an empty one.
  Predictions predictions() const;

 private:
  std::vector<at::Tensor> y_hats_;
  std::vector<at::Tensor> indices_;
};

/// How far a run has come, counting what is complete. The context counts what has been begun.
struct Progress {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;         // of the epoch that is running
  std::int64_t rows = 0;          // that those steps took from the epoch's order
  std::int64_t global_steps = 0;  // of all epochs
  /// From `epoch_begin` to `epoch_end`, both excluded.
  bool in_epoch = false;
  /// Outputs of the epoch's complete steps, if training scores are wanted.
  Collector outputs = {};
  /// Whether the run must stop where it can go on later: after the current batch or validation.
  bool stop_asked = false;
};

/// What was asked for, and what callbacks have changed it to.
struct Limits {
  std::int64_t epochs_asked = 0;
  std::int64_t eval_freq_asked = 1;
  std::int64_t epochs = 0;
  std::int64_t eval_freq = 1;
  bool terminate = false;
};
c10::IValue limits_state(const Limits& limits);
Limits read_limits(const c10::IValue& saved);

/// The part of a run's state that only a run in the middle of an epoch has.
c10::IValue epoch_state(const Progress& progress, const callback::Context& context);

/// An `epoch_state()`, checked as far as it can be without its run.
struct EpochState {
  data::LoaderState loader = {};
  bool stop_epoch = false;
  Collector outputs = {};
};
EpochState read_epoch_state(const c10::IValue& saved, const data::Loader& loader);

}  // namespace mlr3libtorch::train
