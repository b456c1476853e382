#include "core/train/led_callback.h"

#include "core/parallel/broadcast_value.h"
#include "core/train/changes.h"

namespace mlr3libtorch::train {
namespace {

/// Each worker leaves its run by itself, and at another time.
bool is_after_loop(callback::Stage stage) { return stage == callback::Stage::kExit || stage == callback::Stage::kStop; }

}  // namespace

void LedCallback::run(callback::Stage stage, callback::Context& context) {
  if (is_after_loop(stage)) {
    if (own_->due(stage, context)) own_->run(stage, context);
    return;
  }
  const Changes changes(context, stage);
  if (own_->due(stage, context)) own_->run(stage, context);
  // If another worker has ended, this callback is not to blame.
  context.running.reset();
  parallel::broadcast_value(*exchange_, changes.found(), *context.interrupt);
}

void Follower::run(callback::Stage stage, callback::Context& context) {
  if (is_after_loop(stage)) return;
  apply_changes(context, parallel::broadcast_value(*exchange_, {}, *context.interrupt));
}

}  // namespace mlr3libtorch::train
