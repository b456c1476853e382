#include "core/callback/stage_filter.h"

#include <utility>

#include "core/base/error.h"

namespace mlr3libtorch::callback {
namespace {

bool is_validation(Stage stage) { return stage == Stage::kBatchValidBegin || stage == Stage::kBatchValidEnd; }

}  // namespace

StageFilter::StageFilter(const std::string& unit, std::int64_t n)
    : unit_(unit == "batch"   ? Unit::kBatch
            : unit == "epoch" ? Unit::kEpoch
                              : Unit::kOnce),
      n_(n) {
  if (unit_ == Unit::kOnce && unit != "once") {
    throw base::UnknownNameError("unit of a stage function", unit, {"batch", "epoch", "once"});
  }
  if (n < 1) {
    throw base::ConfigError("A stage function is called every " + std::to_string(n) + " times; it must be at least 1.",
                            {{"n", n}});
  }
}

bool StageFilter::due(Stage stage, const Context& context) {
  switch (unit_) {
    case Unit::kBatch:
      return (is_validation(stage) ? context.step_valid : context.global_step) % n_ == 0;
    case Unit::kEpoch:
      return context.epoch % n_ == 0;
    case Unit::kOnce:
      return !std::exchange(is_done_, true);
  }
  return true;
}

}  // namespace mlr3libtorch::callback
