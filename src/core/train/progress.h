#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/callback/context.h"
#include "core/train/collector.h"
#include "core/train/mean_loss.h"

namespace mlr3libtorch::train {

/// The results of an epoch; missing numbers are NaN.
struct EpochRecord {
  std::int64_t epoch;
  double loss_train;  // the mean over the training batches
  double loss_valid;  // the mean over the validation rows, of an evaluated epoch
  double rate;        // of the last batch, see `Context::last_rate`
  double seconds;     // that this run spent on it
  /// Of an evaluated epoch.
  score::NamedScores scores_train = {};
  score::NamedScores scores_valid = {};
};

/// How far a run has come, counting what is complete. The context counts what has been begun.
struct Progress {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;         // of the epoch that is running
  std::int64_t rows = 0;          // that those steps took from the epoch's order
  std::int64_t global_steps = 0;  // of all epochs
  /// From `epoch_begin` to `epoch_end`, both excluded.
  bool in_epoch = false;
  /// Of the epoch's complete steps.
  MeanLoss loss = {};
  /// Of the epochs that this run has finished.
  std::vector<EpochRecord> history = {};
  /// Outputs of the epoch's complete steps, where training scores are wanted.
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
  std::string stopped_by = {};
};
c10::IValue limits_state(const Limits& limits);
Limits read_limits(const c10::IValue& saved);

/// The part of a run's state that only a run in the middle of an epoch has.
c10::IValue epoch_state(const Progress& progress, const callback::Context& context);

/// An `epoch_state()`, checked as far as it can be without its run.
struct EpochState {
  data::LoaderState loader = {};
  bool stop_epoch = false;
  MeanLoss loss = {};
  Collector outputs = {};
};
EpochState read_epoch_state(const c10::IValue& saved, const data::Loader& loader);

}  // namespace mlr3libtorch::train
