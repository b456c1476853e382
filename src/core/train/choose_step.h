#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/optim/optimizer.h"
#include "core/train/step.h"
#include "core/train/trainer.h"

namespace mlr3libtorch::train {

/// Whether the compiled step is used: for as much of the network as possible, for nothing, or for all of it (an error
/// if it cannot be).
enum class PlanUse { kAuto, kOff, kRequire };

/// "auto", "off" or "require"; anything else is a ConfigError.
PlanUse parse_plan_use(const std::string& name);
const std::string& name_of(PlanUse use);

struct ChosenStep {
  std::unique_ptr<Step> step;
  bool is_planned = false;
  /// Why it is not planned, or what the plan leaves to autograd: a sentence for each; empty with `PlanUse::kOff`.
  std::vector<std::string> reasons = {};
};

struct StepRequest {
  PlanUse use = PlanUse::kAuto;
  kernel::Precision precision = kernel::Precision::kFloat32;
  std::int64_t batch_size = 1;
  /// Whether somebody else than the callbacks looks at the gradients before the update.
  bool shares_gradients = false;
};

/// `example`: a batch as the loader gives them. The network's gradients are enabled.
ChosenStep choose_step(const StepRequest& request, network::Network& network, const loss::Loss& loss,
                       const data::Batch& example, const Callbacks& callbacks);

}  // namespace mlr3libtorch::train
