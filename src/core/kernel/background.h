#pragma once

#include <csignal>

namespace mlr3libtorch::kernel {

/// Threads that start during this object's lifetime leave signals to the others: their handlers may be R's, which
/// belong to R's thread.
class BlockedSignals {
 public:
  BlockedSignals();
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

/// How often this process has been forked from one that had the library loaded. Threads do not come along.
int fork_count() noexcept;

}  // namespace mlr3libtorch::kernel
