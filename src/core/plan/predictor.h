#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "core/base/interrupt.h"
#include "core/kernel/split_choice.h"
#include "core/plan/plan.h"

namespace mlr3libtorch::plan {

/// A network's forward call without gradients, for any number of rows: blocks of rows that stay in the processor's
/// cache, on each thread of the current pool another one.
class Predictor {
 public:
  /// None if the network cannot be planned.
  static std::unique_ptr<Predictor> make(const network::Network& network, Precision precision = Precision::kFloat32);
  explicit Predictor(const network::Network& network, Precision precision = Precision::kFloat32);

  /// An input in codes may have no tensor in `inputs`.
  bool fits(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes = {}) const {
    return first_plan().fits(inputs, codes);
  }
  /// Whether more than one thread has something to do.
  bool is_worth_threads(std::int64_t rows) const;
  /// Writes rows `first` to `first + rows` of each output into `outputs`, contiguous float32 tensors of as many rows as
  /// the inputs have.
  void predict(const std::vector<at::Tensor>& inputs, std::int64_t first, std::int64_t rows,
               const std::vector<at::Tensor>& outputs, base::Interrupt& interrupt,
               const std::vector<data::Codes>& codes = {});

 private:
  struct Rows;

  const Plan& first_plan() const { return plans_.front(); }
  std::int64_t block_count(const Rows& rows) const;
  bool needs_expansion(const Rows& rows) const;
  kernel::ThreadPool* pool_for(const Rows& rows) const;
  void predict_on_one(const Rows& rows, base::Interrupt& interrupt);
  void predict_on_many(const Rows& rows, base::Interrupt& interrupt, kernel::ThreadPool& pool);
  void predict_block(Plan& plan, const Rows& rows, std::int64_t block, base::Interrupt& interrupt) const;

  const network::Network& network_;
  Precision precision_;
  std::deque<Plan> plans_;  // a thread's each
  kernel::SplitChoice choice_;
};

}  // namespace mlr3libtorch::plan
