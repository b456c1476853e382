#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <utility>

#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

using value::ArgumentDescription;
using value::Arguments;

using Elementwise = std::function<at::Tensor(const at::Tensor&)>;
using MakeElementwise = std::function<Elementwise(const Arguments&)>;

/// An elementwise function without weights.
class Activation : public Operation {
 public:
  explicit Activation(Elementwise function) : function_(std::move(function)) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return function_(inputs[0]);
  }

 private:
  Elementwise function_;
};

OperationRegistration activation(const char* schema, const char* label, const char* doc, MakeElementwise make,
                                 std::vector<ArgumentDescription> arguments = {}) {
  return {schema,
          {label, doc, std::move(arguments), {"activation"}},
          [make = std::move(make)](const Arguments& values, const BuildInput& /*build*/) {
            return std::make_unique<Activation>(make(values));
          }};
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

const OperationRegistration registrations[] = {
    activation("identity() -> ()", "Identity", "x", plain([](const at::Tensor& x) { return x; })),
    activation("relu() -> ()", "ReLU", "max(0, x)", plain([](const at::Tensor& x) { return at::relu(x); })),
    activation("relu6() -> ()", "ReLU6", "min(max(0, x), 6)", plain([](const at::Tensor& x) { return at::relu6(x); })),
    activation("selu() -> ()", "SELU", "Scaled exponential linear unit.",
               plain([](const at::Tensor& x) { return at::selu(x); })),
    activation("silu() -> ()", "SiLU", "x sigmoid(x)", plain([](const at::Tensor& x) { return at::silu(x); })),
    activation("sigmoid() -> ()", "Sigmoid", "1 / (1 + exp(-x))",
               plain([](const at::Tensor& x) { return at::sigmoid(x); })),
    activation("log_sigmoid() -> ()", "Log sigmoid", "log(1 / (1 + exp(-x)))",
               plain([](const at::Tensor& x) { return at::log_sigmoid(x); })),
    activation("tanh() -> ()", "Tanh", "Hyperbolic tangent.", plain([](const at::Tensor& x) { return at::tanh(x); })),
    activation("tanhshrink() -> ()", "Tanhshrink", "x - tanh(x)",
               plain([](const at::Tensor& x) { return x - at::tanh(x); })),
    activation("softsign() -> ()", "Softsign", "x / (1 + |x|)",
               plain([](const at::Tensor& x) { return x / (1 + x.abs()); })),
    activation("hardsigmoid() -> ()", "Hard sigmoid", "min(max(0, x / 6 + 1 / 2), 1)",
               plain([](const at::Tensor& x) { return at::hardsigmoid(x); })),
    activation("gelu(str approximate='none') -> ()", "GELU", "Gaussian error linear unit.", gelu(),
               {{"approximate", "Exact, or by tanh.", -HUGE_VAL, HUGE_VAL, {"none", "tanh"}}}),
    activation("elu(float alpha=1.0) -> ()", "ELU", "x for x > 0, else alpha (exp(x) - 1)",
               with_number("alpha", [](const at::Tensor& x, double alpha) { return at::elu(x, alpha); }),
               {{"alpha", "Scale of the negative part."}}),
    activation("celu(float alpha=1.0) -> ()", "CELU", "Continuously differentiable exponential linear unit.",
               with_number("alpha", [](const at::Tensor& x, double alpha) { return at::celu(x, alpha); }),
               {{"alpha", "Scale of the negative part."}}),
    activation(
        "leaky_relu(float negative_slope=0.01) -> ()", "Leaky ReLU", "x for x > 0, else negative_slope x",
        with_number("negative_slope", [](const at::Tensor& x, double slope) { return at::leaky_relu(x, slope); }),
        {{"negative_slope", "Slope for negative x."}}),
    activation("softshrink(float lambd=0.5) -> ()", "Softshrink", "x moved towards 0 by lambd.",
               with_number("lambd", [](const at::Tensor& x, double lambda) { return at::softshrink(x, lambda); }),
               {{"lambd", "Half width of the region that becomes 0.", 0}}),
    activation("hardshrink(float lambd=0.5) -> ()", "Hardshrink", "x where |x| > lambd, else 0.",
               with_number("lambd", [](const at::Tensor& x, double lambda) { return at::hardshrink(x, lambda); }),
               {{"lambd", "Half width of the region that becomes 0.", 0}}),
    activation("softplus(float beta=1.0, float threshold=20.0) -> ()", "Softplus", "log(1 + exp(beta x)) / beta",
               with_numbers(
                   "beta", "threshold",
                   [](const at::Tensor& x, double beta, double threshold) { return at::softplus(x, beta, threshold); }),
               {{"beta", "Sharpness."}, {"threshold", "Above this value of beta x the function is the identity."}}),
    activation("hardtanh(float min_val=-1.0, float max_val=1.0) -> ()", "Hardtanh", "x kept within bounds.",
               with_numbers("min_val", "max_val",
                            [](const at::Tensor& x, double low, double high) { return at::hardtanh(x, low, high); }),
               {{"min_val", "Lower bound."}, {"max_val", "Upper bound."}}),
    activation("threshold(float threshold, float value) -> ()", "Threshold", "x where x > threshold, else value.",
               with_numbers("threshold", "value",
                            [](const at::Tensor& x, double threshold, double value) {
                              return at::threshold(x, threshold, value);
                            }),
               {{"threshold", "Where the function changes."}, {"value", "What replaces smaller x."}}),
};

}  // namespace
}  // namespace mlr3libtorch::network
