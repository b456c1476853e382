#pragma once

#include <string>
#include <vector>

#include "core/optim/optimizer.h"

namespace mlr3libtorch::train {

/// Parameters, by name, with separate settings; other settings are the optimizer's.
struct GroupRequest {
  std::vector<std::string> parameters;
  value::NamedValues settings;
};

/// Parameters that no group names form a group with the optimizer's settings.
struct OptimizerRequest {
  std::string name;
  value::NamedValues settings;
  std::vector<GroupRequest> groups = {};
};

/// Each parameter of flat memory is in one group. Throws base::UnknownNameError for a name that none has, and
/// base::ConfigError for a parameter in two groups.
std::vector<optim::GroupSpec> deal_groups(const OptimizerRequest& request, const value::FlatMemory& memory);

}  // namespace mlr3libtorch::train
