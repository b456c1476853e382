#include "core/optim/tensor_optimizer.h"

#include <numeric>
#include <utility>

#include "core/optim/update_rule.h"

namespace mlr3libtorch::optim {
namespace {

std::vector<std::size_t> range_indexes(std::size_t first, std::size_t count) {
  std::vector<std::size_t> indexes(count);
  std::iota(indexes.begin(), indexes.end(), first);
  return indexes;
}

/// Before tensors are moved.
void check_settings(const std::string& name, const value::NamedValues& settings) {
  const auto bound = update_rules().bind(name, settings);
  update_rules().make(name, bound)->check(bound);
}

}  // namespace

TensorOptimizer::TensorOptimizer(const std::string& name, const std::vector<TensorGroup>& groups) {
  NamedParameters all;
  std::vector<GroupSpec> specs;
  for (const auto& group : groups) {
    check_settings(name, group.settings);
    specs.push_back({range_indexes(all.size(), group.parameters.size()), group.settings});
    all.insert(all.end(), group.parameters.begin(), group.parameters.end());
  }
  parameters_.add(all);
  optimizer_ = std::make_unique<Optimizer>(name, specs, parameters_.memory());
}

void TensorOptimizer::step() {
  parameters_.collect();
  optimizer_->step();
  const auto& ranges = parameters_.memory().ranges;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    // So that backward() through values that are no longer there is an error.
    if (ranges[i].trainable) tensors()[i].unsafeGetTensorImpl()->bump_version();
  }
}

void TensorOptimizer::add_group(const TensorGroup& group) {
  std::vector<GroupSpec> specs;
  for (const auto& known : optimizer_->groups()) specs.push_back({known.ranges, known.settings.values()});
  check_settings(optimizer_->name(), group.settings);
  specs.push_back({range_indexes(tensors().size(), group.parameters.size()), group.settings});
  const auto ranges = parameters_.memory().ranges;
  parameters_.add(group.parameters);
  auto extended = std::make_unique<Optimizer>(optimizer_->name(), specs, parameters_.memory());
  extended->remember(*optimizer_, ranges);
  optimizer_ = std::move(extended);
}

}  // namespace mlr3libtorch::optim
