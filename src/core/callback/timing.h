#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "core/callback/stage.h"

namespace mlr3libtorch::callback {

/// What a run does besides calling stages.
enum class Part : std::uint8_t { kData, kForward, kBackward, kStep, kValidation, kScores };
inline constexpr std::array<std::string_view, 6> kPartNames{
    {"data", "forward", "backward", "step", "validation", "scores"}};

struct TimeSpent {
  std::int64_t calls = 0;
  double seconds = 0;
};

/// One stage of one callback.
struct StageTime {
  Stage stage;
  std::string callback;
  TimeSpent spent = {};
};

/// Where a run's time goes: the clock is read once when one thing ends and the next begins.
class Timing {
 public:
  using Clock = std::chrono::steady_clock;

  /// What begins here is counted by the next lap.
  void start() { mark_ = Clock::now(); }
  void lap(Part part) { lap(parts_[static_cast<std::size_t>(part)]); }
  void lap(TimeSpent& spent) {
    ++spent.calls;
    add(spent);
  }
  /// Like a lap, for something that goes on after an interruption.
  void pause(Part part) { add(parts_[static_cast<std::size_t>(part)]); }

  /// A counter for a stage of a callback; its address does not change.
  TimeSpent& add_stage(Stage stage, std::string callback) {
    stages_.push_back({stage, std::move(callback)});
    return stages_.back().spent;
  }

  const std::array<TimeSpent, kPartNames.size()>& parts() const noexcept { return parts_; }
  const std::deque<StageTime>& stages() const noexcept { return stages_; }

 private:
  void add(TimeSpent& spent) {
    const auto now = Clock::now();
    spent.seconds += std::chrono::duration<double>(now - mark_).count();
    mark_ = now;
  }

  Clock::time_point mark_;
  std::array<TimeSpent, kPartNames.size()> parts_;
  std::deque<StageTime> stages_;
};

}  // namespace mlr3libtorch::callback
