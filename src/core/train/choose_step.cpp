#include "core/train/choose_step.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/network/autocast.h"
#include "core/plan/plan.h"
#include "core/train/planned_step.h"

namespace mlr3libtorch::train {
namespace {

/// In the order of the enumeration.
const std::array<std::string, 3> kPlanUses{"auto", "off", "require"};

/// The number of floating point operations of a step up to which an interrupt can wait for its end: about 10 ms.
constexpr double kShortStep = 1e9;

/// The number of parameters that fit into a second-level cache with their gradients and statistics.
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

std::vector<std::string> find_reasons(network::Network& network, const kernel::LossKernel* loss) {
  auto reasons = plan::reasons_against(network);
  if (loss == nullptr) reasons.emplace_back("the loss has no planned kernel for this network's output");
  return reasons;
}

/// Operations of a forward and a backward call: three products for each weight.
double step_operations(const network::Network& network, std::int64_t batch_size) {
  double weights = 0;
  for (const auto& [name, tensor] : network.parameters()) weights += static_cast<double>(tensor.numel());
  return 6 * weights * static_cast<double>(batch_size);
}

ChosenStep by_autograd(network::Network& network, kernel::Precision precision, std::vector<std::string> reasons = {}) {
  return {std::make_unique<AutogradStep>(network, precision), false, std::move(reasons)};
}

}  // namespace

const std::string& name_of(PlanUse use) { return kPlanUses.at(static_cast<std::size_t>(use)); }

PlanUse parse_plan_use(const std::string& name) {
  const auto found = std::find(kPlanUses.begin(), kPlanUses.end(), name);
  if (found != kPlanUses.end()) return static_cast<PlanUse>(found - kPlanUses.begin());
  throw base::UnknownNameError("way to use the compiled step ('plan')", name, {kPlanUses.begin(), kPlanUses.end()});
}

ChosenStep choose_step(const StepRequest& request, network::Network& network, const loss::Loss& loss,
                       const data::Batch& example, const Callbacks& callbacks) {
  const auto [use, precision, batch_size, shares_gradients] = request;
  network::check_precision(precision, network.device());
  if (use == PlanUse::kOff) return by_autograd(network, precision);
  auto kernel = loss.kernel_for(network.shapes()[network.outputs().front()].sizes);
  auto reasons = find_reasons(network, kernel.get());
  auto left_out = reasons.empty() ? plan::steps_out(network) : std::vector<std::string>{};
  if (use == PlanUse::kRequire && !left_out.empty()) reasons = left_out;
  if (reasons.empty()) {
    const bool in_backward = !shares_gradients && !somebody_reads_gradients(callbacks) &&
                             network.memory().size() > kCachedParameters &&
                             step_operations(network, batch_size) < kShortStep;
    const PlannedStepOptions options{batch_size, in_backward, use == PlanUse::kRequire, precision};
    auto step = std::make_unique<PlannedStep>(network, std::move(kernel), options);
    if (step->fits(example)) return {std::move(step), true, std::move(left_out)};
    reasons.emplace_back("the loss or the network has no planned kernel for data of these types and shapes");
  }
  if (use == PlanUse::kRequire) {
    throw base::Error("plan", "The compiled step was required, but it cannot be used: " + joined(reasons) + ".",
                      {{"reasons", reasons}});
  }
  return by_autograd(network, precision, std::move(reasons));
}

}  // namespace mlr3libtorch::train
