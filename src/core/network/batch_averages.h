#pragma once

namespace mlr3libtorch::network {

/// What an operation is too if it averages over training batches and predicts with the averages.
class BatchAverages {
 public:
  virtual ~BatchAverages() = default;
  /// Forgets them; from now on they are plain means over batches, whatever momentum they have in training.
  /// False, and nothing is changed, if there are none.
  virtual bool begin_plain_means() = 0;
  /// From now on they go on with their momentum.
  virtual void end_plain_means() = 0;
};

}  // namespace mlr3libtorch::network
