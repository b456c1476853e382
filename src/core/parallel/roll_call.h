#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/parallel/meeting.h"

namespace mlr3libtorch::parallel {

/// What the workers of a run write where all can read it: who has come, and who has left and why.
class RollCall {
 public:
  explicit RollCall(const Meeting& meeting);

  const c10::intrusive_ptr<c10d::Store>& store() const noexcept { return store_; }

  /// Writes that this worker is here; returns when all are, and all have the same facts.
  void come(base::Interrupt& interrupt);
  /// A number that only those know who can read the file, the same for all workers.
  std::int64_t token();
  /// Whether nobody has left.
  bool is_complete();
  std::chrono::milliseconds timeout() const noexcept { return meeting_.timeout; }
  /// Writes why this worker leaves; only the first reason counts.
  void leave(const std::string& reason);
  /// The error of an exchange that has failed: who has left without a word, or who left first and why. This worker
  /// leaves, too. `failure`: what the exchange said.
  base::Error failed(const std::string& failure);

 private:
  /// Whether the file is still there: the first worker removes it when it ends.
  bool is_open() const;
  bool has(const std::string& key);
  bool has_come(int worker);
  void check_facts(int worker);
  bool has_left(int worker);
  std::string why_left(int worker);
  /// Waits a moment for those that notice the failure a little later than this one.
  std::vector<int> silent_workers();

  const Meeting meeting_;
  c10::intrusive_ptr<c10d::Store> store_;
  bool has_left_ = false;
};

}  // namespace mlr3libtorch::parallel
