#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/callback/context.h"

namespace mlr3libtorch::callback {

/// When a stage function is due, for callbacks that cost something to enter.
class StageFilter {
 public:
  /// "batch": each n-th batch of the stage's kind; "epoch": each n-th epoch; "once": the first time only;
  /// "second": when so many seconds have passed since it was last due, or since this was made.
  StageFilter(const std::string& unit, double n);

  /// Whether the function is due at this call; to be called once for each call of the stage.
  bool due(Stage stage, const Context& context);

  /// Whether it will never be due again; a run that goes on keeps this.
  bool is_done() const noexcept { return is_done_; }
  void set_done() noexcept { is_done_ = unit_ == Unit::kOnce; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Unit { kBatch, kEpoch, kSecond, kOnce };

  static Unit parse_unit(const std::string& name);
  static std::int64_t check_count(double n);
  bool time_is_over();

  Unit unit_;
  std::int64_t count_ = 1;
  std::chrono::duration<double> pause_{0};
  Clock::time_point last_ = Clock::now();
  bool is_done_ = false;
};

}  // namespace mlr3libtorch::callback
