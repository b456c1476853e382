#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/kernel/functions.h"
#include "core/loss/loss.h"
#include "core/loss/survival.h"

namespace mlr3libtorch::loss {
namespace {

/// The number of `cuts` before `time`, or up to it.
std::int64_t cuts_before(const std::vector<float>& cuts, float time) {
  return std::lower_bound(cuts.begin(), cuts.end(), time) - cuts.begin();
}
std::int64_t cuts_up_to(const std::vector<float>& cuts, float time) {
  return std::upper_bound(cuts.begin(), cuts.end(), time) - cuts.begin();
}

class DiscreteHazardKernel : public kernel::LossKernel {
 public:
  DiscreteHazardKernel(std::vector<float> cuts, std::int64_t reduction)
      : cuts_(std::move(cuts)), is_mean_(reduction == at::Reduction::Mean) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    return outputs == static_cast<std::int64_t>(cuts_.size()) && target.values != nullptr && target.width == 2;
  }

  float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    const auto scale = is_mean_ ? target.mean_scale(rows) : 1.0F;
    float sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto time = target.values[2 * row];
      const bool is_event = target.values[2 * row + 1] > 0.5F;
      const auto survived = is_event ? cuts_before(cuts_, time) : cuts_up_to(cuts_, time);
      const auto* logits = y_hat + row * outputs;
      auto* slopes = gradients + row * outputs;
      const auto weight = scale * target.weight(row);
      std::fill(slopes, slopes + outputs, 0.0F);
      for (std::int64_t k = 0; k < survived; ++k) {
        sum += weight * kernel::softplus(logits[k]);
        slopes[k] = weight * kernel::sigmoid(logits[k]);
      }
      if (!is_event || survived == outputs) continue;
      sum += weight * kernel::softplus(-logits[survived]);
      slopes[survived] = -weight * kernel::sigmoid(-logits[survived]);
    }
    return sum;
  }

 private:
  std::vector<float> cuts_;
  bool is_mean_;
};

/// y_hat: [n, intervals], the logit of the hazard in each interval, which ends with a cut. y: [n, 2], see `survival.h`.
class DiscreteHazardLoss : public Loss {
 public:
  explicit DiscreteHazardLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)), times_(arguments.get<std::vector<double>>("cuts")) {
    const bool is_increasing = std::adjacent_find(times_.begin(), times_.end(), std::greater_equal<>()) == times_.end();
    if (times_.empty() || times_.front() <= 0 || !is_increasing) {
      throw base::ConfigError(
          "'cuts' must be the ends of the intervals: times above 0 in increasing order, at least one.");
    }
    cuts_.assign(times_.begin(), times_.end());
    ends_ = SettingsTensor(at::tensor(cuts_, at::kFloat));
  }

  Outputs outputs() const override {
    return {Outputs::Meaning::kHazards, static_cast<std::int64_t>(times_.size()), {}, times_};
  }

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const override {
    return std::make_unique<DiscreteHazardKernel>(cuts_, reduction());
  }

 private:
  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    check_survival_target("discrete_hazard", y);
    const auto intervals = static_cast<std::int64_t>(cuts_.size());
    if (y_hat.size(1) != intervals) {
      throw base::ConfigError("The loss 'discrete_hazard' has " + std::to_string(intervals) +
                              " cuts, but the network has " + std::to_string(y_hat.size(1)) + " outputs.");
    }
    const auto time = y.narrow(1, 0, 1);
    const auto is_event = y.narrow(1, 1, 1) > 0.5;
    const auto& cuts = ends_.like(y);
    // An event is in the interval that holds its time; intervals before it were survived. Without an event, those were
    // survived whose end was seen.
    const auto survived = at::where(is_event, cuts.lt(time), cuts.le(time));
    const auto hit =
        is_event.logical_and(cuts.ge(time))
            .logical_and(cuts.lt(time).roll(1, 1).index_fill(1, at::zeros({1}, y.options().dtype(at::kLong)), true));
    const auto zero = at::zeros_like(y_hat);
    return (at::where(survived, at::softplus(y_hat), zero) + at::where(hit, at::softplus(-y_hat), zero)).sum(1);
  }

  std::vector<double> times_;
  std::vector<float> cuts_;
  SettingsTensor ends_;  // the same
};

const LossRegistration discrete_hazard_registration(
    "discrete_hazard(float[] cuts, str reduction='mean') -> ()",
    {"Likelihood of discrete hazards",
     "Minus the log likelihood of the interval of time in which an event falls, or of the intervals that a row was "
     "seen "
     "to survive (logistic hazard). The network gives the logit of the hazard in each interval.",
     {{"cuts", "The ends of the intervals, times in increasing order; the first interval begins at 0."},
      reduction_description()},
     {"surv"}},
    [](const value::Arguments& arguments) { return std::make_unique<DiscreteHazardLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
