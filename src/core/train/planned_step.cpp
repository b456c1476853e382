#include "core/train/planned_step.h"

#include <ATen/ATen.h>

#include <tuple>

#include "core/base/error.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::train {
namespace {

std::int64_t row_count(const data::Batch& batch) { return data::input_rows(batch.x, batch.codes); }

kernel::Target target_of(const at::Tensor& y, const at::Tensor& weights) {
  const auto rows = y.size(0);
  kernel::Target target;
  target.width = rows == 0 ? 0 : y.numel() / rows;
  if (y.scalar_type() == at::kLong) {
    target.numbers = y.data_ptr<std::int64_t>();
  } else {
    target.values = y.data_ptr<float>();
  }
  if (weights.defined()) target.weights = weights.data_ptr<float>();
  return target;
}

bool is_plain_weights(const at::Tensor& weights, std::int64_t rows) {
  return !weights.defined() || (weights.device().is_cpu() && weights.is_contiguous() && weights.dim() == 1 &&
                                weights.size(0) == rows && weights.scalar_type() == at::kFloat);
}

/// Class numbers lie in one dimension, other targets in those of the output.
bool is_plain_target(const at::Tensor& y, std::int64_t rows) {
  if (!y.defined() || !y.device().is_cpu() || !y.is_contiguous() || y.dim() == 0 || y.size(0) != rows) return false;
  return y.scalar_type() == at::kLong ? y.dim() == 1 : y.scalar_type() == at::kFloat && y.dim() == 2;
}

}  // namespace

PlannedStep::PlannedStep(network::Network& network, std::unique_ptr<kernel::LossKernel> loss,
                         const PlannedStepOptions& options)
    : network_(network),
      loss_kernel_(std::move(loss)),
      options_(options),
      autograd_(network, options.precision),
      plan_(std::make_unique<plan::Plan>(network, options.batch_size, plan::Purpose::kTraining, options.precision)),
      predictor_(network, options.precision),
      outputs_(network.outputs().size()),
      targets_(network.outputs().size()) {
  for (const auto output : network.outputs()) {
    sizes_.push_back(network.shapes()[output].sizes);
    sizes_.back().insert(sizes_.back().begin(), 0);
  }
}

bool PlannedStep::fits(const data::Batch& batch) const {
  return plan_->fits(batch.x, batch.codes) && fits_target(batch.y, batch.weights, row_count(batch));
}

bool PlannedStep::fits_target(const at::Tensor& y, const at::Tensor& weights, std::int64_t rows) const {
  return is_plain_target(y, rows) && is_plain_weights(weights, rows) &&
         loss_kernel_->accepts(plan_->width_of_output(0), target_of(y, weights));
}

void PlannedStep::compute_gradients(callback::Context& context, base::Interrupt& interrupt) {
  is_updated_ = false;
  context.batch.drop_outdated_codes();
  const auto rows = context.batch.x.empty() ? 0 : row_count(context.batch);
  const auto& second = context.second_target;
  const bool is_planned = fits(context.batch) && (!second || fits_target(second->y, second->weights, rows));
  if (!is_planned || has_hooks()) return autograd_.compute_gradients(context, interrupt);
  if (rows > plan_->capacity()) {
    plan_ = std::make_unique<plan::Plan>(network_, rows, plan::Purpose::kTraining, options_.precision);
  }
  network_.restore_gradients();
  choice_.begin(static_cast<double>(rows));
  const kernel::ChosenSplit split(choice_, pool_);
  show_outputs(context, rows);
  expand_what_is_read(context.batch);
  plan_->forward(context.batch.x, 0, rows, targets_, context.generator, interrupt, context.batch.codes,
                 context.batch.first_row);
  compute_loss(context, rows);
  context.timing.lap(callback::Part::kForward);
  backward(context, interrupt);
  check_dependence();
  context.timing.lap(callback::Part::kBackward);
}

bool PlannedStep::has_hooks() const {
  const bool on_gradient = network_.has_gradient_hooks();
  if (!on_gradient && network_.hooks().empty()) return false;
  if (!options_.is_required) return true;
  const auto node = on_gradient ? std::string() : network_.hooks().first_node();
  const auto where = on_gradient ? "a gradient" : node.empty() ? "the network's output" : "the node '" + node + "'";
  const std::string reason = "a callback has set a hook on " + where;
  throw base::Error("plan",
                    "The compiled step was required, but " + reason +
                        R"(, which only a step by autograd calls; set `plan = "auto"` or "off".)",
                    {{"reasons", std::vector<std::string>{reason}}});
}

void PlannedStep::check_dependence() {
  if (depends_) return;
  const auto* const node = plan_->cutting_node();
  if (node != nullptr) throw network::independence_error(*node);
  depends_ = true;
}

void PlannedStep::expand_what_is_read(data::Batch& batch) const {
  for (std::size_t i = 0; i < batch.codes.size(); ++i) {
    if (!plan_->takes_codes(i)) return batch.expand();
  }
}

/// Shows callbacks the outputs that the next forward call writes.
void PlannedStep::show_outputs(callback::Context& context, std::int64_t rows) {
  context.y_hats.clear();
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    sizes_[i].front() = rows;
    context.y_hats.push_back(outputs_[i].writable(sizes_[i]));
    targets_[i] = context.y_hats.back().data_ptr<float>();
  }
}

void PlannedStep::compute_loss(callback::Context& context, std::int64_t rows) {
  context.loss.reset();
  context.loss = loss_.writable({});
  auto& loss = *context.loss.data_ptr<float>();
  loss =
      run_kernel(rows, target_of(context.batch.y, context.batch.weights), targets_.front(), plan_->output_gradients());
  if (context.second_target) add_second_target(*context.second_target, rows, loss);
  if (context.batch.loss_share != 1) multiply_gradients(static_cast<float>(context.batch.loss_share), rows);
}

void PlannedStep::multiply_gradients(float factor, std::int64_t rows) {
  kernel::for_each_element(rows * plan_->width_of_output(0),
                           [=, gradients = plan_->output_gradients()](std::int64_t i) { gradients[i] *= factor; });
}

float PlannedStep::run_kernel(std::int64_t rows, const kernel::Target& target, const float* y_hat, float* gradients) {
  return loss_kernel_->compare(rows, plan_->width_of_output(0), y_hat, target, gradients);
}

void PlannedStep::add_second_target(const callback::SecondTarget& target, std::int64_t rows, float& loss) {
  const auto outputs = plan_->width_of_output(0);
  const auto gradients = spare_gradients_.writable({rows, outputs});
  const auto share = static_cast<float>(target.share);
  loss = (1 - share) * loss +
         share * run_kernel(rows, target_of(target.y, target.weights), targets_.front(), gradients.data_ptr<float>());
  kernel::for_each_element(rows * outputs, [=, to = plan_->output_gradients(), from = gradients.data_ptr<float>()](
                                               std::int64_t i) { to[i] = (1 - share) * to[i] + share * from[i]; });
}

void PlannedStep::backward(callback::Context& context, base::Interrupt& interrupt) {
  if (!options_.update_in_backward) return plan_->backward(after_node_, interrupt);
  context.optimizer.begin_step();
  // A run cannot go on from half of an update, so it is finished.
  base::Interrupt none;
  plan_->backward([&](std::size_t first, std::size_t last) { context.optimizer.update(first, last); }, none);
  is_updated_ = true;
}

void PlannedStep::update(callback::Context& context) {
  if (is_updated_) return;
  const kernel::ChosenSplit split(choice_, pool_);
  autograd_.update(context);
}

void PlannedStep::evaluate(callback::Context& context, base::Interrupt& interrupt) {
  auto& batch = context.batch;
  batch.drop_outdated_codes();
  if (!predictor_.fits(batch.x, batch.codes) || has_hooks()) return autograd_.evaluate(context, interrupt);
  const auto rows = row_count(batch);
  const kernel::PoolScope scope(pool_);
  show_outputs(context, rows);
  predictor_.predict(batch.x, 0, rows, context.y_hats, interrupt, batch.codes);
}

at::Tensor PlannedStep::compare(const callback::Context& context) {
  const auto& [x, y, weights] = std::tie(context.y_hats.front(), context.batch.y, context.batch.weights);
  const auto rows = x.dim() == 0 ? 0 : x.size(0);
  if (!x.is_contiguous() || !x.device().is_cpu() || !fits_target(y, weights, rows)) return autograd_.compare(context);
  const auto gradients = spare_gradients_.writable({rows, plan_->width_of_output(0)});
  return at::scalar_tensor(run_kernel(rows, target_of(y, weights), x.data_ptr<float>(), gradients.data_ptr<float>()));
}

}  // namespace mlr3libtorch::train
