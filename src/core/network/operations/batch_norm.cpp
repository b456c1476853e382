#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// Normalises each channel (dimension 1): in training by the batch's own mean and variance, else by their running
/// averages. weight, bias, running_mean, running_var: [channels]; num_batches_tracked: [] int64.
class BatchNorm : public Operation {
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
    if (by_batch) check_batch(x);
    double momentum = momentum_.value_or(0);
    if (mode.training && running_mean_.defined()) {
      batches_.add_(1);
      if (!momentum_) momentum = 1 / batches_.item<double>();
    }
    return at::batch_norm(x, weight_, bias_, running_mean_, running_var_, by_batch, momentum, eps_, false);
  }

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

 private:
  static void check_batch(const at::Tensor& x) {
    if (x.size(1) == 0 || x.numel() / x.size(1) != 1) return;
    throw base::ConfigError(
        "Batch normalisation cannot take the variance of a batch of one row; use another 'batch_size', or set "
        "'drop_last' to leave out a last batch that is smaller.");
  }

  double eps_;
  c10::optional<double> momentum_;
  at::Tensor weight_, bias_, running_mean_, running_var_, batches_;
};

value::Description describe(const std::string& shape) {
  return {"Batch normalisation",
          "Normalises each channel of an input of shape " + shape + " over the batch.",
          {{"eps", "Added to the variance, so that it is never zero.", 0},
           {"momentum", "Weight of the newest batch in the running averages; none: all batches weigh the same.", 0, 1},
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

const OperationRegistration registrations[] = {
    batch_norm("batch_norm1d", "(rows, channels) or (rows, channels, length)", {2, 3}),
    batch_norm("batch_norm2d", "(rows, channels, height, width)", {4, 4}),
    batch_norm("batch_norm3d", "(rows, channels, depth, height, width)", {5, 5}),
};

}  // namespace
}  // namespace mlr3libtorch::network
