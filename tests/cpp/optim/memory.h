#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "core/optim/optimizer.h"
#include "core/value/flat_memory.h"

namespace mlr3libtorch::test {

/// Flat memory with ranges "a", "b", … of these lengths. Values and gradients are fixed random numbers.
inline value::FlatMemory make_memory(const std::vector<std::int64_t>& lengths, at::ScalarType type = at::kDouble) {
  value::FlatMemory memory;
  std::int64_t offset = 0;
  for (const auto length : lengths) {
    memory.ranges.push_back({std::string(1, static_cast<char>('a' + memory.ranges.size())), offset, length});
    offset += length;
  }
  auto generator = at::make_generator<at::CPUGeneratorImpl>(7);
  memory.values = torch::randn({offset}, generator).to(type);
  memory.gradients = torch::randn({offset}, generator).to(type);
  return memory;
}

/// Gradients of a bowl that changes a little from step to step.
inline void fill_gradients(value::FlatMemory& memory, int step) {
  const auto index = torch::arange(memory.values.numel(), memory.values.options());
  memory.gradients.copy_(memory.values - 1 + 0.1 * torch::sin(index + step));
}

inline void run_steps(optim::Optimizer& optimizer, value::FlatMemory& memory, int from, int to) {
  for (int step = from; step < to; ++step) {
    fill_gradients(memory, step);
    optimizer.step();
  }
}

/// Every rule with the settings under which it keeps the most statistics.
inline std::vector<std::pair<std::string, value::NamedValues>> full_settings() {
  return {{"adam", {{"amsgrad", true}, {"weight_decay", 0.1}}},
          {"adamw", {{"amsgrad", true}}},
          {"sgd", {{"lr", 0.01}, {"momentum", 0.9}, {"dampening", 0.5}, {"weight_decay", 0.1}}},
          {"sgd", {{"lr", 0.01}, {"momentum", 0.9}, {"nesterov", true}}},
          {"rmsprop", {{"momentum", 0.9}, {"centered", true}, {"weight_decay", 0.1}, {"eps", 0.01}}},
          {"adagrad", {{"lr_decay", 0.01}, {"weight_decay", 0.1}, {"initial_accumulator_value", 0.5}}},
          {"nadam", {{"weight_decay", 0.1}, {"momentum_decay", 0.01}}},
          {"radam", {{"weight_decay", 0.1}}},
          {"adadelta", {{"weight_decay", 0.1}}},
          {"lion", {{"weight_decay", 0.1}}},
          {"asgd", {{"lr", 0.1}, {"lambda", 0.1}, {"t0", 5.0}, {"weight_decay", 0.1}}},
          {"rprop", {{"lr", 0.05}}}};
}

}  // namespace mlr3libtorch::test
