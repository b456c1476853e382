#include "core/optim/optimizer.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/optim/update_rule.h"

namespace mlr3libtorch::optim {

/// Neighbouring ranges with the same group and step count.
struct Slice {
  std::int64_t offset;
  std::int64_t length;
  std::size_t group;
  std::int64_t step;
};

namespace {

std::vector<std::size_t> all_ranges(const value::FlatMemory& memory) {
  std::vector<std::size_t> indices(memory.ranges.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

}  // namespace

UpdateRuleRegistry& update_rules() {
  static UpdateRuleRegistry registry("optimizer");
  return registry;
}

Optimizer::Optimizer(const std::string& name, const value::NamedValues& settings, value::FlatMemory& memory)
    : Optimizer(name, {GroupSpec{all_ranges(memory), settings}}, memory) {}

Optimizer::Optimizer(const std::string& name, const std::vector<GroupSpec>& groups, value::FlatMemory& memory)
    : name_(name), memory_(memory), steps_(memory.ranges.size(), 0) {
  for (const auto& group : groups) groups_.push_back({group.ranges, update_rules().bind(name, group.settings)});
  if (groups.empty()) throw base::ConfigError("An optimizer needs at least one parameter group.");
  rule_ = update_rules().make(name, groups_.front().settings);
  for (const auto& group : groups_) rule_->check(group.settings);
  TORCH_INTERNAL_ASSERT(rule_->statistics().size() <= kMostStatistics);
  statistics_.resize(rule_->statistics().size());
  assign_groups();
}

Optimizer::~Optimizer() = default;

void Optimizer::assign_groups() {
  const auto none = groups_.size();
  group_of_range_.assign(memory_.ranges.size(), none);
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (const auto range : groups_[group].ranges) {
      if (range >= memory_.ranges.size()) {
        throw base::ConfigError("A parameter group refers to parameter " + std::to_string(range + 1) + " of " +
                                std::to_string(memory_.ranges.size()) + ".");
      }
      if (group_of_range_[range] != none) {
        throw base::ConfigError("Parameter '" + memory_.ranges[range].name + "' is in more than one parameter group.",
                                {{"parameter", memory_.ranges[range].name}});
      }
      group_of_range_[range] = group;
    }
  }
  for (std::size_t range = 0; range < memory_.ranges.size(); ++range) {
    if (group_of_range_[range] != none) continue;
    throw base::ConfigError("Parameter '" + memory_.ranges[range].name + "' is in no parameter group.",
                            {{"parameter", memory_.ranges[range].name}});
  }
}

bool Optimizer::uses(std::size_t statistic) const {
  const auto used = rule_->statistics()[statistic].used;
  return std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) { return used(group.settings); });
}

at::Tensor Optimizer::initial(std::size_t statistic) const {
  auto flat = memory_.values.new_zeros(memory_.values.sizes());
  for (const auto& group : groups_) {
    const auto start = rule_->statistics()[statistic].initial(group.settings);
    if (start == 0) continue;
    for (const auto range : group.ranges) {
      flat.narrow(0, memory_.ranges[range].offset, memory_.ranges[range].length).fill_(start);
    }
  }
  return flat;
}

void Optimizer::step() {
  begin_step();
  update(0, memory_.ranges.size());
}

void Optimizer::begin_step() {
  ++version_;
  for (std::size_t i = 0; i < memory_.ranges.size(); ++i) steps_[i] += memory_.ranges[i].trainable ? 1 : 0;
  for (std::size_t i = 0; i < statistics_.size(); ++i) {
    if (!statistics_[i].defined() && uses(i)) statistics_[i] = initial(i);
  }
}

/// Whether the next range can be updated in the same pass.
bool Optimizer::continues(const Slice& slice, std::size_t range) const {
  const auto& next = memory_.ranges[range];
  return next.trainable && next.offset == slice.offset + slice.length && group_of_range_[range] == slice.group &&
         steps_[range] == slice.step;
}

void Optimizer::update(std::size_t first, std::size_t last) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = first; i < last;) {
    const auto& range = memory_.ranges[i];
    Slice slice{range.offset, range.length, group_of_range_[i], steps_[i]};
    const bool is_updated = range.trainable;
    for (++i; is_updated && i < last && continues(slice, i); ++i) slice.length += memory_.ranges[i].length;
    if (is_updated && slice.length > 0) update(slice);
  }
}

void Optimizer::update(const Slice& slice) {
  const auto type = memory_.values.scalar_type();
  const bool on_cpu = memory_.values.device().is_cpu();
  if (on_cpu && type == at::kFloat) return update_elements<float>(slice);
  if (on_cpu && type == at::kDouble) return update_elements<double>(slice);
  update_tensors(slice);
}

template <class Real>
void Optimizer::update_elements(const Slice& slice) {
  const auto from = [&](const at::Tensor& flat) {
    return flat.defined() ? flat.data_ptr<Real>() + slice.offset : nullptr;
  };
  ElementSlice<Real> elements{from(memory_.values), from(memory_.gradients), {}, slice.length, slice.step};
  for (std::size_t i = 0; i < statistics_.size(); ++i) elements.statistics[i] = from(statistics_[i]);
  rule_->update(groups_[slice.group].settings, elements);
}

void Optimizer::update_tensors(const Slice& slice) {
  const auto part = [&](const at::Tensor& flat) {
    return flat.defined() ? flat.narrow(0, slice.offset, slice.length) : at::Tensor();
  };
  TensorSlice tensors{part(memory_.values), part(memory_.gradients), {}, slice.step};
  for (const auto& statistic : statistics_) tensors.statistics.push_back(part(statistic));
  rule_->update(groups_[slice.group].settings, tensors);
}

}  // namespace mlr3libtorch::optim
