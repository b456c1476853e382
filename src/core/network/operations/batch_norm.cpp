#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/kernel/batch_sums.h"
#include "core/kernel/vectorised.h"
#include "core/network/batch_averages.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// The rows of the batch, of which so many are computed here.
std::int64_t rows_of_batch(std::int64_t rows) {
  const auto* const sums = kernel::current_batch_sums();
  return sums == nullptr ? rows : sums->rows();
}

/// Makes sums over the rows here those over all rows of the batch.
void add_others(float* numbers, std::int64_t count) {
  if (auto* const sums = kernel::current_batch_sums(); sums != nullptr) sums->add_others(numbers, count);
}

at::Tensor with_others(const at::Tensor& numbers) {
  auto sums = numbers.to(at::kFloat).contiguous().clone();
  add_others(sums.data_ptr<float>(), sums.numel());
  return sums.to(numbers.scalar_type());
}

/// A sum over all rows of the batch. Each process adds to the loss, so the gradient is a sum, too.
struct BatchSum : torch::autograd::Function<BatchSum> {
  static at::Tensor forward(torch::autograd::AutogradContext* /*context*/, const at::Tensor& own) {
    return with_others(own);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* /*context*/,
                                                 const torch::autograd::variable_list& gradients) {
    return {with_others(gradients.front())};
  }
};

/// Normalises each channel (dimension 1): in training by the batch's own mean and variance, else by their running
/// averages. weight, bias, running_mean, running_var: [channels]; num_batches_tracked: [] int64.
class BatchNorm : public Operation, public BatchAverages {
 public:
  BatchNorm(const value::Arguments& arguments, const BuildInput& build, std::int64_t channels)
      : eps_(arguments.get<double>("eps")), momentum_(arguments.get<c10::optional<double>>("momentum")) {
    if (arguments.get<bool>("affine")) {
      weight_ = ones_weight({channels}, build);
      bias_ = zeros_weight({channels}, build);
    }
    if (!arguments.get<bool>("track_running_stats")) return;
    running_mean_ = zeros_weight({channels}, build);
    running_var_ = ones_weight({channels}, build);
    batches_ = at::zeros({}, weight_options(build).dtype(at::kLong));
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    const auto& x = inputs[0];
    const bool by_batch = mode.training || !running_mean_.defined();
    const auto places = x.size(0) * x.size(1) == 0 ? 0 : x.numel() / x.size(0) / x.size(1);
    if (by_batch) check_batch(rows_of_batch(x.size(0)) * places);
    const bool updates = mode.training && running_mean_.defined();
    const auto momentum = updates ? count_batch() : 0;
    if (mode.training && kernel::current_batch_sums() != nullptr) return normalised_with_others(x, momentum, places);
    return at::batch_norm(x, weight_, bias_, running_mean_, running_var_, by_batch, momentum, eps_, false);
  }

  bool normalises_batches() const override { return true; }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots;
    add_slot(slots, "weight", weight_);
    add_slot(slots, "bias", bias_);
    return slots;
  }

  std::vector<Slot> buffers() override {
    std::vector<Slot> slots;
    add_slot(slots, "running_mean", running_mean_);
    add_slot(slots, "running_var", running_var_);
    add_slot(slots, "num_batches_tracked", batches_);
    return slots;
  }

  bool begin_plain_means() override {
    if (!running_mean_.defined()) return false;
    running_mean_.zero_();
    running_var_.fill_(1);
    batches_.zero_();
    is_plain_mean_ = true;
    return true;
  }

  void end_plain_means() override { is_plain_mean_ = false; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override;

 private:
  friend class BatchNormKernel;

  /// By the mean and variance of a batch that others compute parts of.
  at::Tensor normalised_with_others(const at::Tensor& x, double momentum, std::int64_t places) {
    std::vector<std::int64_t> dimensions, channels(static_cast<std::size_t>(x.dim()), 1);
    for (std::int64_t i = 0; i < x.dim(); ++i) {
      if (i != 1) dimensions.push_back(i);
    }
    channels[1] = x.size(1);
    const auto in_channels = [&](const at::Tensor& numbers) { return numbers.view(channels); };
    const auto count = static_cast<double>(rows_of_batch(x.size(0)) * places);
    const auto mean = BatchSum::apply(x.sum(dimensions)) / count;
    const auto centred = x - in_channels(mean);
    const auto squares = BatchSum::apply((centred * centred).sum(dimensions));
    if (running_mean_.defined()) {
      const at::NoGradGuard no_gradients;
      running_mean_.lerp_(mean.detach(), momentum);
      running_var_.lerp_(squares.detach() / (count - 1), momentum);
    }
    const auto y = centred * in_channels((squares / count + eps_).rsqrt());
    return weight_.defined() ? y * in_channels(weight_) + in_channels(bias_) : y;
  }

  /// `count`: the number of values in each channel.
  static void check_batch(std::int64_t count) {
    if (count != 1) return;
    throw base::ConfigError(
        "Batch normalisation cannot compute the variance of a batch of one row; use another 'batch_size', or set "
        "'drop_last' to leave out a last batch that is smaller.");
  }

  /// The weight of this batch in the running averages.
  double count_batch() {
    // A call of LibTorch would slow down a small network's step.
    if (batches_.is_cpu()) {
      ++*batches_.data_ptr<std::int64_t>();
    } else {
      batches_.add_(1);
    }
    if (momentum_ && !is_plain_mean_) return *momentum_;
    return 1 / batches_.item<double>();
  }

  double eps_;
  c10::optional<double> momentum_;
  bool is_plain_mean_ = false;
  at::Tensor weight_, bias_, running_mean_, running_var_, batches_;
};

/// With running averages: without them, the prediction for a row depends on the others in its batch.
class BatchNormKernel : public kernel::Kernel {
 public:
  /// `places`: the numbers of each channel of a row.
  BatchNormKernel(BatchNorm& operation, std::int64_t places)
      : operation_(operation),
        channels_(operation.running_mean_.size(0)),
        places_(places),
        mean_(size()),
        scale_(size()),
        sums_(2 * size()) {}

  void forward(const kernel::Call& call) override {
    if (call.training) {
      BatchNorm::check_batch(rows_of_batch(call.rows) * places_);
      take_statistics(call.inputs[0].values, call.rows);
    } else {
      const float* const mean = operation_.running_mean_.data_ptr<float>();
      std::copy_n(mean, channels_, mean_.data());
      set_scale(operation_.running_var_.data_ptr<float>());
    }
    normalise(call);
  }

  void backward(const kernel::Call& call) override {
    const float* const x = call.inputs[0].values;
    const float* const dy = call.output.gradients;
    const float* const mean = mean_.data();
    const float* const scale = scale_.data();
    std::fill(sums_.begin(), sums_.end(), 0.0F);
    float* const sum = sums_.data();
    float* const sum_normalised = sum + channels_;
    add_in_channels(call.rows, sum, [=](std::int64_t i, std::int64_t /*channel*/) { return dy[i]; });
    add_in_channels(call.rows, sum_normalised, [=](std::int64_t i, std::int64_t channel) {
      return dy[i] * (x[i] - mean[channel]) * scale[channel];
    });
    // What the others' rows add to these gradients is added to them later, with all others.
    if (!call.parameters.empty()) give_sums(call);
    add_others(sum, 2 * channels_);
    float* const dx = call.inputs[0].gradients;
    if (dx == nullptr) return;
    const float* const weight = weight_of(call);
    const float share = 1 / static_cast<float>(rows_of_batch(call.rows) * places_);
    for_each_in_channels(call.rows, [=](std::int64_t i, std::int64_t channel) {
      const float normalised = (x[i] - mean[channel]) * scale[channel];
      const float centred = dy[i] - share * (sum[channel] + normalised * sum_normalised[channel]);
      dx[i] = (weight == nullptr ? 1.0F : weight[channel]) * scale[channel] * centred;
    });
  }

 private:
  /// Calls `body(first, channel)` for the numbers of each channel of each row, which begin at `first`.
  template <class Body>
  void for_each_plane(std::int64_t rows, const Body& body) const {
    const auto least = kernel::kElementsWorthThread / std::max<std::int64_t>(rows * places_, 1) + 1;
    const auto visit = [=, all = channels_, places = places_](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = 0; row < rows; ++row) {
        for (auto channel = begin; channel < end; ++channel) body((row * all + channel) * places, channel);
      }
    };
    kernel::in_ranges(channels_, {least, 1}, [=](std::int64_t begin, std::int64_t end) {
      kernel::vectorised::run([=] { visit(begin, end); });
    });
  }

  /// Calls `body(i, channel)` for each number of so many rows.
  template <class Body>
  void for_each_in_channels(std::int64_t rows, const Body& body) const {
    if (places_ == 1) return kernel::for_each_in_rows(rows, channels_, body);
    for_each_plane(rows, [=, places = places_](std::int64_t first, std::int64_t channel) {
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t i = first; i < first + places; ++i) body(i, channel);
    });
  }

  /// Adds `term(i, channel)` of each number to its channel's sum.
  template <class Term>
  void add_in_channels(std::int64_t rows, float* sums, const Term& term) const {
    if (places_ == 1) {
      return kernel::for_each_in_rows(rows, channels_,
                                      [=](std::int64_t i, std::int64_t channel) { sums[channel] += term(i, channel); });
    }
    for_each_plane(rows, [=, places = places_](std::int64_t first, std::int64_t channel) {
      sums[channel] +=
          kernel::vectorised::sum_in_lanes<float>(places, [=](std::int64_t i) { return term(first + i, channel); });
    });
  }

  std::size_t size() const { return static_cast<std::size_t>(channels_); }

  static const float* weight_of(const kernel::Call& call) {
    return call.parameters.empty() ? nullptr : call.parameters[0].values;
  }

  void take_statistics(const float* x, std::int64_t rows) {
    float* const mean = mean_.data();
    std::fill(sums_.begin(), sums_.end(), 0.0F);
    float* const sum = sums_.data();
    float* const squares = sum + channels_;
    add_in_channels(rows, sum, [=](std::int64_t i, std::int64_t /*channel*/) { return x[i]; });
    add_others(sum, channels_);
    const auto count = rows_of_batch(rows) * places_;
    const float share = 1 / static_cast<float>(count);
    kernel::for_each_element(channels_, [=](std::int64_t channel) { mean[channel] = sum[channel] * share; });
    add_in_channels(rows, squares, [=](std::int64_t i, std::int64_t channel) {
      return (x[i] - mean[channel]) * (x[i] - mean[channel]);
    });
    add_others(squares, channels_);
    update_averages(squares, count);
    kernel::for_each_element(channels_, [=](std::int64_t channel) { squares[channel] *= share; });
    set_scale(squares);
  }

  /// The running variance is an unbiased estimate.
  void update_averages(const float* squares, std::int64_t count) {
    const auto weight = static_cast<float>(operation_.count_batch());
    const float share = 1 / static_cast<float>(count - 1);
    const float* const mean = mean_.data();
    auto* const running_mean = operation_.running_mean_.data_ptr<float>();
    auto* const running_var = operation_.running_var_.data_ptr<float>();
    kernel::for_each_element(channels_, [=](std::int64_t channel) {
      running_mean[channel] += weight * (mean[channel] - running_mean[channel]);
      running_var[channel] += weight * (squares[channel] * share - running_var[channel]);
    });
  }

  void set_scale(const float* variance) {
    const auto eps = static_cast<float>(operation_.eps_);
    float* const scale = scale_.data();
    kernel::for_each_element(channels_,
                             [=](std::int64_t channel) { scale[channel] = 1 / std::sqrt(variance[channel] + eps); });
  }

  void normalise(const kernel::Call& call) {
    const float* const x = call.inputs[0].values;
    float* const y = call.output.values;
    const float* const mean = mean_.data();
    const float* const scale = scale_.data();
    if (call.parameters.empty()) {
      for_each_in_channels(
          call.rows, [=](std::int64_t i, std::int64_t channel) { y[i] = (x[i] - mean[channel]) * scale[channel]; });
      return;
    }
    const float* const weight = call.parameters[0].values;
    const float* const bias = call.parameters[1].values;
    for_each_in_channels(call.rows, [=](std::int64_t i, std::int64_t channel) {
      y[i] = (x[i] - mean[channel]) * scale[channel] * weight[channel] + bias[channel];
    });
  }

  void give_sums(const kernel::Call& call) {
    if (call.parameters[0].gradients != nullptr) {
      std::copy_n(sums_.data() + channels_, channels_, call.parameters[0].gradients);
    }
    if (call.parameters[1].gradients != nullptr) std::copy_n(sums_.data(), channels_, call.parameters[1].gradients);
  }

  BatchNorm& operation_;
  std::int64_t channels_, places_;
  std::vector<float> mean_;
  std::vector<float> scale_;  // 1 / standard deviation
  std::vector<float> sums_;   // two for each channel
};

std::unique_ptr<kernel::Kernel> BatchNorm::kernel(const std::vector<RowShape>& inputs) {
  const auto width = inputs[0].width();
  if (width == 0 || !running_mean_.defined()) return nullptr;
  return std::make_unique<BatchNormKernel>(*this, width / inputs[0].sizes[0]);
}

value::Description describe(const std::string& shape) {
  return {"Batch normalisation",
          "Normalises each channel of an input of shape " + shape +
              " over the batch. See Ioffe and Szegedy (2015), arXiv:1502.03167.",
          {{"eps", "Added to the variance, so that it is never zero.", 0},
           {"momentum",
            "Weight of the newest batch in the running averages; without one, all batches have the same weight.", 0, 1},
           {"affine", "Whether each channel has a learned scale and shift."},
           {"track_running_stats", "Whether running averages are kept for prediction."}},
          {"normalization"}};
}

OperationRegistration batch_norm(const std::string& name, const std::string& shape,
                                 std::pair<std::int64_t, std::int64_t> dimensions) {
  const auto schema =
      name + "(float eps=1e-05, float? momentum=0.1, bool affine=True, bool track_running_stats=True) -> ()";
  return {schema.c_str(), describe(shape),
          [name, shape, dimensions](const value::Arguments& arguments, const BuildInput& build) {
            const auto& x = build.inputs.at(0);
            TORCH_CHECK(x.dim() >= dimensions.first && x.dim() <= dimensions.second, name, " takes inputs of shape ",
                        shape, "; change the input with a node 'reshape' or 'unsqueeze', or use another batch_norm.");
            return std::make_unique<BatchNorm>(arguments, build, x.size(1));
          }};
}

const OperationRegistration batch_norm_registrations[] = {
    batch_norm("batch_norm1d", "(rows, channels) or (rows, channels, length)", {2, 3}),
    batch_norm("batch_norm2d", "(rows, channels, height, width)", {4, 4}),
    batch_norm("batch_norm3d", "(rows, channels, depth, height, width)", {5, 5}),
};

}  // namespace
}  // namespace mlr3libtorch::network
