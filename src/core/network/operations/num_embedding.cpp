// Several numbers for each number, which help a network more than the number itself (Gorishniy et al., 2022).

#include <ATen/ATen.h>
#include <c10/util/MathConstants.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/kernel/functions.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

using value::Arguments;

constexpr auto kInfinity = std::numeric_limits<double>::infinity();

void check_numbers(const at::Tensor& x) { TORCH_CHECK(x.dim() == 2, "it takes inputs of shape (rows, features)."); }

/// From a normal distribution, within three standard deviations.
at::Tensor truncated_normal_weight(at::IntArrayRef sizes, double deviation, const BuildInput& build) {
  const double share = std::erf(3 / std::sqrt(2.0));
  return uniform_weight(sizes, share, build).erfinv_().mul_(deviation * std::sqrt(2.0));
}

class PeriodicEncodingKernel : public kernel::Kernel {
 public:
  explicit PeriodicEncodingKernel(std::int64_t frequencies) : frequencies_(frequencies) {}

  void forward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    kernel::vectorised::run([=, count = frequencies_, places = call.rows * x.width, numbers = x.values,
                             features = x.width, weight = call.parameters[0].values, y = call.output.values] {
      for (std::int64_t place = 0; place < places; ++place) {
        const float number = numbers[place];
        const float* const w = weight + place % features * count;
        float *const cosine = y + place * 2 * count, *const sine = cosine + count;
        MLR3LIBTORCH_INDEPENDENT
        for (std::int64_t j = 0; j < count; ++j) {
          cosine[j] = kernel::cosine_of_turn(number * w[j]);
          sine[j] = kernel::sine_of_turn(number * w[j]);
        }
      }
    });
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    float* const dw = call.parameters[0].gradients;
    if (dw != nullptr) std::fill_n(dw, x.width * frequencies_, 0.0F);
    kernel::vectorised::run([=, count = frequencies_, places = call.rows * x.width, numbers = x.values,
                             dx = x.gradients, features = x.width, weight = call.parameters[0].values,
                             y = call.output.values, dy = call.output.gradients] {
      constexpr auto kTurn = static_cast<float>(2 * c10::pi<double>);
      for (std::int64_t place = 0; place < places; ++place) {
        const auto first = place % features * count;
        const float *const cosine = y + place * 2 * count, *const sine = cosine + count;
        const float *const dcosine = dy + place * 2 * count, *const dsine = dcosine + count;
        const auto slope = [=](std::int64_t j) { return kTurn * (cosine[j] * dsine[j] - sine[j] * dcosine[j]); };
        if (dw != nullptr) {
          MLR3LIBTORCH_INDEPENDENT
          for (std::int64_t j = 0; j < count; ++j) dw[first + j] += numbers[place] * slope(j);
        }
        if (dx == nullptr) continue;
        dx[place] = kernel::vectorised::sum_in_lanes<float>(
            count, [=](std::int64_t j) { return weight[first + j] * slope(j); });
      }
    });
  }

  bool reads_output() const override { return true; }

 private:
  std::int64_t frequencies_;
};

/// y = clamp(slope x + constant, lower, upper), each of them for a bin of a feature.
class PiecewiseLinearKernel : public kernel::Kernel {
 public:
  PiecewiseLinearKernel(at::Tensor slope, at::Tensor constant, at::Tensor lower, at::Tensor upper)
      : slope_(std::move(slope)),
        constant_(std::move(constant)),
        lower_(std::move(lower)),
        upper_(std::move(upper)),
        bins_(slope_.size(1)) {}

  void forward(const kernel::Call& call) override {
    kernel::for_each_in_rows(
        call.rows, call.output.width,
        [x = call.inputs[0].values, y = call.output.values, bins = bins_, slope = slope_.data_ptr<float>(),
         constant = constant_.data_ptr<float>(), lower = lower_.data_ptr<float>(),
         upper = upper_.data_ptr<float>()](std::int64_t i, std::int64_t bin) {
          const float value = x[i / bins] * slope[bin] + constant[bin];
          const float above = value < lower[bin] ? lower[bin] : value;
          y[i] = above > upper[bin] ? upper[bin] : above;
        });
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.gradients == nullptr) return;
    const auto* const slope = slope_.data_ptr<float>();
    const auto* const constant = constant_.data_ptr<float>();
    const auto* const lower = lower_.data_ptr<float>();
    const auto* const upper = upper_.data_ptr<float>();
    for (std::int64_t place = 0; place < call.rows * x.width; ++place) {
      const auto first = place % x.width * bins_;
      const float number = x.values[place];
      const float* const dy = call.output.gradients + place * bins_;
      x.gradients[place] = kernel::sum_elements(bins_, [=](std::int64_t j) {
        const float value = number * slope[first + j] + constant[first + j];
        return value >= lower[first + j] && value <= upper[first + j] ? dy[j] * slope[first + j] : 0.0F;
      });
    }
  }

 private:
  at::Tensor slope_, constant_, lower_, upper_;
  std::int64_t bins_;
};

/// cos(2 pi w x), then sin(2 pi w x). weight: [features, n_frequencies].
class PeriodicEncoding : public Operation {
 public:
  PeriodicEncoding(const Arguments& arguments, const BuildInput& build) {
    check_numbers(build.inputs.at(0));
    weight_ = truncated_normal_weight({build.inputs[0].size(1), arguments.get<std::int64_t>("n_frequencies")},
                                      arguments.get<double>("frequency_init_scale"), build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    const auto angles = inputs[0].unsqueeze(-1) * weight_ * (2 * c10::pi<double>);
    return at::cat({angles.cos(), angles.sin()}, -1);
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<PeriodicEncodingKernel>(weight_.size(1));
  }

 private:
  at::Tensor weight_;
};

/// How far a number lies within each bin: 0 before it, 1 after it. The first and the last bin are open to the outside.
/// All buffers: [features, most bins of a feature]; if a feature has fewer, zeros.
class PiecewiseLinearEncoding : public Operation {
 public:
  PiecewiseLinearEncoding(const Arguments& arguments, const BuildInput& build) {
    check_numbers(build.inputs.at(0));
    const auto edges = arguments.get<std::vector<double>>("edges");
    const auto bins = arguments.get<std::vector<std::int64_t>>("bins");
    check_bins(edges, bins, build.inputs[0].size(1));
    const std::vector<std::int64_t> sizes{build.inputs[0].size(1), *std::max_element(bins.begin(), bins.end())};
    slope_ = zeros_weight(sizes, build).cpu();
    constant_ = slope_.clone();
    lower_ = slope_.clone();
    upper_ = at::ones_like(slope_);
    const auto* left = edges.data();
    for (std::size_t feature = 0; feature < bins.size(); ++feature) {
      set_feature(static_cast<std::int64_t>(feature), left, bins[feature]);
      left += bins[feature] + 1;
    }
    for (auto* buffer : {&slope_, &constant_, &lower_, &upper_}) *buffer = buffer->to(build.inputs[0].device());
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::clamp(inputs[0].unsqueeze(-1) * slope_ + constant_, lower_, upper_);
  }

  std::vector<Slot> buffers() override {
    return {{"slope", &slope_}, {"constant", &constant_}, {"lower", &lower_}, {"upper", &upper_}};
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return std::make_unique<PiecewiseLinearKernel>(slope_, constant_, lower_, upper_);
  }

 private:
  static void check_bins(const std::vector<double>& edges, const std::vector<std::int64_t>& bins,
                         std::int64_t features) {
    TORCH_CHECK(static_cast<std::int64_t>(bins.size()) == features, "'bins' has ", bins.size(),
                " numbers, but there are ", features, " features.");
    std::size_t needed = 0;
    for (const auto count : bins) needed += static_cast<std::size_t>(count) + 1;
    TORCH_CHECK(edges.size() == needed, "'edges' has ", edges.size(), " numbers, but the bins have ", needed, ".");
  }

  void set_feature(std::int64_t feature, const double* edges, std::int64_t count) {
    for (std::int64_t bin = 0; bin < count; ++bin) {
      const auto width = edges[bin + 1] - edges[bin];
      TORCH_CHECK(width > 0, "the 'edges' of a feature must increase.");
      slope_[feature][bin] = 1 / width;
      constant_[feature][bin] = -edges[bin] / width;
    }
    lower_[feature][0] = -kInfinity;
    upper_[feature][count - 1] = kInfinity;
  }

  at::Tensor slope_, constant_, lower_, upper_;
};

const OperationRegistration num_embedding_registrations[] = {
    {"periodic_encoding(int n_frequencies=48, float frequency_init_scale=0.01) -> ()",
     {"Periodic encoding",
      "Cosine and sine of each number at learned frequencies: (rows, features, 2 n_frequencies). "
      "See Gorishniy, Rubachev and Babenko (2022), arXiv:2203.05556.",
      {{"n_frequencies", "Number of frequencies of each feature.", 1},
       {"frequency_init_scale", "Initial standard deviation of the frequencies.", 0}},
      {"embedding"}},
     make_operation<PeriodicEncoding>},
    {"piecewise_linear_encoding(float[] edges, int[] bins) -> ()",
     {"Piecewise linear encoding",
      "How far each number lies within the bins of its feature: (rows, features, bins). "
      "See Gorishniy, Rubachev and Babenko (2022), arXiv:2203.05556.",
      {{"edges", "The edges of the bins of each feature, one more than bins."},
       {"bins", "Number of bins of each feature.", 1}},
      {"embedding"}},
     make_operation<PiecewiseLinearEncoding>},
};

}  // namespace
}  // namespace mlr3libtorch::network
