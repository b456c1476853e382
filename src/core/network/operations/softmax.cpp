#include <ATen/ATen.h>

#include <algorithm>

#include "core/kernel/functions.h"
#include "core/kernel/vectorised.h"
#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

/// Along the last dimension, which has `length` numbers.
class SoftmaxKernel : public kernel::Kernel {
 public:
  SoftmaxKernel(std::int64_t length, bool logarithms) : length_(length), logarithms_(logarithms) {}

  void forward(const kernel::Call& call) override {
    for (std::int64_t first = 0; first < call.rows * call.output.width; first += length_) {
      const float* const x = call.inputs[0].values + first;
      float* const y = call.output.values + first;
      const float largest = *std::max_element(x, x + length_);
      const float sum =
          kernel::sum_elements(length_, [=](std::int64_t i) { return kernel::exponential(x[i] - largest); });
      if (logarithms_) {
        const float offset = largest + std::log(sum);
        kernel::for_each_element(length_, [=](std::int64_t i) { y[i] = x[i] - offset; });
      } else {
        const float scale = 1 / sum;
        kernel::for_each_element(length_, [=](std::int64_t i) { y[i] = kernel::exponential(x[i] - largest) * scale; });
      }
    }
  }

  void backward(const kernel::Call& call) override {
    if (call.inputs[0].gradients == nullptr) return;
    for (std::int64_t first = 0; first < call.rows * call.output.width; first += length_) {
      const float* const y = call.output.values + first;
      const float* const dy = call.output.gradients + first;
      float* const dx = call.inputs[0].gradients + first;
      if (logarithms_) {
        const float sum = kernel::sum_elements(length_, [=](std::int64_t i) { return dy[i]; });
        kernel::for_each_element(length_, [=](std::int64_t i) { dx[i] = dy[i] - kernel::exponential(y[i]) * sum; });
      } else {
        const float sum = kernel::sum_elements(length_, [=](std::int64_t i) { return dy[i] * y[i]; });
        kernel::for_each_element(length_, [=](std::int64_t i) { dx[i] = y[i] * (dy[i] - sum); });
      }
    }
  }

  bool reads_output() const override { return true; }

 private:
  std::int64_t length_;
  bool logarithms_;
};

using Function = at::Tensor (*)(const at::Tensor&, std::int64_t);

/// Probabilities along one dimension, or their logarithms.
class Softmax : public Operation {
 public:
  Softmax(Function function, std::int64_t dim, bool logarithms)
      : function_(function), dim_(dim), logarithms_(logarithms) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return function_(inputs[0], dim_);
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto& sizes = inputs[0].sizes;
    const bool last = dim_ == -1 || dim_ == static_cast<std::int64_t>(sizes.size());
    if (!last || sizes.empty() || sizes.back() == 0) return nullptr;
    return std::make_unique<SoftmaxKernel>(sizes.back(), logarithms_);
  }

 private:
  Function function_;
  std::int64_t dim_;
  bool logarithms_;
};

OperationRegistration softmax(const char* schema, const char* label, const char* doc, Function function,
                              bool logarithms) {
  return {schema,
          {label, doc, {{"dim", "The dimension that sums to 1; negative numbers count from the last."}}, {"softmax"}},
          [=](const value::Arguments& arguments, const BuildInput& /*build*/) {
            return std::make_unique<Softmax>(function, arguments.get<std::int64_t>("dim"), logarithms);
          }};
}

const OperationRegistration softmax_registrations[] = {
    softmax(
        "softmax(int dim=-1) -> ()", "Softmax", "exp(x) / sum(exp(x)), the sum over one dimension.",
        [](const at::Tensor& x, std::int64_t dim) { return at::softmax(x, dim); }, false),
    softmax(
        "log_softmax(int dim=-1) -> ()", "Log softmax", "log(exp(x) / sum(exp(x))), the sum over one dimension.",
        [](const at::Tensor& x, std::int64_t dim) { return at::log_softmax(x, dim); }, true),
};

}  // namespace
}  // namespace mlr3libtorch::network
