#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/kernel/loss_kernel.h"
#include "core/kernel/split_choice.h"
#include "core/plan/plan.h"
#include "core/plan/predictor.h"
#include "core/train/autograd_step.h"
#include "core/train/reused_tensor.h"

namespace mlr3libtorch::train {

struct PlannedStepOptions {
  /// Rows of the largest batch that is expected; larger ones are possible.
  std::int64_t batch_size = 1;
  /// Whether to update each node's parameters as soon as their gradients exist, while both are in the cache. Then
  /// nobody can change gradients between the backward call and the update.
  bool update_in_backward = false;
  /// Whether it is an error if a hook makes it impossible, instead of a step by autograd.
  bool is_required = false;
  kernel::Precision precision = kernel::Precision::kFloat32;
};

/// The compiled step: kernels on memory that is allocated once. A batch that a callback has made unlike the others (of
/// another type, say) goes through autograd, as does one for whose gradients or nodes a hook waits.
class PlannedStep : public Step {
 public:
  /// There must be no reasons against a plan of the network.
  PlannedStep(network::Network& network, std::unique_ptr<kernel::LossKernel> loss, const PlannedStepOptions& options);

  void share_with(kernel::ThreadPool& pool) override { pool_ = &pool; }
  void tell_of_gradients(const GradientsReady& ready) override { after_node_ = ready; }
  void compute_gradients(callback::Context& context, base::Interrupt& interrupt) override;
  void update(callback::Context& context) override;
  void evaluate(callback::Context& context, base::Interrupt& interrupt) override;
  at::Tensor compare(const callback::Context& context) override;

  /// Whether the kernels can take a batch like this.
  bool fits(const data::Batch& batch) const;

 private:
  /// Whether a hook waits for something that only autograd's step has. Throws if the plan is required.
  bool has_hooks() const;
  /// For kernels that do not take codes.
  void expand_what_is_read(data::Batch& batch) const;
  void show_outputs(callback::Context& context, std::int64_t rows);
  bool fits_target(const at::Tensor& y, const at::Tensor& weights, std::int64_t rows) const;
  void compute_loss(callback::Context& context, std::int64_t rows);
  float run_kernel(std::int64_t rows, const kernel::Target& target, const float* y_hat, float* gradients);
  void multiply_gradients(float factor, std::int64_t rows);
  void add_second_target(const callback::SecondTarget& target, std::int64_t rows, float& loss);
  void backward(callback::Context& context, base::Interrupt& interrupt);
  /// In the first step; later, a node may be a constant for some batch.
  void check_dependence();

  network::Network& network_;
  std::unique_ptr<kernel::LossKernel> loss_kernel_;
  PlannedStepOptions options_;
  AutogradStep autograd_;
  std::unique_ptr<plan::Plan> plan_;
  plan::Predictor predictor_;
  std::vector<ReusedTensor> outputs_;
  std::vector<std::vector<std::int64_t>> sizes_;  // of the outputs
  ReusedTensor loss_;
  ReusedTensor spare_gradients_;
  std::vector<float*> targets_;
  kernel::ThreadPool* pool_ = nullptr;
  GradientsReady after_node_;
  kernel::SplitChoice choice_;
  bool is_updated_ = false;
  bool depends_ = false;  // whether a step's output has depended on the weights
};

}  // namespace mlr3libtorch::train
