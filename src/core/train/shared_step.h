#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/data/sharing.h"
#include "core/parallel/exchange.h"
#include "core/train/gradient_sum.h"
#include "core/train/step.h"

namespace mlr3libtorch::train {

struct SharedStepOptions {
  data::Sharing sharing = {};
  /// Whether batch normalisation takes its statistics of all rows of a batch, or each worker those of its share.
  bool sync_batch_norm = true;
  /// Whether somebody may look at the outputs of training batches.
  bool shows_outputs = true;
};

/// The step of a run that is spread over workers. All of them have the same batch; each computes its share of the rows,
/// and what the shares give is added up, so that afterwards all of them have the same gradients, loss and outputs.
/// A batch that has too few rows for that is computed whole by each of them.
class SharedStep : public Step {
 public:
  SharedStep(std::unique_ptr<Step> own, std::shared_ptr<parallel::Exchange> exchange, const SharedStepOptions& options);

  void share_with(kernel::ThreadPool& pool) override { own_->share_with(pool); }
  bool agree_to_stop(bool asked) override;
  void compute_gradients(callback::Context& context, base::Interrupt& interrupt) override;
  void update(callback::Context& context) override;
  void evaluate(callback::Context& context, base::Interrupt& interrupt) override;
  at::Tensor compare(const callback::Context& context) override { return own_->compare(context); }

 private:
  std::int64_t rows_to_share(callback::Context& context, base::Interrupt& interrupt);
  void add_up_gradients(callback::Context& context, base::Interrupt& interrupt);
  void gather_outputs(callback::Context& context, std::int64_t rows, base::Interrupt& interrupt);
  void share_buffers(const callback::Context& context);

  std::unique_ptr<Step> own_;
  std::shared_ptr<parallel::Exchange> exchange_;
  SharedStepOptions options_;
  GradientSum gradients_;
  bool asked_to_stop_ = false;
  bool agreed_to_stop_ = false;
};

}  // namespace mlr3libtorch::train
