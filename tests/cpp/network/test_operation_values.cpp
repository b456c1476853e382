// Operations against PyTorch's layers, by tests/cpp/reference/operation_values.py.
#include <fstream>
#include <nlohmann/json.hpp>

#include "network/networks.h"

namespace mlr3libtorch::test_operation_values {
namespace {

using namespace mlr3libtorch::test;
using nlohmann::json;
using Sizes = std::vector<std::int64_t>;

const json& reference() {
  static const json values = [] {
    std::ifstream file(REFERENCE_DIR "/operation_values.json");
    return json::parse(file);
  }();
  return values;
}

c10::IValue to_value(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.front().is_number_integer()) return value.get<Sizes>();
  return value.get<std::vector<double>>();
}

/// What a list may be given as: one number for all.
c10::IValue to_argument(const json& value, const c10::Argument& argument) {
  const auto type = argument.real_type()->str();
  const bool wants_list = type.find("[]") != std::string::npos || type.find("List") != std::string::npos;
  return to_value(wants_list && !value.is_array() ? json::array({value}) : value);
}

value::NamedValues parameters_of(const json& tested) {
  const auto& schema = network::operations().at(tested["operation"]).schema;
  value::NamedValues parameters;
  for (const auto& [name, value] : tested["parameters"].items()) {
    const auto index = schema.argumentIndexWithName(name);
    REQUIRE(index);
    parameters[name] = to_argument(value, schema.arguments()[*index]);
  }
  return parameters;
}

/// The script's formulas.
at::Tensor input_values(const Sizes& shape, std::int64_t which) {
  const auto index = at::arange(c10::multiply_integers(shape), at::kLong);
  return ((index * 7 + which * 5).remainder(23) - 11).to(at::kFloat).div(8).reshape(shape);
}

at::Tensor weight_values(const at::Tensor& weight, std::int64_t which) {
  const auto index = at::arange(weight.numel(), at::kLong);
  return ((index * 5 + which * 3).remainder(13) - 6).to(at::kFloat).div(16).reshape(weight.sizes());
}

struct Built {
  std::vector<at::Tensor> inputs;
  network::Network network;
};

Built build(const json& tested) {
  std::vector<at::Tensor> inputs;
  std::vector<std::string> names;
  for (const auto& shape : tested["inputs"]) {
    names.push_back("x" + std::to_string(names.size()));
    inputs.push_back(input_values(shape.get<Sizes>(), static_cast<std::int64_t>(inputs.size())));
  }
  network::Network network({names, {{"node", tested["operation"], parameters_of(tested), names}}, {}}, inputs,
                           at::detail::createCPUGenerator(7));
  return {std::move(inputs), std::move(network)};
}

TEST_CASE("operations compute what PyTorch's layers do", "[network]") {
  for (const auto& tested : reference()["values"]) {
    CAPTURE(tested["operation"], tested["parameters"]);
    auto built = build(tested);
    const auto parameters = built.network.parameters();
    REQUIRE(parameters.size() == tested["weights"].size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      CHECK(parameters[i].second.sizes() == at::IntArrayRef(tested["weights"][i].get<Sizes>()));
      parameters[i].second.copy_(weight_values(parameters[i].second, static_cast<std::int64_t>(i)));
    }
    const auto y = built.network.forward(built.inputs, {}).front();
    const auto expected = at::tensor(tested["values"].get<std::vector<double>>()).to(at::kFloat);
    REQUIRE(y.sizes() == at::IntArrayRef(tested["shape"].get<Sizes>()));
    CHECK(at::allclose(y.flatten(), expected, 1e-5, 1e-6));
  }
}

TEST_CASE("weights begin as those of PyTorch's layers", "[network]") {
  for (const auto& tested : reference()["beginnings"]) {
    CAPTURE(tested["operation"], tested["parameters"]);
    const auto parameters = build(tested).network.parameters();
    REQUIRE(parameters.size() == tested["weights"].size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto& expected = tested["weights"][i];
      const auto& weight = parameters[i].second;
      CAPTURE(parameters[i].first);
      const auto deviation = expected["deviation"].get<double>();
      const auto margin = 5 * deviation / std::sqrt(static_cast<double>(weight.numel())) + 1e-7;
      CHECK(weight.sizes() == at::IntArrayRef(expected["shape"].get<Sizes>()));
      CHECK(weight.mean().item<double>() == Approx(expected["mean"].get<double>()).margin(1.5 * margin));
      CHECK(weight.std(false).item<double>() == Approx(deviation).margin(margin));
      CHECK(weight.abs().max().item<double>() == Approx(expected["largest"].get<double>()).epsilon(0.1).margin(1e-7));
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_operation_values
