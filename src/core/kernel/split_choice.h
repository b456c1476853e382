#pragma once

#include <array>
#include <chrono>

#include "core/kernel/thread_pool.h"

namespace mlr3libtorch::kernel {

/// Chooses whether pieces of work are split over threads or stay on one: as has been faster of late. Beside other
/// programs a second thread may have no processor to run on, and the first would wait for it. Since results are the
/// same bits either way, the clock may decide. See docs/decisions/threads.md.
class SplitChoice {
 public:
  /// The next piece of work begins; `size` is compared with that of others, such as its rows.
  void begin(double size);
  /// What a part of the piece took.
  void add(double seconds) { piece_seconds_ += seconds; }
  /// Whether this piece is to be split.
  bool splits() const noexcept { return splits_; }

 private:
  void end_piece();
  void end_window();
  void change();
  void decide();
  bool wants_trial() const;
  double& pace(bool splits) { return paces_[splits ? 1 : 0]; }
  double pace(bool splits) const { return paces_[splits ? 1 : 0]; }

  bool splits_ = true;
  bool is_trial_ = true;
  bool is_first_ = true;  // of a window
  double piece_seconds_ = 0;
  double piece_size_ = 0;
  double seconds_ = 0;  // of the window
  double size_ = 0;
  double window_ = 0;              // what the last one took
  std::array<double, 2> paces_{};  // seconds for a size of 1, on one thread and split; 0 before they are known
  double held_ = 0;                // seconds since the last decision
  double hold_ = 0;                // seconds until the next trial of the slower one
};

/// Splits what is computed during its lifetime over a pool if the choice says so, and tells the choice what it took.
class ChosenSplit {
 public:
  /// Without a pool, nothing is split or measured.
  ChosenSplit(SplitChoice& choice, ThreadPool* pool)
      : choice_(pool == nullptr ? nullptr : &choice), scope_(choice.splits() ? pool : nullptr) {
    if (choice_ != nullptr) start_ = Clock::now();
  }
  ~ChosenSplit() {
    if (choice_ != nullptr) choice_->add(std::chrono::duration<double>(Clock::now() - start_).count());
  }
  ChosenSplit(const ChosenSplit&) = delete;
  ChosenSplit& operator=(const ChosenSplit&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  SplitChoice* choice_;
  PoolScope scope_;
  Clock::time_point start_;
};

}  // namespace mlr3libtorch::kernel
