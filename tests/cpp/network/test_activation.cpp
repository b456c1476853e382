#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "core/base/error.h"
#include "network/networks.h"

namespace mlr3libtorch::test_activation {
namespace {

using namespace mlr3libtorch::test;

/// An activation with parameters, and what it means for one number.
struct Example {
  std::string operation;
  value::NamedValues parameters;
  std::function<double(double)> closed_form;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double elu(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x); }
double celu(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x / alpha); }
double shrunk(double x, double lambda) { return x > lambda ? x - lambda : x < -lambda ? x + lambda : 0; }
double softplus(double x, double beta) { return std::log1p(std::exp(beta * x)) / beta; }
double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }
double gelu_tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

/// The fixed point constants of Klambauer et al. (2017).
double selu(double x) { return 1.0507009873554805 * elu(x, 1.6732632423543772); }

const std::vector<Example> kExamples{
    {"identity", {}, [](double x) { return x; }},
    {"relu", {}, [](double x) { return std::max(x, 0.0); }},
    {"relu6", {}, [](double x) { return std::clamp(x, 0.0, 6.0); }},
    {"selu", {}, selu},
    {"silu", {}, [](double x) { return x * sigmoid(x); }},
    {"mish", {}, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
    {"hardswish", {}, [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
    {"sigmoid", {}, sigmoid},
    {"log_sigmoid", {}, [](double x) { return std::log(sigmoid(x)); }},
    {"tanh", {}, [](double x) { return std::tanh(x); }},
    {"tanhshrink", {}, [](double x) { return x - std::tanh(x); }},
    {"softsign", {}, [](double x) { return x / (1 + std::abs(x)); }},
    {"hardsigmoid", {}, [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
    {"gelu", {}, gelu},
    {"gelu", {{"approximate", "tanh"}}, gelu_tanh},
    {"elu", {}, [](double x) { return elu(x, 1); }},
    {"elu", {{"alpha", 0.3}}, [](double x) { return elu(x, 0.3); }},
    {"celu", {}, [](double x) { return celu(x, 1); }},
    {"celu", {{"alpha", 2.5}}, [](double x) { return celu(x, 2.5); }},
    {"leaky_relu", {}, [](double x) { return x > 0 ? x : 0.01 * x; }},
    {"leaky_relu", {{"negative_slope", 0.2}}, [](double x) { return x > 0 ? x : 0.2 * x; }},
    {"softshrink", {}, [](double x) { return shrunk(x, 0.5); }},
    {"softshrink", {{"lambd", 1.5}}, [](double x) { return shrunk(x, 1.5); }},
    {"hardshrink", {}, [](double x) { return std::abs(x) > 0.5 ? x : 0; }},
    {"hardshrink", {{"lambd", 1.5}}, [](double x) { return std::abs(x) > 1.5 ? x : 0; }},
    {"softplus", {}, [](double x) { return softplus(x, 1); }},
    {"softplus", {{"beta", 2.0}, {"threshold", 4.0}}, [](double x) { return 2 * x > 4 ? x : softplus(x, 2); }},
    {"hardtanh", {}, [](double x) { return std::clamp(x, -1.0, 1.0); }},
    {"hardtanh", {{"min_val", -0.5}, {"max_val", 3.0}}, [](double x) { return std::clamp(x, -0.5, 3.0); }},
    {"threshold", {{"threshold", 0.7}, {"value", -3.0}}, [](double x) { return x > 0.7 ? x : -3; }},
};

/// From -9 to 9, the places where pieces meet not among them.
at::Tensor numbers() { return at::linspace(-9, 9, 240, at::kDouble).reshape({120, 2}); }

TEST_CASE("each activation computes its closed form", "[network]") {
  const auto x = numbers();
  for (const auto& [operation, parameters, closed_form] : kExamples) {
    CAPTURE(operation, parameters.size());
    auto expected = x.clone();
    auto* value = expected.data_ptr<double>();
    std::transform(value, value + expected.numel(), value, closed_form);
    CHECK(at::allclose(apply(operation, parameters, x), expected, 1e-12, 1e-13));
  }
}

TEST_CASE("each activation's gradient is its slope", "[network]") {
  constexpr double kStep = 1e-6;
  for (const auto& example : kExamples) {
    CAPTURE(example.operation, example.parameters.size());
    auto x = numbers().set_requires_grad(true);
    const auto network = make_network({{"node", example.operation, example.parameters, {"x"}}}, x.detach());
    network.forward({x}, {}).front().sum().backward();
    const at::NoGradGuard no_gradients;
    const auto rise = network.forward({x + kStep}, {}).front() - network.forward({x - kStep}, {}).front();
    CHECK(at::allclose(x.grad(), rise / (2 * kStep), 1e-6, 1e-7));
  }
}

/// Not a function of one number alone; test_operation_values.cpp has them.
const std::set<std::string> kOthers{"prelu", "rrelu", "glu", "reglu", "geglu", "swiglu"};

TEST_CASE("every activation there is has its example, and they have no weights", "[network]") {
  std::set<std::string> examples = kOthers;
  for (const auto& example : kExamples) examples.insert(example.operation);
  for (const auto& [name, entry] : network::operations().entries()) {
    const auto& tags = entry.description.tags;
    if (std::find(tags.begin(), tags.end(), "activation") == tags.end()) continue;
    if (examples.count(name) > 0) continue;
    FAIL_CHECK(name << ": add its closed form to kExamples in tests/cpp/network/test_activation.cpp, or, if it is not "
                       "a function of one number alone, its name to kOthers and a case to operation_values.py.");
  }
  for (const auto& example : kExamples) {
    CHECK(make_network({{"node", example.operation, example.parameters, {"x"}}}, numbers()).parameters().empty());
  }
}

TEST_CASE("an activation's parameters are checked", "[network]") {
  CHECK_THROWS_AS(apply("gelu", {{"approximate", "quick"}}, numbers()), base::Error);
  CHECK_THROWS_AS(apply("softshrink", {{"lambd", -1.0}}, numbers()), base::Error);
  CHECK_THROWS_AS(apply("threshold", {{"value", 0.0}}, numbers()), base::Error);
  CHECK_THROWS_AS(apply("relu", {{"alpha", 0.0}}, numbers()), base::UnknownNameError);
}

}  // namespace
}  // namespace mlr3libtorch::test_activation
