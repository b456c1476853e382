#include "core/loss/loss.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/loss/classes.h"
#include "core/loss/constants.h"
#include "core/loss/each_member.h"

namespace mlr3libtorch::loss {

LossRegistry& losses() {
  static LossRegistry registry("loss");
  return registry;
}

namespace {

/// One loss for each row.
at::Tensor one_by_row(const at::Tensor& losses, bool is_mean) {
  if (losses.dim() < 2) return losses;
  const auto rows = losses.flatten(1);
  if (rows.size(1) == 1) return rows.squeeze(1);
  return is_mean ? rows.mean(1) : rows.sum(1);
}

/// sum / total, and 0 if all weights are 0.
at::Tensor divided(const at::Tensor& sum, const at::Tensor& total) {
  return at::where(total > 0, sum / total.clamp_min(1e-30), at::zeros_like(sum));
}

}  // namespace

void Loss::use_units(Units units) {
  shift_ = SettingsTensor(at::tensor(units.shift));
  scale_ = SettingsTensor(at::tensor(units.scale));
  units_ = std::move(units);
}

bool Loss::is_mean() const { return reduction_ == at::Reduction::Mean; }

at::Tensor Loss::forward(const at::Tensor& y_hat, const at::Tensor& y, const at::Tensor& weights) const {
  if (y_hat.dim() == 3) {
    const auto members = y_hat.size(1);
    const auto for_each_member = [&](const at::Tensor& x) { return x.defined() ? x.repeat_interleave(members, 0) : x; };
    return forward(y_hat.flatten(0, 1), for_each_member(y), for_each_member(weights));
  }
  const auto losses = standard_row_losses(y_hat, y, weights);
  if (weights.defined() && losses.dim() == 0) {
    throw base::ConfigError(
        "The rows have case weights, but the loss returns one number for the whole batch; it must return one for each "
        "row.");
  }
  return reduced(losses, y, weights);
}

/// One for each row, of standardised numbers if there are units.
at::Tensor Loss::standard_row_losses(const at::Tensor& y_hat, const at::Tensor& y, const at::Tensor& weights) const {
  if (!units_) return one_by_row(weighted_row_losses(y_hat, y, weights), is_mean());
  const auto standard = (y_hat - shift_.like(y_hat)) / scale_.like(y_hat);
  return one_by_row(weighted_row_losses(standard, units_->standard_target(y), weights), is_mean());
}

at::Tensor Loss::reduced(const at::Tensor& losses, const at::Tensor& y, const at::Tensor& weights) const {
  const auto counts = is_mean() ? row_counts(y, weights) : at::Tensor();
  if (is_mean() && !counts.defined()) return losses.mean();
  const auto sum = (weights.defined() ? losses.mul(weights) : losses).sum();
  return is_mean() ? divided(sum, counts.sum()) : sum;
}

std::unique_ptr<kernel::LossKernel> Loss::kernel_in_units(std::int64_t outputs) const {
  auto own = kernel(outputs);
  if (own == nullptr || !units_) return own;
  return in_units(std::move(own), *units_);
}

at::Tensor Loss::start(const at::Tensor& y, const at::Tensor& weights, std::int64_t outputs,
                       std::int64_t classes) const {
  if (classes == 0) return at::zeros({outputs}, at::kDouble);
  const auto numbers = class_numbers(y);
  const auto rows = numbers.size(0);
  // A class without rows counts as half a row.
  const auto least = 0.5 / static_cast<double>(std::max<std::int64_t>(rows, 1));
  return share_logits(class_shares(numbers, row_weights(weights, rows), classes, least), outputs);
}

std::optional<double> Loss::constant_loss(const at::Tensor& y, const at::Tensor& weights, std::int64_t outputs) const {
  const bool has_several_targets = y.dim() > 1 && y.size(1) > 1;
  if (!is_mean() || y.size(0) == 0 || has_several_targets) return std::nullopt;
  const auto rows = y.size(0);
  const auto all = row_weights(weights, rows);
  const auto given = y.is_floating_point() ? y.to(at::kDouble) : y;
  const auto truth = units_ ? units_->standard_target(given) : given;
  std::optional<double> least;
  for (const auto& constant : constants(truth, all, outputs)) {
    const auto y_hat = constant.unsqueeze(0).expand({rows, outputs});
    const auto loss = reduced(one_by_row(row_losses(y_hat, truth), true), given, all).item<double>();
    least = least ? std::min(*least, loss) : loss;
  }
  return least;
}

std::unique_ptr<kernel::LossKernel> Loss::kernel_for(const std::vector<std::int64_t>& sizes) const {
  if (sizes.empty() || sizes.size() > 2) return nullptr;
  auto row_kernel = kernel_in_units(sizes.back());
  if (row_kernel == nullptr || sizes.size() == 1) return row_kernel;
  return std::make_unique<EachMember>(std::move(row_kernel), sizes.front());
}

double Loss::denominator(const at::Tensor& y, const at::Tensor& weights) const {
  if (!is_mean()) return 1;
  const auto counts = row_counts(y, weights);
  return counts.defined() ? counts.sum().item<double>() : static_cast<double>(y.size(0));
}

at::Tensor Loss::denominator_on_device(const at::Tensor& y, const at::Tensor& weights) const {
  const auto counts = is_mean() ? row_counts(y, weights) : at::Tensor();
  if (counts.defined()) return counts.sum();
  return at::full({}, is_mean() ? static_cast<double>(y.size(0)) : 1.0, y.options().dtype(at::kFloat));
}

/// [n]: how much each row counts in a mean, its weight included; undefined if each counts 1.
at::Tensor Loss::row_counts(const at::Tensor& y, const at::Tensor& weights) const {
  const auto shares = row_shares(y);
  if (!shares.defined()) return weights;
  return weights.defined() ? shares.mul(weights) : shares;
}

void check_own_losses(const at::Tensor& losses, const at::Tensor& y_hat, const at::Tensor& y) {
  if (losses.dim() == 0 || losses.sizes() == y_hat.sizes()) return;
  const bool is_column = losses.dim() == 1 || (losses.dim() == 2 && losses.size(1) == 1);
  if (is_column && losses.size(0) == y_hat.size(0)) return;
  throw base::Error("function", "The loss was given " + std::to_string(y_hat.size(0)) +
                                    " rows and must return one number for each, or one for each output, but what it "
                                    "returned has the shape " +
                                    c10::str(losses.sizes()) + "; mind that y_hat has the shape " +
                                    c10::str(y_hat.sizes()) + " and y " + c10::str(y.sizes()) + ".");
}

std::int64_t reduction_code(const value::Arguments& arguments) {
  return arguments.get<std::string>("reduction") == "sum" ? at::Reduction::Sum : at::Reduction::Mean;
}

value::ArgumentDescription reduction_description() {
  return {"reduction", "How the losses of a batch become one number.", -HUGE_VAL, HUGE_VAL, {"mean", "sum"}};
}

}  // namespace mlr3libtorch::loss
