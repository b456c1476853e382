#include <torch/torch.h>

#include <fstream>
#include <set>
#include <sstream>

#include "optim/memory.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_optimizer_values {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

c10::IValue parse_setting(const std::string& text) {
  if (text == "true") return true;
  const auto parts = split(text, ':');
  if (parts.size() == 1) return std::stod(text);
  c10::List<double> numbers;
  for (const auto& part : parts) numbers.push_back(std::stod(part));
  return numbers;
}

value::NamedValues parse_settings(const std::string& text) {
  value::NamedValues settings;
  for (const auto& setting : split(text, ';')) {
    const auto parts = split(setting, '=');
    settings[parts[0]] = parse_setting(parts[1]);
  }
  return settings;
}

/// What the weights of another program were after each of some steps.
struct Case {
  std::string optimizer, settings, dtype;
  std::map<int, std::vector<double>> weights;
};

/// Lines `optimizer,settings,dtype,step,weight,weight,…`; those of one case follow each other.
std::vector<Case> read_cases(const std::string& name) {
  std::ifstream file(REFERENCE_DIR "/" + name);
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    const auto cells = split(line, ',');
    const bool continues = !cases.empty() && cases.back().optimizer == cells[0] && cases.back().settings == cells[1] &&
                           cases.back().dtype == cells[2];
    if (!continues) cases.push_back({cells[0], cells[1], cells[2], {}});
    auto& weights = cases.back().weights[std::stoi(cells[3])];
    for (std::size_t i = 4; i < cells.size(); ++i) weights.push_back(std::stod(cells[i]));
  }
  return cases;
}

/// The formulas of reference/optimizer_values.py.
at::Tensor initial_weights(const at::Tensor& index) { return ((index * 5).remainder(11) + 4) / 8; }

at::Tensor gradient(const at::Tensor& weights, const at::Tensor& index, int step) {
  const auto slope = index / 4 + 0.5;
  const auto target = index / 4 + 1;
  const auto noise = ((index * 7 + step * 13).remainder(11) - 5) / 16;
  return slope * (weights - target) + weights.roll(-1) * 0.125 + noise;
}

double largest_difference(const at::Tensor& weights, const std::vector<double>& expected) {
  const auto reference = torch::tensor(expected, torch::kDouble);
  return ((weights.to(torch::kDouble) - reference).abs() / reference.abs()).max().item<double>();
}

void follow(const std::vector<Case>& cases) {
  for (const auto& expected : cases) {
    CAPTURE(expected.optimizer, expected.settings, expected.dtype);
    const bool single = expected.dtype == "float32";
    const auto index = torch::arange(11, single ? torch::kFloat : torch::kDouble);
    value::FlatMemory memory{
        initial_weights(index), torch::zeros_like(index), {{"a", 0, 4}, {"b", 4, 6}, {"c", 10, 1}}};
    optim::Optimizer optimizer(expected.optimizer, parse_settings(expected.settings), memory);
    double difference = 0;
    for (int step = 0; step < 1001; ++step) {
      memory.gradients.copy_(gradient(memory.values, index, step));
      optimizer.step();
      const auto found = expected.weights.find(step + 1);
      if (found == expected.weights.end()) continue;
      difference = std::max(difference, largest_difference(memory.values, found->second));
    }
    CHECK(expected.weights.size() == 11);
    CHECK(difference <= (single ? 1e-5 : 1e-12));
  }
}

TEST_CASE("each optimizer follows PyTorch's for 1,001 steps", "[optim]") {
  const auto cases = read_cases("optimizer_values.csv");
  REQUIRE(cases.size() >= 48);
  follow(cases);
}

TEST_CASE("every optimizer has reference values, and is in the tests that go through all of them", "[optim]") {
  std::set<std::string> followed;
  for (const auto* file : {"optimizer_values.csv", "optimizer_formula_values.csv"}) {
    for (const auto& expected : read_cases(file)) followed.insert(expected.optimizer);
  }
  std::set<std::string> set;
  for (const auto& [name, settings] : test::full_settings()) set.insert(name);
  for (const auto& name : optim::update_rules().names()) {
    if (followed.count(name) == 0) {
      FAIL_CHECK(name << ": add cases to CASES in tests/cpp/reference/optimizer_values.py and run it as it says.");
    }
    if (set.count(name) == 0) FAIL_CHECK(name << ": add settings to full_settings() in tests/cpp/optim/memory.h.");
  }
}

TEST_CASE("lion and nadam follow their formulas for 1,001 steps", "[optim]") {
  const auto cases = read_cases("optimizer_formula_values.csv");
  REQUIRE(cases.size() == 4);
  follow(cases);
}

}  // namespace
}  // namespace mlr3libtorch::test_optimizer_values
