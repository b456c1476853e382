#include "core/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace mlr3libtorch::train {

using callback::Part;
using callback::Stage;

/// Keeps the outputs of a pass, if somebody wants them.
class Trainer::Collector {
 public:
  explicit Collector(bool wanted) : wanted_(wanted) {}

  void add(const callback::Context& context) {
    if (!wanted_) return;
    y_hats_.push_back(context.y_hats.front());
    indices_.push_back(context.batch.index);
  }
  bool wanted() const { return wanted_ && !y_hats_.empty(); }
  Predictions predictions() const { return {at::cat(y_hats_), at::cat(indices_)}; }

 private:
  bool wanted_;
  std::vector<at::Tensor> y_hats_;
  std::vector<at::Tensor> indices_;
};

Trainer::Trainer(callback::Context& context, Step& step, const Callbacks& callbacks, Scorer& scorer,
                 base::Interrupt& interrupt)
    : context_(context), step_(step), scorer_(scorer), interrupt_(interrupt) {
  for (const auto& callback : callbacks) {
    const auto stages = callback->stages();
    for (const auto& info : callback::kStages) {
      if (!stages.contains(info.stage)) continue;
      auto& spent = context_.timing.add_stage(info.stage, callback->id());
      subscribers_[static_cast<std::size_t>(info.stage)].push_back({callback.get(), &spent});
    }
  }
}

void call_stage(callback::Callback& callback, Stage stage, callback::Context& context) {
  context.running = callback::Running{callback.id(), stage};
  callback.run(stage, context);
  context.running.reset();
}

void Trainer::call(Stage stage) {
  for (const auto& subscriber : subscribers_[static_cast<std::size_t>(stage)]) {
    call_stage(*subscriber.callback, stage, context_);
    context_.timing.lap(*subscriber.spent);
  }
}

void Trainer::run() {
  const at::NoGradGuard no_gradients;
  context_.timing.start();
  call(Stage::kBegin);
  while (!context_.terminate && context_.epoch < context_.total_epochs) run_epoch();
  call(Stage::kEnd);
}

void Trainer::run_epoch() {
  ++context_.epoch;
  context_.step = 0;
  context_.step_valid = 0;
  context_.stop_epoch = false;
  context_.evaluated = false;
  call(Stage::kEpochBegin);
  Collector collector(scorer_.wants_train());
  train_epoch(collector);
  score_training(collector);
  call(Stage::kBeforeValid);
  score_training(collector);
  if (context_.evaluated && context_.loader_valid != nullptr) validate();
  call(Stage::kEpochEnd);
}

bool Trainer::next_batch(data::Loader& loader) {
  interrupt_.check();
  if (!loader.next(context_.batch)) return false;
  const auto device = context_.network.device();
  if (device.is_cpu()) return true;
  for (auto& x : context_.batch.x) x = x.to(device);
  if (context_.batch.y.defined()) context_.batch.y = context_.batch.y.to(device);
  return true;
}

void Trainer::train_epoch(Collector& collector) {
  context_.loader_train.begin_epoch();
  while (!context_.stop_epoch && next_batch(context_.loader_train)) {
    context_.timing.lap(Part::kData);
    ++context_.step;
    ++context_.global_step;
    train_batch();
    collector.add(context_);
  }
}

void Trainer::train_batch() {
  context_.skip_step = false;
  context_.second_target.reset();
  call(Stage::kBatchBegin);
  step_.compute_gradients(context_, interrupt_);
  call(Stage::kAfterBackward);
  if (!context_.skip_step) {
    step_.update(context_);
    context_.timing.lap(Part::kStep);
  }
  call(Stage::kBatchEnd);
}

/// The last epoch is always evaluated, also when a callback has just made it the last.
bool Trainer::evaluation_due() const {
  return context_.epoch % context_.eval_freq == 0 || context_.epoch >= context_.total_epochs || context_.terminate;
}

/// Once an epoch, as soon as it is known that its scores are due.
void Trainer::score_training(const Collector& collector) {
  if (context_.evaluated || !evaluation_due()) return;
  context_.evaluated = true;
  if (!collector.wanted()) return;
  scorer_.score_train(collector.predictions());
  context_.timing.lap(Part::kScores);
}

void Trainer::validate() {
  Collector collector(scorer_.wants_valid());
  context_.loader_valid->begin_epoch();
  while (next_batch(*context_.loader_valid)) {
    context_.timing.pause(Part::kValidation);
    ++context_.step_valid;
    call(Stage::kBatchValidBegin);
    step_.evaluate(context_, interrupt_);
    context_.timing.lap(Part::kValidation);
    call(Stage::kBatchValidEnd);
    collector.add(context_);
  }
  if (collector.wanted()) {
    scorer_.score_valid(collector.predictions());
    context_.timing.lap(Part::kScores);
  }
  call(Stage::kValidEnd);
}

}  // namespace mlr3libtorch::train
