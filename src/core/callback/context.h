#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/interrupt.h"
#include "core/callback/stage.h"
#include "core/callback/timing.h"
#include "core/data/loader.h"
#include "core/loss/loss.h"
#include "core/network/network.h"
#include "core/optim/optimizer.h"
#include "core/score/named_scores.h"

namespace mlr3libtorch::callback {

/// Whose stage is running; stays as it is if the stage throws, so that the error can say where it came from.
struct Running {
  std::string id;
  Stage stage;
};

/// Another target for the same outputs: the loss is (1 - share) * loss(y) + share * loss(y of this).
/// The same rows in another order, so that a mean over them is divided by the same.
struct SecondTarget {
  at::Tensor y;
  double share;
  at::Tensor weights = {};  // of the rows that `y` is from; undefined if the batch has none
};

/// What a run shows its callbacks. The Trainer writes it, callbacks read it and may write what their stage allows.
struct Context {
  network::Network& network;
  optim::Optimizer& optimizer;
  const loss::Loss& loss_fn;
  data::Loader& loader_train;
  data::Loader* loader_valid;  // nullptr without validation
  at::Generator generator;     // of the run: initial weights, shuffling, dropout
  std::int64_t classes = 0;    // of the target; 0 if it is not one of classes
  std::int64_t worker = 1;     // of those that the run is spread over, from 1
  std::int64_t workers = 1;

  std::int64_t total_epochs = 0;
  std::int64_t eval_freq = 1;
  std::int64_t epoch = 0;        // 0 before the first epoch
  std::int64_t step = 0;         // training batch within the epoch, from 1
  std::int64_t step_valid = 0;   // validation batch within the epoch, from 1
  std::int64_t global_step = 0;  // training batches of all epochs; goes on across a resume

  bool evaluated = false;       // whether the scores of this epoch are, or are being, computed
  bool terminate = false;       // checked when an epoch has ended
  std::string stopped_by = {};  // the callback that has set `terminate`; empty if it is not set
  bool stop_epoch = false;      // checked after each training batch
  bool skip_step = false;       // set in after_backward: the optimizer skips this batch
  /// True after an epoch's last batch if gradients were held back until then (`Callback::holds_gradients()`).
  /// The step with them is made unless `skip_step` is set.
  bool is_late_step = false;

  bool is_planned = false;                             // whether the compiled step is used
  std::vector<std::string> reasons_against_plan = {};  // a sentence for each
  kernel::Precision precision = kernel::Precision::kFloat32;

  data::Batch batch = {};
  bool is_scored = false;  // whether the outputs for the batch are scored, by the rows that it came with
  std::optional<SecondTarget> second_target = std::nullopt;  // of a training batch; set in batch_begin
  at::Tensor loss = {};                                      // scalar, of the last training batch
  std::vector<at::Tensor> y_hats = {};                       // the network's outputs for `batch`; the first is y_hat

  std::optional<double> last_rate = std::nullopt;        // learning rate of the last step, of the first parameter group
  std::optional<double> mean_loss_train = std::nullopt;  // of the last epoch whose training batches are over
  std::optional<double> mean_loss_valid = std::nullopt;  // of the last validation

  // of the last evaluated epoch, in the order of the measures
  std::optional<score::NamedScores> scores_train = std::nullopt;
  std::optional<score::NamedScores> scores_valid = std::nullopt;
  std::map<std::string, score::ScoreCount> counts_train = {};  // of this run, by measure
  std::map<std::string, score::ScoreCount> counts_valid = {};

  std::string validation_weights_of = {};  // the callback that puts its own weights in for validation
  bool has_validation_weights = false;     // whether they are in the network now

  base::Interrupt* interrupt = nullptr;  // of the training that is running; for loops over rows

  std::optional<Running> running = std::nullopt;
  Timing timing = {};
};

}  // namespace mlr3libtorch::callback
