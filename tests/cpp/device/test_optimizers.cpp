// Each optimizer on the tested device against the loop over elements on the CPU.
#include "optim/memory.h"

#include <set>

#include "core/optim/update_rule.h"

#include "device/tested_device.h"

namespace mlr3libtorch::test_device_optimizers {
namespace {

using namespace mlr3libtorch::test;

value::FlatMemory make_memory_on(const at::Device& device) {
  auto memory = make_memory({7, 1, 30}, at::kFloat);
  memory.values = memory.values.to(device);
  memory.gradients = memory.gradients.to(device);
  return memory;
}

/// The values after so many steps. In the middle, one range is frozen, which cuts the memory into pieces.
at::Tensor stepped(const std::string& name, const value::NamedValues& settings, const at::Device& device) {
  auto memory = make_memory_on(device);
  optim::Optimizer optimizer(name, settings, memory);
  run_steps(optimizer, memory, 0, 10);
  memory.ranges[1].trainable = false;
  run_steps(optimizer, memory, 10, 15);
  memory.ranges[1].trainable = true;
  run_steps(optimizer, memory, 15, 25);
  return memory.values;
}

TEST_CASE("every optimizer takes the same steps on the device as on the CPU", "[device]") {
  std::set<std::string> tested;
  for (const auto& [name, settings] : full_settings()) {
    CAPTURE(name, settings.size());
    CHECK(agrees(stepped(name, settings, tested_device()), stepped(name, settings, at::kCPU)));
    tested.insert(name);
  }
  for (const auto& name : optim::update_rules().names()) {
    CAPTURE(name);
    CHECK(tested.count(name) == 1);
    const value::NamedValues settings{{"lr", 0.01}};
    CHECK(agrees(stepped(name, settings, tested_device()), stepped(name, settings, at::kCPU)));
  }
}

TEST_CASE("an optimizer goes on from its state on the device with the same bits", "[device]") {
  for (const auto& [name, settings] : full_settings()) {
    CAPTURE(name);
    auto whole = make_memory_on(tested_device());
    optim::Optimizer first(name, settings, whole);
    run_steps(first, whole, 0, 5);
    auto resumed = make_memory_on(tested_device());
    resumed.values.copy_(whole.values);
    optim::Optimizer second(name, settings, resumed);
    second.load_state(first.state());
    run_steps(first, whole, 5, 10);
    run_steps(second, resumed, 5, 10);
    CHECK(at::equal(whole.values, resumed.values));
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_device_optimizers
