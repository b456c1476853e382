// Leaky units whose slope left of 0 is learned or drawn.

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/kernel/vectorised.h"
#include "core/network/operations/device_generator.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// A slope for each run of `run` numbers of a row, or one for all.
class PReluKernel : public kernel::Kernel {
 public:
  PReluKernel(std::int64_t slopes, std::int64_t run) : slopes_(slopes), run_(run) {}

  void forward(const kernel::Call& call) override {
    kernel::for_each_in_rows(
        call.rows, call.output.width,
        [x = call.inputs[0].values, y = call.output.values, weight = call.parameters[0].values, run = run_](
            std::int64_t i, std::int64_t place) { y[i] = x[i] > 0 ? x[i] : x[i] * weight[place / run]; });
  }

  void backward(const kernel::Call& call) override {
    const auto& weight = call.parameters[0];
    const auto& x = call.inputs[0];
    const float* const dy = call.output.gradients;
    if (weight.gradients != nullptr) give_weight_gradients(call);
    if (x.gradients == nullptr) return;
    kernel::for_each_in_rows(
        call.rows, call.output.width,
        [from = x.values, dx = x.gradients, w = weight.values, run = run_, dy](std::int64_t i, std::int64_t place) {
          dx[i] = from[i] > 0 ? dy[i] : dy[i] * w[place / run];
        });
  }

 private:
  void give_weight_gradients(const kernel::Call& call) const {
    float* const to = call.parameters[0].gradients;
    std::fill_n(to, slopes_, 0.0F);
    for (std::int64_t first = 0; first < call.rows * call.output.width; first += run_) {
      const float *const x = call.inputs[0].values + first, *const dy = call.output.gradients + first;
      to[first % call.output.width / run_] +=
          kernel::sum_elements(run_, [=](std::int64_t i) { return x[i] > 0 ? 0.0F : dy[i] * x[i]; });
    }
  }

  std::int64_t slopes_, run_;
};

/// max(0, x) + weight min(0, x). weight: [1] or [channels].
class PRelu : public Operation {
 public:
  PRelu(const value::Arguments& arguments, const BuildInput& build) {
    const auto count = arguments.get<std::int64_t>("num_parameters");
    const auto& x = build.inputs.at(0);
    const auto channels = x.dim() > 1 ? x.size(1) : 1;
    TORCH_CHECK(count == 1 || count == channels, "'num_parameters' must be 1 or the number of channels of the input, ",
                channels, ".");
    weight_ = ones_weight({count}, build) * arguments.get<double>("init");
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::prelu(inputs[0], weight_);
  }

  std::vector<Slot> parameters() override { return {{"weight", &weight_}}; }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto width = inputs[0].width();
    if (width == 0) return nullptr;
    return std::make_unique<PReluKernel>(weight_.numel(), width / weight_.numel());
  }

 private:
  at::Tensor weight_;
};

/// A slope drawn for each element in training, the mean slope otherwise.
class RRelu : public Operation {
 public:
  RRelu(double lower, double upper) : lower_(lower), upper_(upper) {
    TORCH_CHECK(lower <= upper, "'lower' must be at most 'upper'.");
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    if (!mode.training) return at::rrelu(inputs[0], lower_, upper_, false);
    const auto& x = inputs[0];
    const auto generator = x.is_cpu() ? mode.generator : device_generator(x.device(), mode.generator);
    return at::rrelu(x, lower_, upper_, true,
                     generator.defined() ? c10::optional<at::Generator>(generator) : c10::nullopt);
  }

 private:
  double lower_, upper_;
};

const OperationRegistration slope_registrations[] = {
    {"prelu(int num_parameters=1, float init=0.25) -> ()",
     {"PReLU",
      "x for x > 0, else x times a learned slope. See He et al. (2015), arXiv:1502.01852.",
      {{"num_parameters", "Number of slopes: 1, or one for each channel.", 1}, {"init", "The initial slopes."}},
      {"activation"}},
     [](const value::Arguments& arguments, const BuildInput& build) {
       return std::make_unique<PRelu>(arguments, build);
     }},
    {"rrelu(float lower=0.125, float upper=0.3333333333333333) -> ()",
     {"RReLU",
      "x for x > 0, else x times a slope that is drawn in training, and is the mean of lower and upper in prediction. "
      "See Xu et al. (2015), arXiv:1505.00853.",
      {{"lower", "Smallest slope."}, {"upper", "Largest slope."}},
      {"activation"}},
     [](const value::Arguments& arguments, const BuildInput& /*build*/) {
       return std::make_unique<RRelu>(arguments.get<double>("lower"), arguments.get<double>("upper"));
     }},
};

}  // namespace
}  // namespace mlr3libtorch::network
