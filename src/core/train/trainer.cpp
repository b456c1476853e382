#include "core/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace mlr3libtorch::train {

using callback::Part;
using callback::Stage;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double learning_rate(const optim::Optimizer& optimizer) {
  return optimizer.groups().front().settings.get<double>("lr");
}

void count_scores(const score::NamedScores& scores, std::map<std::string, score::ScoreCount>& counts) {
  for (const auto& [id, value] : scores) {
    auto& count = counts[id];
    ++count.evaluations;
    if (std::isnan(value)) ++count.undefined;
  }
}

}  // namespace

Trainer::Trainer(callback::Context& context, Progress& progress, Step& step, const Callbacks& callbacks, Scorer& scorer,
                 base::Interrupt& interrupt, bool owns_batches)
    : context_(context),
      progress_(progress),
      step_(step),
      scorer_(scorer),
      interrupt_(interrupt),
      owns_batches_(owns_batches) {
  context_.interrupt = &interrupt;
  for (const auto& callback : callbacks) {
    const auto stages = callback->stages();
    for (const auto& info : callback::kStages) {
      if (!stages.contains(info.stage)) continue;
      auto& spent = context_.timing.add_stage(info.stage, callback->id());
      subscribers_[static_cast<std::size_t>(info.stage)].push_back({callback.get(), &spent});
    }
  }
}

Trainer::~Trainer() { context_.interrupt = nullptr; }

bool call_stage(callback::Callback& callback, Stage stage, callback::Context& context) {
  if (!callback.due(stage, context)) return false;
  context.running = callback::Running{callback.id(), stage};
  const bool was_over = context.terminate;
  callback.run(stage, context);
  context.running.reset();
  if (context.terminate != was_over) context.stopped_by = context.terminate ? callback.id() : std::string();
  return true;
}

void Trainer::call(Stage stage) {
  for (const auto& subscriber : subscribers_[static_cast<std::size_t>(stage)]) {
    if (call_stage(*subscriber.callback, stage, context_)) context_.timing.lap(*subscriber.spent);
  }
}

bool Trainer::run() {
  const at::NoGradGuard no_gradients;
  context_.timing.start();
  call(Stage::kBegin);
  if (!run_epochs()) return false;
  call(Stage::kEnd);
  return true;
}

bool Trainer::run_epochs() {
  while (progress_.in_epoch || !is_over()) {
    if (must_stop()) return false;
    if (!progress_.in_epoch) begin_epoch();
    if (!run_epoch()) return false;
  }
  return true;
}

bool Trainer::must_stop() { return step_.agree_to_stop(progress_.stop_asked); }

bool Trainer::is_over() const { return context_.terminate || context_.epoch >= context_.total_epochs; }

void Trainer::begin_epoch() {
  ++context_.epoch;
  context_.step = 0;
  context_.step_valid = 0;
  context_.stop_epoch = false;
  context_.is_late_step = false;
  context_.evaluated = false;
  // First, so that callbacks know how many batches the epoch has.
  context_.loader_train.begin_epoch();
  call(Stage::kEpochBegin);
  progress_.steps = 0;
  progress_.rows = 0;
  progress_.loss = {};
  progress_.outputs.clear();
  progress_.in_epoch = true;
}

/// From the epoch's current position to its end; false if the run was stopped before.
bool Trainer::run_epoch() {
  const auto started = Clock::now();
  if (!train_epoch()) return false;
  context_.mean_loss_train = progress_.loss.value();
  score_training();
  call(Stage::kBeforeValid);
  score_training();
  if (context_.evaluated && context_.loader_valid != nullptr) validate();
  record_epoch(std::chrono::duration<double>(Clock::now() - started).count());
  end_epoch();
  return true;
}

void Trainer::record_epoch(double seconds) {
  EpochRecord record{context_.epoch, *context_.mean_loss_train, kNone, context_.last_rate.value_or(kNone), seconds};
  if (context_.evaluated) {
    record.loss_valid = context_.mean_loss_valid.value_or(kNone);
    record.scores_train = context_.scores_train.value_or(score::NamedScores());
    record.scores_valid = context_.scores_valid.value_or(score::NamedScores());
  }
  progress_.history.push_back(std::move(record));
}

/// Counts and keeps what a checkpoint needs, before `epoch_end`, in which one may be made.
void Trainer::end_epoch() {
  progress_.in_epoch = false;
  progress_.outputs.clear();
  progress_.epochs = context_.epoch;
  call(Stage::kEpochEnd);
}

bool Trainer::next_batch(data::Loader& loader) {
  if (!loader.next(context_.batch, interrupt_)) return false;
  const auto device = context_.network.device();
  if (!device.is_cpu()) context_.batch.move_to(device);
  if (owns_batches_) context_.batch.own();
  return true;
}

/// A stop during the last batch waits for the validation: there is nothing left to interrupt.
bool Trainer::train_epoch() {
  context_.is_scored = scorer_.wants_train();
  while (!context_.stop_epoch) {
    interrupt_.check();
    if (!context_.loader_train.has_next()) break;
    // Before the batch is read: what a source draws for it from a generator, it draws when the run goes on.
    if (must_stop()) return false;
    next_batch(context_.loader_train);
    context_.timing.lap(Part::kData);
    ++context_.step;
    ++context_.global_step;
    train_batch();
  }
  make_late_step();
  return true;
}

void Trainer::train_batch() {
  context_.skip_step = false;
  context_.second_target.reset();
  context_.network.set_training(true);
  call(Stage::kBatchBegin);
  step_.compute_gradients(context_, interrupt_);
  make_step();
  count_loss(progress_.loss, context_.loss);
  context_.last_rate = learning_rate(context_.optimizer);
  ++progress_.steps;
  ++progress_.global_steps;
  progress_.rows = context_.loader_train.rows_given();
  if (scorer_.wants_train()) progress_.outputs.add(context_.y_hats.front(), context_.batch.index);
  call(Stage::kBatchEnd);
  context_.network.set_training(false);
}

/// Without waiting for a GPU.
void Trainer::count_loss(MeanLoss& mean, const at::Tensor& loss) const {
  const auto &y = context_.batch.y, &weights = context_.batch.weights;
  if (loss.is_cpu()) {
    mean.add(loss, context_.loss_fn.denominator(y, weights));
  } else {
    mean.add_on_device(loss, context_.loss_fn.denominator_on_device(y, weights));
  }
}

void Trainer::make_step() {
  call(Stage::kAfterBackward);
  if (context_.skip_step) return;
  step_.update(context_);
  context_.timing.lap(Part::kStep);
}

/// A callback that keeps gradients for a step with later batches cannot know that an epoch is stopped after this batch.
void Trainer::make_late_step() {
  const auto& subscribers = subscribers_[static_cast<std::size_t>(Stage::kAfterBackward)];
  context_.is_late_step = std::any_of(subscribers.begin(), subscribers.end(),
                                      [](const auto& subscriber) { return subscriber.callback->holds_gradients(); });
  if (!context_.is_late_step) return;
  context_.skip_step = false;
  context_.network.set_training(true);
  make_step();
  context_.network.set_training(false);
}

/// The last epoch is always evaluated, even if a callback has just made it the last.
bool Trainer::evaluation_due() const {
  return context_.epoch % context_.eval_freq == 0 || context_.epoch >= context_.total_epochs || context_.terminate;
}

/// Once an epoch, as soon as it is known that its scores are due.
void Trainer::score_training() {
  if (context_.evaluated || !evaluation_due()) return;
  context_.evaluated = true;
  if (!scorer_.wants_train() || progress_.outputs.empty()) return;
  context_.scores_train = scorer_.score_train(progress_.outputs.predictions());
  count_scores(*context_.scores_train, context_.counts_train);
  context_.timing.lap(Part::kScores);
}

void Trainer::validate() {
  valid_outputs_.clear();
  MeanLoss loss;
  context_.is_scored = scorer_.wants_valid();
  context_.network.set_training(false);
  context_.loader_valid->begin_epoch();
  const auto load_next = [this] {
    interrupt_.check();
    return next_batch(*context_.loader_valid);
  };
  while (load_next()) {
    context_.timing.pause(Part::kValidation);
    ++context_.step_valid;
    call(Stage::kBatchValidBegin);
    step_.evaluate(context_, interrupt_);
    context_.timing.lap(Part::kValidation);
    count_loss(loss, step_.compare(context_));
    call(Stage::kBatchValidEnd);
    if (scorer_.wants_valid()) valid_outputs_.add(context_.y_hats.front(), context_.batch.index);
  }
  context_.mean_loss_valid = loss.value();
  if (!valid_outputs_.empty()) {
    context_.scores_valid = scorer_.score_valid(valid_outputs_.predictions());
    count_scores(*context_.scores_valid, context_.counts_valid);
    context_.timing.lap(Part::kScores);
  }
  call(Stage::kValidEnd);
}

}  // namespace mlr3libtorch::train
