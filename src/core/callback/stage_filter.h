#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/callback/context.h"

namespace mlr3libtorch::callback {

/// When a stage function is due, for callbacks that cost something to enter.
class StageFilter {
 public:
  /// "batch": each n-th batch of the stage's kind; "epoch": each n-th epoch; "once": the first time only.
  StageFilter(const std::string& unit, std::int64_t n);

  /// Whether the function is due at this call; to be asked once a call.
  bool due(Stage stage, const Context& context);

 private:
  enum class Unit { kBatch, kEpoch, kOnce };
  Unit unit_;
  std::int64_t n_;
  bool is_done_ = false;
};

}  // namespace mlr3libtorch::callback
