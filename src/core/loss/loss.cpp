#include "core/loss/loss.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/base/error.h"

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
at::Tensor weighted_mean(const at::Tensor& sum, const at::Tensor& total) {
  return at::where(total > 0, sum / total.clamp_min(1e-30), at::zeros_like(sum));
}

}  // namespace

bool Loss::is_mean() const { return reduction_ == at::Reduction::Mean; }

at::Tensor Loss::forward(const at::Tensor& y_hat, const at::Tensor& y, const at::Tensor& weights) const {
  if (y_hat.dim() == 3) {
    const auto members = y_hat.size(1);
    const auto for_each_member = [&](const at::Tensor& x) { return x.defined() ? x.repeat_interleave(members, 0) : x; };
    return forward(y_hat.flatten(0, 1), for_each_member(y), for_each_member(weights));
  }
  const auto losses = one_by_row(weighted_row_losses(y_hat, y, weights), is_mean());
  if (weights.defined() && losses.dim() == 0) {
    throw base::ConfigError(
        "The rows have case weights, but the loss returns one number for the whole batch; it must return one for each "
        "row.");
  }
  const auto counts = is_mean() ? row_counts(y, weights) : at::Tensor();
  if (is_mean() && !counts.defined()) return losses.mean();
  const auto sum = (weights.defined() ? losses.mul(weights) : losses).sum();
  return is_mean() ? weighted_mean(sum, counts.sum()) : sum;
}

double Loss::denominator(const at::Tensor& y, const at::Tensor& weights) const {
  if (!is_mean()) return 1;
  const auto counts = row_counts(y, weights);
  return counts.defined() ? counts.sum().item<double>() : static_cast<double>(y.size(0));
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
