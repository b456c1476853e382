#include <ATen/ATen.h>

#include "core/kernel/keep_mask.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/device_generator.h"
#include "core/network/operations/dropped.h"

namespace mlr3libtorch::network {
namespace {

class DropoutKernel : public kernel::Kernel {
 public:
  explicit DropoutKernel(double p) : p_(p) {}

  void forward(const kernel::Call& call) override {
    mask_ = kernel::KeepMask(p_, call.generator);
    apply(call, call.inputs[0].values, call.output.values);
  }

  void backward(const kernel::Call& call) override {
    if (call.inputs[0].gradients == nullptr) return;
    apply(call, call.output.gradients, call.inputs[0].gradients);
  }

  bool is_view(bool training) const override { return !training || p_ == 0; }
  bool works_in_place() const override { return true; }

 private:
  void apply(const kernel::Call& call, const float* from, float* to) const {
    const auto width = call.output.width;
    kernel::for_each_element(call.rows * width, [=, mask = mask_, first = call.first_row * width](std::int64_t i) {
      to[i] = from[i] * mask.factor(first + i);
    });
  }

  double p_;
  kernel::KeepMask mask_;
};

/// Zeroes each element with probability p while training and scales the rest by 1 / (1 - p).
class Dropout : public Operation {
 public:
  explicit Dropout(double p) : p_(p) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& mode) override {
    return dropped(inputs[0], p_, mode);
  }

  bool has_dropout() const override { return p_ > 0; }

  /// With p = 1 nothing is kept, and no factor can make up for it.
  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& /*inputs*/) override {
    return p_ == 1 ? nullptr : std::make_unique<DropoutKernel>(p_);
  }

 private:
  double p_;
};

at::Tensor cpu_mask(const at::Tensor& x, double p, const ForwardMode& mode) {
  auto keep = at::empty(x.sizes(), x.options().dtype(at::kFloat));
  const auto first = mode.first_row == 0 ? 0 : mode.first_row * (keep.numel() / keep.size(0));
  kernel::for_each_element(keep.numel(), [=, mask = kernel::KeepMask(p, mode.generator), to = keep.data_ptr<float>()](
                                             std::int64_t i) { to[i] = mask.factor(first + i); });
  return keep.to(x.scalar_type());
}

at::Tensor device_mask(const at::Tensor& x, double p, const ForwardMode& mode) {
  return at::empty_like(x).bernoulli_(1 - p, device_generator(x.device(), mode.generator)).div_(1 - p);
}

const OperationRegistration dropout_registration(
    "dropout(float p=0.5) -> ()",
    {"Dropout",
     "Zeroes elements at random while training, and divides the others by 1 - p. See Srivastava et al. (2014), Journal "
     "of Machine Learning Research 15.",
     {{"p", "Probability that an element is zeroed.", 0, 1}}},
    [](const value::Arguments& arguments, const BuildInput& /*build*/) {
      return std::make_unique<Dropout>(arguments.get<double>("p"));
    });

}  // namespace

at::Tensor dropped(const at::Tensor& x, double p, const ForwardMode& mode) {
  if (!mode.drops() || p == 0) return x;
  if (p == 1) return x * 0;
  return x * (x.is_cpu() ? cpu_mask(x, p, mode) : device_mask(x, p, mode));
}

}  // namespace mlr3libtorch::network
