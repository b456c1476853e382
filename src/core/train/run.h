#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/parallel/exchange.h"
#include "core/train/choose_step.h"
#include "core/train/environment.h"
#include "core/train/heap_scope.h"
#include "core/train/optimizer_request.h"
#include "core/train/trainer.h"

namespace mlr3libtorch::train {

/// The host language reads the defaults of those that a user sets.
struct RunOptions {
  std::int64_t epochs = 1;
  data::LoaderOptions loader{1, true};
  std::int64_t batch_size_valid = 1;
  std::int64_t eval_freq = 1;
  /// Of the target; 0 if it is not one of classes.
  std::int64_t classes = 0;
  int threads = 1;
  /// "cpu", "cuda:0", …; "auto" takes the first available one of cuda, mps and cpu.
  std::string device = "auto";
  /// Whether the rows are moved to the device once, instead of each batch in its step.
  bool data_on_device = false;
  PlanUse plan = PlanUse::kAuto;
  /// Of the matrix products.
  kernel::Precision precision = kernel::Precision::kFloat32;
  /// With the other workers of a run that is spread over several; null if it is not.
  std::shared_ptr<parallel::Exchange> exchange = nullptr;
  /// Whether batch normalisation takes its statistics of all rows of a batch, or each worker those of its share.
  bool sync_batch_norm = true;
};

/// Everything one training needs, from its first epoch to its last. Owned by whoever called for the training.
class Run {
 public:
  /// `generator` has made the network's weights and goes on to shuffle and drop out.
  /// The network is moved to the device of `options`. Making a run does not change the process's settings.
  Run(std::shared_ptr<network::Network> network, const data::Dataset& train, const std::optional<data::Dataset>& valid,
      std::unique_ptr<loss::Loss> loss, const OptimizerRequest& optimizer, const RunOptions& options,
      const at::Generator& generator, Callbacks callbacks);

  /// Changes the process's threads and LibTorch's generator, and starts threads for a compiled step, until the run is
  /// destroyed. Must be called first.
  void begin();
  /// False if `ask_to_stop()` has ended the training before its end.
  bool train(Scorer& scorer, base::Interrupt& interrupt);
  /// One callback's stage around the loop, `stop` or `exit`, if it has it.
  void call(callback::Stage stage, callback::Callback& callback);

  /// An update with the gradients that parameters have now, beside those that the loop makes. A parameter without one
  /// is left out. Not while a callback has its own weights in the network.
  void step_now();

  callback::Context& context() noexcept { return context_; }
  const std::shared_ptr<network::Network>& network() const noexcept { return network_; }
  const Callbacks& callbacks() const noexcept { return callbacks_; }
  /// Of the epochs that this run has finished.
  const std::vector<EpochRecord>& history() const noexcept { return progress_.history; }

  /// The training rows' mean loss if the network gave the same best outputs for all of them; none if that is not known,
  /// see `Loss::constant_loss()`.
  std::optional<double> constant_loss() const;

  /// Training ends after the current batch or validation, where it can go on later with the same bits.
  void ask_to_stop() noexcept { progress_.stop_asked = true; }
  bool is_asked_to_stop() const noexcept { return progress_.stop_asked; }

  /// Optimizer, generators, counters and, in the middle of an epoch, its order of rows and outputs so far, as a
  /// dictionary; weights are the network's own. Of the last complete step; exact between epochs and in `batch_end`.
  c10::IValue state() const;
  /// Refuses what is not the state of such a run (kind "state"), and then changes nothing.
  void load_state(const c10::IValue& saved);

 private:
  /// Puts the gradients where the workers can add them up fastest.
  void share_gradients(base::Interrupt& interrupt);
  /// Makes the other workers' runs like that of the first.
  void share_state(base::Interrupt& interrupt);
  Limits limits() const;
  void load_limits(const Limits& saved);
  void load_epoch(EpochState saved);

  std::shared_ptr<parallel::Exchange> exchange_;
  std::optional<ProcessScope> process_;
  int threads_;
  std::optional<kernel::ThreadPool> pool_;
  std::shared_ptr<network::Network> network_;
  std::unique_ptr<loss::Loss> loss_;
  optim::Optimizer optimizer_;
  Callbacks callbacks_;
  data::Loader loader_train_;
  std::unique_ptr<data::Loader> loader_valid_;
  ChosenStep step_;
  callback::Context context_;
  Progress progress_;
  std::int64_t epochs_asked_;
  std::int64_t eval_freq_asked_;
  bool owns_batches_;
  // Last, so that the others' memory is freed after it.
  std::optional<HeapScope> heap_;
};

}  // namespace mlr3libtorch::train
