#pragma once

namespace mlr3libtorch::network {

/// Also a base of operations that average over training batches and predict with the averages.
class BatchAverages {
 public:
  virtual ~BatchAverages() = default;
  /// Resets them; from now on they are plain means over batches, whatever momentum they have in training.
  /// False, and nothing is changed, if there are none.
  virtual bool begin_plain_means() = 0;
  /// From now on they use their momentum again.
  virtual void end_plain_means() = 0;
};

}  // namespace mlr3libtorch::network
