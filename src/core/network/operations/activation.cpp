#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <memory>
#include <utility>

#include "core/kernel/elementwise_kernel.h"
#include "core/network/operation.h"
#include "core/network/operations/activation_functions.h"

namespace mlr3libtorch::network {
namespace {

using value::ArgumentDescription;
using value::Arguments;

using Elementwise = std::function<at::Tensor(const at::Tensor&)>;
using MakeElementwise = std::function<Elementwise(const Arguments&)>;
using KernelPointer = std::unique_ptr<kernel::Kernel>;
using MakeKernel = std::function<KernelPointer(const Arguments&)>;

/// An elementwise function without weights.
class Activation : public Operation {
 public:
  Activation(Elementwise function, std::function<KernelPointer()> make_kernel)
      : function_(std::move(function)), make_kernel_(std::move(make_kernel)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return function_(inputs[0]);
  }

  KernelPointer kernel(const std::vector<RowShape>& /*inputs*/) override { return make_kernel_(); }

 private:
  Elementwise function_;
  std::function<KernelPointer()> make_kernel_;
};

OperationRegistration activation(const char* schema, const char* label, const char* doc, MakeElementwise make,
                                 MakeKernel make_kernel, std::vector<ArgumentDescription> arguments = {}) {
  return {schema,
          {label, doc, std::move(arguments), {"activation"}},
          [make = std::move(make), make_kernel = std::move(make_kernel)](const Arguments& values,
                                                                         const BuildInput& /*build*/) {
            return std::make_unique<Activation>(make(values), [=] { return make_kernel(values); });
          }};
}

/// A kernel whose slope follows from the value, so that it works in place.
template <class Function>
KernelPointer by_value(Function function) {
  return std::make_unique<kernel::ElementwiseKernel>(std::make_shared<kernel::ElementwiseOf<Function>>(function));
}

/// A kernel whose slope needs the input.
template <class Function>
KernelPointer by_input(Function function) {
  return std::make_unique<kernel::PointwiseKernel<Function>>(function);
}

template <class Function>
KernelPointer make_by_value(const Arguments& /*arguments*/) {
  return by_value(Function{});
}

template <class Function>
KernelPointer make_by_input(const Arguments& /*arguments*/) {
  return by_input(Function{});
}

KernelPointer make_view(const Arguments& /*arguments*/) { return std::make_unique<kernel::ViewKernel>(); }

float number(const Arguments& arguments, const char* name) { return static_cast<float>(arguments.get<double>(name)); }

KernelPointer make_gelu(const Arguments& arguments) {
  return arguments.get<std::string>("approximate") == "tanh" ? by_input(GeluTanh{}) : by_input(Gelu{});
}

KernelPointer make_selu(const Arguments& /*arguments*/) {
  constexpr float kScale = 1.0507009873554805F;
  constexpr float kAlpha = 1.6732632423543772F;
  return by_value(ExponentialUnit{kScale, kScale * kAlpha, 1});
}

/// If the negative part rises to the left, the value does not show on which side of 0 the input was.
KernelPointer make_elu(const Arguments& arguments) {
  const auto alpha = number(arguments, "alpha");
  return alpha > 0 ? by_value(ExponentialUnit{1, alpha, 1}) : nullptr;
}

KernelPointer make_celu(const Arguments& arguments) {
  const auto alpha = number(arguments, "alpha");
  return alpha > 0 ? by_value(ExponentialUnit{1, alpha, alpha}) : nullptr;
}

KernelPointer make_leaky_relu(const Arguments& arguments) {
  const auto slope = number(arguments, "negative_slope");
  return slope >= 0 ? by_value(LeakyRelu{slope}) : nullptr;
}

KernelPointer make_softplus(const Arguments& arguments) {
  return by_input(Softplus{number(arguments, "beta"), number(arguments, "threshold")});
}

KernelPointer make_softshrink(const Arguments& arguments) { return by_input(Softshrink{number(arguments, "lambd")}); }

KernelPointer make_hardshrink(const Arguments& arguments) { return by_input(Hardshrink{number(arguments, "lambd")}); }

KernelPointer make_hardtanh(const Arguments& arguments) {
  const Hardtanh function{number(arguments, "min_val"), number(arguments, "max_val")};
  return function.low < function.high ? by_value(function) : nullptr;
}

KernelPointer make_relu6(const Arguments& /*arguments*/) { return by_value(Hardtanh{0, 6}); }

KernelPointer make_threshold(const Arguments& arguments) {
  return by_input(Threshold{number(arguments, "threshold"), number(arguments, "value")});
}

/// For functions without arguments.
MakeElementwise plain(at::Tensor (*function)(const at::Tensor&)) {
  return [function](const Arguments& /*arguments*/) { return Elementwise(function); };
}

/// For functions of one number.
MakeElementwise with_number(const char* name, at::Tensor (*function)(const at::Tensor&, double)) {
  return [name, function](const Arguments& arguments) -> Elementwise {
    return [number = arguments.get<double>(name), function](const at::Tensor& x) { return function(x, number); };
  };
}

/// For functions of two numbers.
MakeElementwise with_numbers(const char* first, const char* second,
                             at::Tensor (*function)(const at::Tensor&, double, double)) {
  return [first, second, function](const Arguments& arguments) -> Elementwise {
    return [a = arguments.get<double>(first), b = arguments.get<double>(second), function](const at::Tensor& x) {
      return function(x, a, b);
    };
  };
}

MakeElementwise gelu() {
  return [](const Arguments& arguments) -> Elementwise {
    return [approximate = arguments.get<std::string>("approximate")](const at::Tensor& x) {
      return at::gelu(x, approximate);
    };
  };
}

const OperationRegistration activation_registrations[] = {
    activation("identity() -> ()", "Identity", "x", plain([](const at::Tensor& x) { return x; }), make_view),
    activation("relu() -> ()", "ReLU", "max(0, x)", plain([](const at::Tensor& x) { return at::relu(x); }),
               make_by_value<Relu>),
    activation("relu6() -> ()", "ReLU6", "min(max(0, x), 6)", plain([](const at::Tensor& x) { return at::relu6(x); }),
               make_relu6),
    activation("selu() -> ()", "SELU",
               "1.0507 x for x > 0, else 1.7581 (exp(x) - 1). See Klambauer et al. (2017), arXiv:1706.02515.",
               plain([](const at::Tensor& x) { return at::selu(x); }), make_selu),
    activation("silu() -> ()", "SiLU", "x sigmoid(x). See Elfwing, Uchibe and Doya (2018), arXiv:1702.03118.",
               plain([](const at::Tensor& x) { return at::silu(x); }), make_by_input<Silu>),
    activation("mish() -> ()", "Mish", "x tanh(log(1 + exp(x))). See Misra (2019), arXiv:1908.08681.",
               plain([](const at::Tensor& x) { return at::mish(x); }), make_by_input<Mish>),
    activation("hardswish() -> ()", "Hard swish",
               "x min(max(0, x / 6 + 1 / 2), 1). See Howard et al. (2019), arXiv:1905.02244.",
               plain([](const at::Tensor& x) { return at::hardswish(x); }), make_by_input<Hardswish>),
    activation("sigmoid() -> ()", "Sigmoid", "1 / (1 + exp(-x))",
               plain([](const at::Tensor& x) { return at::sigmoid(x); }), make_by_value<Sigmoid>),
    activation("log_sigmoid() -> ()", "Log sigmoid", "log(1 / (1 + exp(-x)))",
               plain([](const at::Tensor& x) { return at::log_sigmoid(x); }), make_by_input<LogSigmoid>),
    activation("tanh() -> ()", "Tanh", "(exp(x) - exp(-x)) / (exp(x) + exp(-x)), the hyperbolic tangent.",
               plain([](const at::Tensor& x) { return at::tanh(x); }), make_by_value<Tanh>),
    activation("tanhshrink() -> ()", "Tanhshrink", "x - tanh(x)",
               plain([](const at::Tensor& x) { return x - at::tanh(x); }), make_by_input<Tanhshrink>),
    activation("softsign() -> ()", "Softsign", "x / (1 + |x|)",
               plain([](const at::Tensor& x) { return x / (1 + x.abs()); }), make_by_input<Softsign>),
    activation("hardsigmoid() -> ()", "Hard sigmoid", "min(max(0, x / 6 + 1 / 2), 1)",
               plain([](const at::Tensor& x) { return at::hardsigmoid(x); }), make_by_input<Hardsigmoid>),
    activation("gelu(str approximate='none') -> ()", "GELU",
               "x P(x), with the distribution function P of the standard normal distribution. See Hendrycks and Gimpel "
               "(2016), arXiv:1606.08415.",
               gelu(), make_gelu, {{"approximate", "Exact, or by tanh.", -HUGE_VAL, HUGE_VAL, {"none", "tanh"}}}),
    activation(
        "elu(float alpha=1.0) -> ()", "ELU",
        "x for x > 0, else alpha (exp(x) - 1). See Clevert, Unterthiner and Hochreiter (2016), arXiv:1511.07289.",
        with_number("alpha", [](const at::Tensor& x, double alpha) { return at::elu(x, alpha); }), make_elu,
        {{"alpha", "Scale of the negative part."}}),
    activation("celu(float alpha=1.0) -> ()", "CELU",
               "x for x > 0, else alpha (exp(x / alpha) - 1). See Barron (2017), arXiv:1704.07483.",
               with_number("alpha", [](const at::Tensor& x, double alpha) { return at::celu(x, alpha); }), make_celu,
               {{"alpha", "Scale of the negative part."}}),
    activation(
        "leaky_relu(float negative_slope=0.01) -> ()", "Leaky ReLU", "x for x > 0, else negative_slope x",
        with_number("negative_slope", [](const at::Tensor& x, double slope) { return at::leaky_relu(x, slope); }),
        make_leaky_relu, {{"negative_slope", "Slope for negative x."}}),
    activation("softshrink(float lambd=0.5) -> ()", "Softshrink",
               "x - lambd for x > lambd, x + lambd for x < -lambd, else 0.",
               with_number("lambd", [](const at::Tensor& x, double lambda) { return at::softshrink(x, lambda); }),
               make_softshrink, {{"lambd", "Half width of the region that becomes 0.", 0}}),
    activation("hardshrink(float lambd=0.5) -> ()", "Hardshrink", "x for |x| > lambd, else 0.",
               with_number("lambd", [](const at::Tensor& x, double lambda) { return at::hardshrink(x, lambda); }),
               make_hardshrink, {{"lambd", "Half width of the region that becomes 0.", 0}}),
    activation("softplus(float beta=1.0, float threshold=20.0) -> ()", "Softplus", "log(1 + exp(beta x)) / beta",
               with_numbers(
                   "beta", "threshold",
                   [](const at::Tensor& x, double beta, double threshold) { return at::softplus(x, beta, threshold); }),
               make_softplus,
               {{"beta", "Sharpness."}, {"threshold", "Above this value of beta x the function is the identity."}}),
    activation("hardtanh(float min_val=-1.0, float max_val=1.0) -> ()", "Hardtanh", "min(max(min_val, x), max_val)",
               with_numbers("min_val", "max_val",
                            [](const at::Tensor& x, double low, double high) { return at::hardtanh(x, low, high); }),
               make_hardtanh, {{"min_val", "Lower bound."}, {"max_val", "Upper bound."}}),
    activation("threshold(float threshold, float value) -> ()", "Threshold", "x for x > threshold, else value.",
               with_numbers("threshold", "value",
                            [](const at::Tensor& x, double threshold, double value) {
                              return at::threshold(x, threshold, value);
                            }),
               make_threshold, {{"threshold", "Where the function changes."}, {"value", "What replaces smaller x."}}),
};

}  // namespace
}  // namespace mlr3libtorch::network
