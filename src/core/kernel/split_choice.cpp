#include "core/kernel/split_choice.h"

#include <algorithm>

namespace mlr3libtorch::kernel {
namespace {

/// Seconds that are compared: several times what an operating system leaves a processor to one program.
constexpr double kWindow = 0.01;
/// Seconds between two trials of the slower one; doubled each time it is slower again. A trial of work that takes twice
/// as long then costs a hundredth of the time.
constexpr double kLeastHold = 0.5;
constexpr double kMostHold = 2;
/// A trial takes at least a piece of work, however long that is; so many times as long it is not repeated.
constexpr double kHoldsOfTrial = 20;
/// What more threads must gain to be worth their processors.
constexpr double kLeastGain = 1.03;
/// Split work that takes this much longer than on one thread is doubted at once.
constexpr double kSuspicion = 1.05;

}  // namespace

void SplitChoice::begin(double size) {
  if (piece_size_ > 0) end_piece();
  piece_seconds_ = 0;
  piece_size_ = size;
}

/// The first piece of all is left out, since memory is used for the first time, and the first one after a change if it
/// is short: threads have to wake up, and numbers lie in the wrong caches.
void SplitChoice::end_piece() {
  held_ += piece_seconds_;
  const bool is_telling = piece_seconds_ >= kWindow && pace(!splits_) > 0;
  if (!is_first_ || is_telling) {
    seconds_ += piece_seconds_;
    size_ += piece_size_;
  }
  is_first_ = false;
  if (seconds_ >= kWindow) end_window();
}

void SplitChoice::end_window() {
  pace(splits_) = seconds_ / size_;
  window_ = seconds_;
  seconds_ = 0;
  size_ = 0;
  if (pace(!splits_) == 0) return change();
  if (is_trial_) return decide();
  if (wants_trial()) {
    is_trial_ = true;
    change();
  }
}

void SplitChoice::change() {
  splits_ = !splits_;
  is_first_ = true;
}

/// After a trial, which stays if it was the better one.
void SplitChoice::decide() {
  const bool tried = splits_;
  const bool is_better = pace(true) * kLeastGain < pace(false);
  const auto least = std::max(kLeastHold, kHoldsOfTrial * window_);
  hold_ = is_better == tried ? least : std::clamp(2 * hold_, least, std::max(kMostHold, least));
  held_ = 0;
  is_trial_ = false;
  if (is_better != tried) change();
}

bool SplitChoice::wants_trial() const { return held_ >= hold_ || (splits_ && pace(true) > kSuspicion * pace(false)); }

}  // namespace mlr3libtorch::kernel
