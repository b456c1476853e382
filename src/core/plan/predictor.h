#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/base/interrupt.h"
#include "core/plan/plan.h"

namespace mlr3libtorch::plan {

/// A network's forward call without gradients, for any number of rows: blocks of rows that stay in the processor's
/// cache.
class Predictor {
 public:
  /// None if the network cannot be planned.
  static std::unique_ptr<Predictor> make(const network::Network& network);
  explicit Predictor(const network::Network& network);

  /// An input in codes may have no tensor in `inputs`.
  bool fits(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes = {}) const {
    return plan_.fits(inputs, codes);
  }
  /// Writes rows `first` to `first + rows` of each output into `outputs`, contiguous float32 tensors of as many rows as
  /// the inputs have.
  void predict(const std::vector<at::Tensor>& inputs, std::int64_t first, std::int64_t rows,
               const std::vector<at::Tensor>& outputs, base::Interrupt& interrupt,
               const std::vector<data::Codes>& codes = {});

 private:
  bool needs_expansion(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes) const;

  Plan plan_;
  std::vector<float*> targets_;
};

}  // namespace mlr3libtorch::plan
