#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/optim/optimizer.h"
#include "core/optim/update_rule.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::optim {
namespace {

[[noreturn]] void refuse(const std::string& reason, base::Fields fields = {}) {
  throw base::Error("state", "This optimizer state cannot be loaded: " + reason + ".", std::move(fields));
}

c10::IValue describe_group(const ParameterGroup& group) {
  auto settings = value::make_dictionary();
  for (const auto& [name, setting] : group.settings.values()) settings.insert(name, setting);
  c10::List<std::int64_t> ranges;
  for (const auto range : group.ranges) ranges.push_back(static_cast<std::int64_t>(range));
  auto described = value::make_dictionary();
  described.insert("ranges", ranges);
  described.insert("settings", settings);
  return described;
}

/// Names, lengths and step counts of the ranges, each a list.
void insert_ranges(value::Dictionary& state, const std::vector<value::Range>& ranges,
                   const std::vector<std::int64_t>& steps) {
  c10::List<std::string> names;
  c10::List<std::int64_t> lengths;
  for (const auto& range : ranges) {
    names.push_back(range.name);
    lengths.push_back(range.length);
  }
  state.insert("parameters", names);
  state.insert("lengths", lengths);
  state.insert("steps", c10::List<std::int64_t>(c10::ArrayRef<std::int64_t>(steps)));
}

void check_ranges(const value::Dictionary& state, const std::vector<value::Range>& ranges) {
  const auto names = value::read_strings(value::field(state, "parameters", "optimizer"), "'parameters'");
  const auto lengths = value::read_integers(value::field(state, "lengths", "optimizer"), "'lengths'");
  if (names.size() != ranges.size() || lengths.size() != ranges.size()) {
    refuse("it has " + std::to_string(names.size()) + " parameters, the network has " + std::to_string(ranges.size()));
  }
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (names[i] == ranges[i].name && lengths[i] == ranges[i].length) continue;
    refuse("its parameter '" + names[i] + "' has " + std::to_string(lengths[i]) + " elements, the network has '" +
               ranges[i].name + "' with " + std::to_string(ranges[i].length) + " in that place",
           {{"parameter", ranges[i].name}});
  }
}

std::vector<std::int64_t> read_steps(const value::Dictionary& state, std::size_t count) {
  auto steps = value::read_integers(value::field(state, "steps", "optimizer"), "'steps'");
  if (steps.size() != count) refuse("its step counts are not as many as its parameters");
  for (const auto step : steps) {
    if (step < 0) refuse("it has a negative step count");
  }
  return steps;
}

/// The settings of each group, checked as settings are.
std::vector<value::Arguments> read_settings(const value::Dictionary& state, const std::vector<ParameterGroup>& groups) {
  const auto saved = value::read_list(value::field(state, "groups", "optimizer"));
  if (saved.size() != groups.size()) {
    refuse("it has " + std::to_string(saved.size()) + " parameter groups, not " + std::to_string(groups.size()));
  }
  std::vector<value::Arguments> read;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto group = value::read_dictionary(saved[i], "a parameter group");
    const auto ranges = value::read_integers(value::field(group, "ranges", "optimizer"), "'ranges'");
    if (!std::equal(ranges.begin(), ranges.end(), groups[i].ranges.begin(), groups[i].ranges.end(),
                    [](auto a, auto b) { return a == static_cast<std::int64_t>(b); })) {
      refuse("its parameter group " + std::to_string(i + 1) + " holds other parameters");
    }
    auto settings = groups[i].settings;
    const auto saved_settings = value::read_dictionary(value::field(group, "settings", "optimizer"), "'settings'");
    for (const auto& setting : saved_settings) settings.set(setting.key().toStringRef(), setting.value());
    read.push_back(std::move(settings));
  }
  return read;
}

/// A copy of a saved statistic on the device of the parameters; undefined where it was not in use.
at::Tensor read_statistic(const value::Dictionary& saved, const std::string& name, const at::Tensor& values) {
  const auto found = saved.find(name);
  if (found == saved.end()) return {};
  if (!found->value().isTensor() || !found->value().toTensor().defined()) refuse("'" + name + "' is no tensor");
  const auto tensor = found->value().toTensor();
  if (tensor.sizes() != values.sizes() || tensor.scalar_type() != values.scalar_type()) {
    refuse("'" + name + "' has another shape or dtype than the parameters", {{"statistic", name}});
  }
  return tensor.detach().to(values.options(), /*non_blocking=*/false, /*copy=*/true).contiguous();
}

}  // namespace

c10::IValue Optimizer::state() const {
  auto groups = value::make_list();
  for (const auto& group : groups_) groups.push_back(describe_group(group));
  auto statistics = value::make_dictionary();
  for (std::size_t i = 0; i < statistics_.size(); ++i) {
    if (!statistics_[i].defined() && !uses(i)) continue;
    statistics.insert(rule_->statistics()[i].name, statistics_[i].defined() ? statistics_[i].clone() : initial(i));
  }
  auto state = value::make_dictionary();
  state.insert("name", name_);
  state.insert("groups", groups);
  insert_ranges(state, memory_.ranges, steps_);
  state.insert("statistics", statistics);
  return state;
}

void Optimizer::load_state(const c10::IValue& saved) {
  const auto state = value::read_dictionary(saved, "an optimizer's state");
  const auto names = value::read_strings(value::field(state, "name", "optimizer"), "'name'");
  if (names.size() != 1 || names.front() != name_) {
    refuse("it belongs to '" + (names.empty() ? std::string() : names.front()) + "', not to '" + name_ + "'",
           {{"optimizer", name_}});
  }
  check_ranges(state, memory_.ranges);
  auto steps = read_steps(state, memory_.ranges.size());
  auto settings = read_settings(state, groups_);
  const auto saved_statistics = value::read_dictionary(value::field(state, "statistics", "optimizer"), "'statistics'");
  std::vector<at::Tensor> statistics;
  for (const auto& statistic : rule_->statistics()) {
    statistics.push_back(read_statistic(saved_statistics, statistic.name, memory_.values));
    const auto used = [&](const value::Arguments& group) { return statistic.used(group); };
    if (statistics.back().defined() || std::none_of(settings.begin(), settings.end(), used)) continue;
    refuse("it lacks '" + statistic.name + "'", {{"statistic", statistic.name}});
  }
  steps_ = std::move(steps);
  statistics_ = std::move(statistics);
  for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].settings = std::move(settings[i]);
  ++version_;
}

void Optimizer::remember(const Optimizer& before, const std::vector<value::Range>& ranges) {
  std::copy(before.steps_.begin(), before.steps_.end(), steps_.begin());
  for (std::size_t i = 0; i < statistics_.size(); ++i) {
    const auto& old = before.statistics_[i];
    if (!old.defined()) continue;
    statistics_[i] = initial(i);
    for (std::size_t range = 0; range < ranges.size(); ++range) {
      statistics_[i]
          .narrow(0, memory_.ranges[range].offset, memory_.ranges[range].length)
          .copy_(old.narrow(0, ranges[range].offset, ranges[range].length));
    }
  }
}

}  // namespace mlr3libtorch::optim
