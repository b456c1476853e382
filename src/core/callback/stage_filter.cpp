#include "core/callback/stage_filter.h"

#include <cmath>
#include <utility>

#include "core/base/error.h"

namespace mlr3libtorch::callback {
namespace {

bool is_validation(Stage stage) { return stage == Stage::kBatchValidBegin || stage == Stage::kBatchValidEnd; }

}  // namespace

StageFilter::Unit StageFilter::parse_unit(const std::string& name) {
  if (name == "batch") return Unit::kBatch;
  if (name == "epoch") return Unit::kEpoch;
  if (name == "second") return Unit::kSecond;
  if (name == "once") return Unit::kOnce;
  throw base::UnknownNameError("unit of a stage function", name, {"batch", "epoch", "second", "once"});
}

std::int64_t StageFilter::check_count(double n) {
  constexpr double kMost = 1e15;
  if (n >= 1 && n <= kMost && n == std::floor(n)) return static_cast<std::int64_t>(n);
  throw base::ConfigError("A stage function is called every n times, and n must be a whole number of at least 1.",
                          {{"n", n}});
}

StageFilter::StageFilter(const std::string& unit, double n) : unit_(parse_unit(unit)) {
  if (unit_ != Unit::kSecond) {
    count_ = check_count(n);
  } else if (n > 0) {
    pause_ = std::chrono::duration<double>(n);
  } else {
    throw base::ConfigError("A stage function is called every n seconds, and n must be above 0.", {{"n", n}});
  }
}

bool StageFilter::due(Stage stage, const Context& context) {
  switch (unit_) {
    case Unit::kBatch:
      return (is_validation(stage) ? context.step_valid : context.global_step) % count_ == 0;
    case Unit::kEpoch:
      return context.epoch % count_ == 0;
    case Unit::kSecond:
      return time_is_over();
    case Unit::kOnce:
      return !std::exchange(is_done_, true);
  }
  return true;
}

bool StageFilter::time_is_over() {
  const auto now = Clock::now();
  if (now - last_ < pause_) return false;
  last_ = now;
  return true;
}

}  // namespace mlr3libtorch::callback
