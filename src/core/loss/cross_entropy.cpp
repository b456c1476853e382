#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "core/kernel/functions.h"
#include "core/kernel/loss_kernel.h"
#include "core/kernel/vectorised.h"
#include "core/loss/classes.h"
#include "core/loss/constants.h"

namespace mlr3libtorch::loss {
namespace {

/// Settings of a cross entropy, as plain numbers.
struct CrossEntropySettings {
  bool is_mean;
  std::int64_t ignore_index;
  float smoothing;
  std::vector<float> class_weight;  // empty: all weigh 1

  float weight(std::int64_t number) const {
    if (number == ignore_index) return 0;
    return class_weight.empty() ? 1.0F : class_weight[static_cast<std::size_t>(number)];
  }

  /// The factor of the sum of losses, where `total` is the sum of weights.
  float scale(float total) const {
    if (!is_mean) return 1;
    return total > 0 ? 1 / total : 0;
  }
};

/// K logits and class numbers.
class CrossEntropyKernel : public kernel::LossKernel {
 public:
  explicit CrossEntropyKernel(CrossEntropySettings settings) : settings_(std::move(settings)) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    const auto weights = static_cast<std::int64_t>(settings_.class_weight.size());
    return outputs > 1 && target.numbers != nullptr && target.width == 1 && (weights == 0 || weights == outputs);
  }

  float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    float total = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      total += target.weight(row) * class_weight(target.numbers[row], outputs);
    }
    const float scale = settings_.scale(total);
    exponentials(rows, outputs, y_hat, gradients);
    float sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto first = row * outputs;
      const float weight = target.weight(row);
      sum += weight * finish_row(outputs, y_hat + first, largest_[static_cast<std::size_t>(row)], target.numbers[row],
                                 scale * weight, gradients + first);
    }
    return scale * sum;
  }

 private:
  float class_weight(std::int64_t number, std::int64_t outputs) const {
    TORCH_CHECK(number == settings_.ignore_index || (number >= 0 && number < outputs), "Class number ", number,
                " is not in 0 to ", outputs - 1, ".");
    return settings_.weight(number);
  }

  /// The share of class `k` in a row whose class is `number`.
  float share(std::int64_t k, std::int64_t number, std::int64_t outputs) const {
    const float weight = settings_.class_weight.empty() ? 1.0F : settings_.class_weight[static_cast<std::size_t>(k)];
    const float spread = settings_.smoothing / static_cast<float>(outputs);
    return weight * (spread + (k == number ? 1 - settings_.smoothing : 0));
  }

  /// `to`: exp(z - the largest z of the row), of all rows in one loop, since a row may be short.
  void exponentials(std::int64_t rows, std::int64_t outputs, const float* z, float* to) {
    largest_.resize(static_cast<std::size_t>(rows));
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto* first = z + row * outputs;
      const float largest = largest_[static_cast<std::size_t>(row)] = *std::max_element(first, first + outputs);
      for (std::int64_t k = 0; k < outputs; ++k) to[row * outputs + k] = first[k] - largest;
    }
    kernel::for_each_element(rows * outputs, [=](std::int64_t i) { to[i] = kernel::exponential(to[i]); });
  }

  /// The loss is sum_k share_k (log sum exp(z) - z_k). `gradients` holds exp(z - largest).
  float finish_row(std::int64_t outputs, const float* z, float largest, std::int64_t number, float scale,
                   float* gradients) const {
    if (number == settings_.ignore_index) {
      std::fill_n(gradients, outputs, 0.0F);
      return 0;
    }
    const float sum = std::accumulate(gradients, gradients + outputs, 0.0F);
    const float offset = largest + std::log(sum);
    if (settings_.class_weight.empty() && settings_.smoothing == 0) {
      for (std::int64_t k = 0; k < outputs; ++k) gradients[k] *= scale / sum;
      gradients[number] -= scale;
      return offset - z[number];
    }
    float loss = 0;
    float shares = 0;
    for (std::int64_t k = 0; k < outputs; ++k) {
      const float part = share(k, number, outputs);
      loss += part == 0 ? 0 : part * (offset - z[k]);
      shares += part;
    }
    const float factor = scale * shares / sum;
    for (std::int64_t k = 0; k < outputs; ++k) {
      gradients[k] = factor * gradients[k] - scale * share(k, number, outputs);
    }
    return loss;
  }

  std::vector<float> largest_;
  CrossEntropySettings settings_;
};

/// One logit, and 1 for the first of two classes, 0 for the second.
class BinaryCrossEntropyKernel : public kernel::LossKernel {
 public:
  explicit BinaryCrossEntropyKernel(CrossEntropySettings settings) : settings_(std::move(settings)) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    const auto weights = settings_.class_weight.size();
    return outputs == 1 && target.values != nullptr && target.width == 1 && (weights == 0 || weights == 2);
  }

  float compare(std::int64_t rows, std::int64_t /*outputs*/, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    weights_.resize(static_cast<std::size_t>(rows));
    for (std::int64_t row = 0; row < rows; ++row) {
      weights_[static_cast<std::size_t>(row)] = target.weight(row) * weight(target.values[row]);
    }
    const float scale = settings_.scale(std::accumulate(weights_.begin(), weights_.end(), 0.0F));
    losses_.resize(static_cast<std::size_t>(rows));
    kernel::for_each_element(
        rows, [=, truth = target.values, losses = losses_.data(), weights = weights_.data()](std::int64_t row) {
          const float z = y_hat[row];
          // log(1 + exp(-|z|)) is part of both softplus(z) and softplus(-z).
          const float small = kernel::exponential(-std::fabs(z));
          const float above = z > 0.0F ? z : 0.0F;
          const float sigmoid = (z > 0.0F ? 1.0F : small) / (1.0F + small);
          losses[row] = weights[row] * (above - truth[row] * z + kernel::logarithm_1p(small));
          gradients[row] = scale * weights[row] * (sigmoid - truth[row]);
        });
    return scale * std::accumulate(losses_.begin(), losses_.end(), 0.0F);
  }

 private:
  float weight(float y) const { return settings_.weight(y > 0.5F ? 0 : 1); }

  CrossEntropySettings settings_;
  std::vector<float> weights_;
  std::vector<float> losses_;
};

class CrossEntropyLoss : public Loss {
 public:
  explicit CrossEntropyLoss(const value::Arguments& arguments)
      : Loss(reduction_code(arguments)),
        ignore_index_(arguments.get<std::int64_t>("ignore_index")),
        smoothing_(arguments.get<double>("label_smoothing")),
        class_weight_(arguments) {}

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t outputs) const override {
    const CrossEntropySettings settings{is_mean(), ignore_index_, static_cast<float>(smoothing_),
                                        class_weight_.values()};
    if (outputs > 1) return std::make_unique<CrossEntropyKernel>(settings);
    return smoothing_ == 0 ? std::make_unique<BinaryCrossEntropyKernel>(settings) : nullptr;
  }

 private:
  /// The logarithms of the shares of the weight that the classes have, those of the smoothing among them.
  std::vector<at::Tensor> constants(const at::Tensor& y, const at::Tensor& weights,
                                    std::int64_t outputs) const override {
    const auto numbers = class_numbers(y);
    if (numbers.eq(ignore_index_).any().item<bool>()) return {};
    const auto classes = std::max<std::int64_t>(outputs, 2);
    auto shares = class_shares(numbers, weights, classes);
    shares = shares * (1 - smoothing_) + smoothing_ / static_cast<double>(classes);
    if (class_weight_.given()) shares = shares * class_weight_.like(shares, classes);
    return {share_logits(shares, outputs)};
  }

  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    if (y_hat.size(1) == 1 && smoothing_ == 0) return binary(y_hat, y);
    const auto [logits, numbers] = as_classes(y_hat, y);
    const auto weight = class_weight_.like(logits, logits.size(1));
    return at::cross_entropy_loss(logits, numbers, weight, at::Reduction::None, ignore_index_, smoothing_);
  }

  /// Its class's weight, and 0 if the class is ignored.
  at::Tensor row_shares(const at::Tensor& y) const override {
    const bool is_plain = y.is_floating_point() && ignore_index_ != 0 && ignore_index_ != 1;
    if (is_plain && !class_weight_.given()) return {};
    const auto numbers = class_numbers(y);
    const auto counts = numbers.ne(ignore_index_);
    if (!class_weight_.given()) return counts.to(at::kFloat);
    return class_weight_.of(numbers.mul(counts)).mul(counts);
  }

  /// One logit, not converted to two.
  at::Tensor binary(const at::Tensor& y_hat, const at::Tensor& y) const {
    class_weight_.check(2);
    const auto shares = row_shares(y);
    return at::binary_cross_entropy_with_logits(y_hat, y, shares.defined() ? shares.unsqueeze(1) : shares, {},
                                                at::Reduction::None);
  }

  std::int64_t ignore_index_;
  double smoothing_;
  ClassWeight class_weight_;
};

const LossRegistration cross_entropy_registration(
    "cross_entropy(float[]? class_weight=None, int ignore_index=-100, str reduction='mean', "
    "float label_smoothing=0.) -> ()",
    {"Cross entropy",
     "Minus the log probability of the true class, from logits; for two classes and one logit, binary cross entropy. "
     "See Szegedy et al. (2016), arXiv:1512.00567, for `label_smoothing`.",
     {ClassWeight::description(),
      {"ignore_index", "The number of a class that does not count."},
      reduction_description(),
      {"label_smoothing", "The share of the target's probability that is spread evenly over all classes.", 0, 1}},
     {"classif"}},
    [](const value::Arguments& arguments) { return std::make_unique<CrossEntropyLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::loss
