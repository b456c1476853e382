#include "core/train/choose_step.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/plan/plan.h"
#include "core/train/planned_step.h"

namespace mlr3libtorch::train {
namespace {

/// Floating point operations of a matrix product from which on a second thread pays.
constexpr double kWorthThreads = 5e7;

/// Floating point operations of a step up to which an interrupt can wait for its end, about a hundredth of a second.
constexpr double kShortStep = 1e9;

/// Parameters, in numbers, that a second-level cache holds together with their gradients and statistics.
constexpr std::int64_t kCachedParameters = 1 << 16;

bool somebody_reads_gradients(const Callbacks& callbacks) {
  return std::any_of(callbacks.begin(), callbacks.end(),
                     [](const auto& callback) { return callback->stages().contains(callback::Stage::kAfterBackward); });
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const auto& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

std::vector<std::string> find_hindrances(network::Network& network, const kernel::LossKernel* loss) {
  auto reasons = plan::hindrances(network);
  if (loss == nullptr) reasons.emplace_back("the loss has no planned kernel for this network's output");
  return reasons;
}

/// Of a forward and a backward call: three products for each weight.
double step_operations(const network::Network& network, std::int64_t batch_size) {
  double weights = 0;
  for (const auto& [name, tensor] : network.parameters()) weights += static_cast<double>(tensor.numel());
  return 6 * weights * static_cast<double>(batch_size);
}

ChosenStep by_autograd(network::Network& network, std::vector<std::string> hindrances = {}) {
  return {std::make_unique<AutogradStep>(network), false, std::move(hindrances)};
}

}  // namespace

PlanUse parse_plan_use(const std::string& name) {
  if (name == "auto") return PlanUse::kAuto;
  if (name == "off") return PlanUse::kOff;
  if (name == "require") return PlanUse::kRequire;
  throw base::ConfigError("'plan' must be 'auto', 'off' or 'require', not '" + name + "'.", {{"argument", "plan"}});
}

ChosenStep choose_step(PlanUse use, network::Network& network, const loss::Loss& loss, const data::Batch& example,
                       std::int64_t batch_size, const Callbacks& callbacks) {
  if (use == PlanUse::kOff) return by_autograd(network);
  const auto& output = network.shapes()[network.outputs().front()];
  auto kernel = output.sizes.size() == 1 ? loss.kernel(output.width()) : nullptr;
  auto hindrances = find_hindrances(network, kernel.get());
  if (hindrances.empty()) {
    const bool in_backward = !somebody_reads_gradients(callbacks) && network.memory().size() > kCachedParameters &&
                             step_operations(network, batch_size) < kShortStep;
    auto step = std::make_unique<PlannedStep>(network, std::move(kernel), PlannedStepOptions{batch_size, in_backward});
    const bool is_small = step->operations() < kWorthThreads;
    if (step->fits(example)) return {std::move(step), true, {}, is_small};
    hindrances.emplace_back("the loss or the network has no planned kernel for data of these types and shapes");
  }
  if (use == PlanUse::kRequire) {
    throw base::Error("plan", "The compiled step was required, but it cannot be used: " + joined(hindrances) + ".",
                      {{"hindrances", hindrances}});
  }
  return by_autograd(network, std::move(hindrances));
}

}  // namespace mlr3libtorch::train
