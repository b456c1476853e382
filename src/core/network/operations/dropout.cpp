#include <ATen/ATen.h>

#include "core/kernel/keep_mask.h"
#include "core/kernel/vectorised.h"
#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

class DropoutKernel : public kernel::Kernel {
 public:
  explicit DropoutKernel(double p) : p_(p) {}

  void forward(const kernel::Call& call) override {
    mask_ = kernel::KeepMask(p_, call.generator);
    apply(call.rows * call.output.width, call.inputs[0].values, call.output.values);
  }

  void backward(const kernel::Call& call) override {
    if (call.inputs[0].gradients == nullptr) return;
    apply(call.rows * call.output.width, call.output.gradients, call.inputs[0].gradients);
  }

  bool is_view(bool training) const override { return !training || p_ == 0; }
  bool works_in_place() const override { return true; }

 private:
  void apply(std::int64_t length, const float* from, float* to) const {
    kernel::for_each_element(length, [=, mask = mask_](std::int64_t i) { to[i] = from[i] * mask.factor(i); });
  }

  double p_;
  kernel::KeepMask mask_;
};

/// Zeroes each element with probability p while training and scales the rest by 1 / (1 - p).
class Dropout : public Operation {
 public:
  explicit Dropout(double p) : p_(p) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    if (!mode.training || p_ == 0) return inputs[0];
    if (p_ == 1) return inputs[0] * 0;
    const auto keep = inputs[0].is_cpu() ? cpu_mask(inputs[0], mode.generator) : device_mask(inputs[0]);
    return inputs[0] * keep;
  }

  /// With p = 1 nothing is kept, and there is no factor to make up for it.
  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return p_ == 1 ? nullptr : std::make_unique<DropoutKernel>(p_);
  }

 private:
  /// at::dropout draws from LibTorch's global generator; the run owns its own, for the CPU.
  at::Tensor cpu_mask(const at::Tensor& x, const at::Generator& generator) const {
    auto keep = at::empty(x.sizes(), x.options().dtype(at::kFloat));
    kernel::for_each_element(keep.numel(), [mask = kernel::KeepMask(p_, generator),
                                            to = keep.data_ptr<float>()](std::int64_t i) { to[i] = mask.factor(i); });
    return keep.to(x.scalar_type());
  }

  at::Tensor device_mask(const at::Tensor& x) const { return at::empty_like(x).bernoulli_(1 - p_).div_(1 - p_); }

  double p_;
};

const OperationRegistration registration("dropout(float p=0.5) -> ()",
                                         {"Dropout",
                                          "Zeroes elements at random while training.",
                                          {{"p", "Probability that an element is zeroed.", 0, 1}}},
                                         [](const value::Arguments& arguments, const BuildInput& /*build*/) {
                                           return std::make_unique<Dropout>(arguments.get<double>("p"));
                                         });

}  // namespace
}  // namespace mlr3libtorch::network
