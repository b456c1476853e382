#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/base/error.h"
#include "core/loss/loss.h"
#include "core/loss/survival.h"

namespace mlr3libtorch::loss {
namespace {

/// Cox's partial likelihood of the rows of a batch, with Breslow's treatment of ties.
class CoxKernel : public kernel::LossKernel {
 public:
  explicit CoxKernel(std::int64_t reduction) : is_mean_(reduction == at::Reduction::Mean) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    return outputs == 1 && target.values != nullptr && target.width == 2;
  }

  float compare(std::int64_t rows, std::int64_t /*outputs*/, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    sort_by_time(rows, y_hat, target);
    double sum = 0;
    double events = 0;
    double at_risk = 0;
    // From the latest time to the earliest; rows of one time join the risk set together.
    for (std::int64_t first = 0; first < rows;) {
      const auto last = end_of_tie(first, rows, target);
      for (auto i = first; i < last; ++i) at_risk += risks_[i];
      double share = 0;
      for (auto i = first; i < last; ++i) {
        const auto row = order_[i];
        const double weight = target.weight(row) * target.values[2 * row + 1];
        if (weight == 0) continue;
        sum += weight * (std::log(at_risk) + largest_ - y_hat[row]);
        share += weight / at_risk;
        events += weight;
      }
      for (auto i = first; i < last; ++i) hazards_[i] = share;
      first = last;
    }
    const double scale = is_mean_ ? (events > 0 ? 1 / events : 0) : 1;
    write_gradients(rows, target, scale, gradients);
    return static_cast<float>(scale * sum);
  }

 private:
  /// Fills `order_` with the rows from the latest time on, and `risks_` with their weight * exp(y_hat - largest).
  void sort_by_time(std::int64_t rows, const float* y_hat, const kernel::Target& target) {
    order_.resize(rows);
    risks_.resize(rows);
    hazards_.resize(rows);
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](std::int64_t a, std::int64_t b) {
      const auto time_a = target.values[2 * a];
      const auto time_b = target.values[2 * b];
      return time_a != time_b ? time_a > time_b : a < b;
    });
    largest_ = rows == 0 ? 0 : *std::max_element(y_hat, y_hat + rows);
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto row = order_[i];
      risks_[i] = target.weight(row) * std::exp(static_cast<double>(y_hat[row]) - largest_);
    }
  }

  std::int64_t end_of_tie(std::int64_t first, std::int64_t rows, const kernel::Target& target) const {
    auto last = first + 1;
    while (last < rows && target.values[2 * order_[last]] == target.values[2 * order_[first]]) ++last;
    return last;
  }

  /// A row is at risk at each event up to its own time, so hazards are summed from the earliest time on.
  void write_gradients(std::int64_t rows, const kernel::Target& target, double scale, float* gradients) const {
    double hazard = 0;
    for (auto last = rows; last > 0;) {
      auto first = last - 1;
      while (first > 0 && target.values[2 * order_[first - 1]] == target.values[2 * order_[last - 1]]) --first;
      hazard += hazards_[first];
      for (auto i = first; i < last; ++i) {
        const auto row = order_[i];
        const double own = target.weight(row) * target.values[2 * row + 1];
        gradients[row] = static_cast<float>(scale * (risks_[i] * hazard - own));
      }
      last = first;
    }
  }

  bool is_mean_;
  double largest_ = 0;
  std::vector<std::int64_t> order_;
  std::vector<double> risks_;
  std::vector<double> hazards_;
};

/// y_hat: [n, 1], the logarithm of a row's hazard relative to others. y: [n, 2], see `survival.h`.
class CoxLoss : public Loss {
 public:
  explicit CoxLoss(const value::Arguments& arguments) : Loss(reduction_code(arguments)) {}

  bool compares_rows() const override { return true; }

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    return std::make_unique<CoxKernel>(reduction());
  }

 private:
  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    return weighted_row_losses(y_hat, y, {});
  }

  /// A row of weight 0 is in no risk set.
  at::Tensor weighted_row_losses(const at::Tensor& y_hat, const at::Tensor& y,
                                 const at::Tensor& weights) const override {
    check_survival_target("cox_ph", y);
    if (y_hat.size(1) != 1) {
      throw base::ConfigError("The loss 'cox_ph' needs a network with 1 output, not " + std::to_string(y_hat.size(1)) +
                              ".");
    }
    if (!weights.defined()) return losses_of_events(y_hat.squeeze(1), y, {});
    const auto counted = weights.gt(0).nonzero().squeeze(1);
    const auto losses = losses_of_events(y_hat.squeeze(1).index_select(0, counted), y.index_select(0, counted),
                                         weights.index_select(0, counted).log());
    return at::zeros({y.size(0)}, losses.options()).index_copy(0, counted, losses);
  }

  at::Tensor row_shares(const at::Tensor& y) const override { return y.select(1, 1); }

  static at::Tensor losses_of_events(const at::Tensor& risk, const at::Tensor& y, const at::Tensor& log_weights) {
    if (risk.numel() == 0) return risk;
    const auto order = y.select(1, 0).argsort(0, true);
    const auto time = y.select(1, 0).index_select(0, order);
    const auto weighted = log_weights.defined() ? risk + log_weights : risk;
    // The risk set of a row ends with the last row of the same time.
    const auto group = std::get<1>(at::unique_consecutive(time, true));
    const auto ends = std::get<2>(at::unique_consecutive(time, false, true)).cumsum(0) - 1;
    const auto sums = weighted.index_select(0, order).logcumsumexp(0).index_select(0, ends.index_select(0, group));
    const auto sorted = (sums - risk.index_select(0, order)) * y.select(1, 1).index_select(0, order);
    return at::zeros_like(sorted).index_copy(0, order, sorted);
  }
};

const LossRegistration cox_ph_registration(
    "cox_ph(str reduction='mean') -> ()",
    {"Cox's partial likelihood",
     "Minus the log partial likelihood of the rows of a batch, with Breslow's treatment of ties; its mean is that over "
     "events. The network gives the logarithm of the relative hazard. The risk sets are those of a batch, so batches "
     "should not be small.",
     {reduction_description()},
     {"surv"}},
    [](const value::Arguments& arguments) { return std::make_unique<CoxLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
