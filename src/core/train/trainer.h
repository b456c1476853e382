#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/base/interrupt.h"
#include "core/callback/callback.h"
#include "core/callback/context.h"
#include "core/train/progress.h"
#include "core/train/scorer.h"
#include "core/train/step.h"

namespace mlr3libtorch::train {

using Callbacks = std::vector<std::unique_ptr<callback::Callback>>;

/// The training loop. Everything it is given must outlive it.
/// Exceptions of any kind pass through; the context then still says whose stage was running.
class Trainer {
 public:
  /// `callbacks` are called in the order given. `owns_batches`: batches that are views are made copies.
  Trainer(callback::Context& context, Progress& progress, Step& step, const Callbacks& callbacks, Scorer& scorer,
          base::Interrupt& interrupt, bool owns_batches);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// From `begin` to `end`; `exit` is the caller's, because it must run after a jump too.
  /// False if `progress.stop_asked` has stopped it early; `end` has not been called then.
  bool run();

 private:
  bool run_epochs();
  void begin_epoch();
  bool run_epoch();
  bool train_epoch();
  void train_batch();
  void make_step();
  void make_late_step();
  void record_epoch(double seconds);
  void end_epoch();
  void validate();
  bool must_stop();
  bool is_over() const;
  bool evaluation_due() const;
  void score_training();
  void call(callback::Stage stage);
  bool next_batch(data::Loader& loader);
  void count_loss(MeanLoss& mean, const at::Tensor& loss) const;

  /// A callback that subscribes to a stage, and the counter of its time.
  struct Subscriber {
    callback::Callback* callback;
    callback::TimeSpent* spent;
  };

  callback::Context& context_;
  Progress& progress_;
  Collector valid_outputs_;
  Step& step_;
  Scorer& scorer_;
  base::Interrupt& interrupt_;
  bool owns_batches_;
  std::array<std::vector<Subscriber>, callback::kStageCount> subscribers_;
};

/// Calls one callback's stage, if due, leaving its name in `context.running` if it throws. Returns whether it was due.
bool call_stage(callback::Callback& callback, callback::Stage stage, callback::Context& context);

}  // namespace mlr3libtorch::train
