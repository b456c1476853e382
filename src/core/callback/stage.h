#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mlr3libtorch::callback {

/// When a callback is called. `train::Trainer` decides the order.
enum class Stage : std::uint8_t {
  kBegin,
  kEnd,
  kExit,
  kEpochBegin,
  kBeforeValid,
  kEpochEnd,
  kBatchBegin,
  kBatchEnd,
  kAfterBackward,
  kBatchValidBegin,
  kBatchValidEnd,
  kValidEnd,
  kStop,
};

struct StageInfo {
  Stage stage;
  std::string_view name;
  std::string_view doc;
};

/// The one list of stages, in the order of `callback_set()`'s arguments; R reads it.
inline constexpr std::array<StageInfo, 13> kStages{{
    {Stage::kBegin, "on_begin", "Before the first epoch; a resumed run has already restored its state."},
    {Stage::kEnd, "on_end", "After the last epoch; not after an error."},
    {Stage::kExit, "on_exit", "Always, last: also after an error, an interrupt or a jump."},
    {Stage::kEpochBegin, "on_epoch_begin", "At the start of each epoch."},
    {Stage::kBeforeValid, "on_before_valid", "After an epoch's training batches, before its validation."},
    {Stage::kEpochEnd, "on_epoch_end", "At the end of each epoch."},
    {Stage::kBatchBegin, "on_batch_begin", "The batch is loaded and may be changed; before the forward call."},
    {Stage::kBatchEnd, "on_batch_end", "After the optimizer's step."},
    {Stage::kAfterBackward, "on_after_backward", "Gradients may be read and changed; before the optimizer's step."},
    {Stage::kBatchValidBegin, "on_batch_valid_begin", "A validation batch is loaded; before its forward call."},
    {Stage::kBatchValidEnd, "on_batch_valid_end", "After a validation batch's forward call."},
    {Stage::kValidEnd, "on_valid_end", "After validation; its scores are known."},
    {Stage::kStop, "on_stop",
     "When the run is stopped between two batches, by SIGTERM or a kept interrupt; then on_exit."},
}};

inline constexpr std::size_t kStageCount = kStages.size();

}  // namespace mlr3libtorch::callback
