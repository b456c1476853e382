#include "core/optim/parameter_state.h"

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::optim {
namespace {

using Statistics = std::map<std::string, at::Tensor>;

[[noreturn]] void refuse_entry(const value::Range& range, const std::string& reason, const std::string& statistic) {
  throw base::Error(
      "state", "This optimizer state cannot be loaded: its entry for parameter '" + range.name + "' " + reason + ".",
      {{"statistic", statistic}});
}

c10::IValue show_group(const c10::IValue& group) {
  const auto fields = group.toGenericDict();
  auto shown = value::make_dictionary();
  c10::List<std::int64_t> positions;
  for (const auto range : fields.at("ranges").toIntVector()) positions.push_back(range + 1);
  shown.insert("params", positions);
  for (const auto& setting : fields.at("settings").toGenericDict()) shown.insert(setting.key(), setting.value());
  return shown;
}

/// The inverse: a list of positions and settings as `Optimizer::load_state()` takes it.
c10::IValue read_group(const c10::IValue& shown) {
  const auto fields = value::read_dictionary(shown, "a parameter group");
  c10::List<std::int64_t> ranges;
  const auto positions = value::read_integers(value::field(fields, "params", "optimizer"), "'params'");
  for (const auto position : positions) ranges.push_back(position - 1);
  auto settings = fields.copy();
  static_cast<void>(settings.erase("params"));
  auto group = value::make_dictionary();
  group.insert("ranges", ranges);
  group.insert("settings", settings);
  return group;
}

void add_statistic(const OptimizedTensors& optimized, std::size_t index, const std::string& name,
                   const c10::IValue& given, Statistics& flat) {
  const auto& range = optimized.memory.ranges[index];
  const auto& tensor = optimized.tensors[index];
  if (!given.isTensor() || !given.toTensor().defined()) refuse_entry(range, "has no tensor for '" + name + "'", name);
  const auto saved = given.toTensor().detach();
  if (saved.sizes() != tensor.sizes() || saved.scalar_type() != tensor.scalar_type()) {
    refuse_entry(range, "has another shape or dtype for '" + name + "' than the parameter", name);
  }
  auto& whole = flat[name];
  if (!whole.defined()) whole = at::zeros_like(optimized.memory.values);
  whole.narrow(0, range.offset, range.length).copy_(saved.reshape({-1}));
}

/// Step counts and statistics as `Optimizer::load_state()` takes them.
void read_entries(const OptimizedTensors& optimized, const c10::IValue& saved, value::Dictionary& state) {
  const auto& ranges = optimized.memory.ranges;
  const auto entries = value::read_list(saved);
  if (entries.size() != ranges.size()) {
    throw base::Error("state", "This optimizer state cannot be loaded: it has " + std::to_string(entries.size()) +
                                   " parameters, the optimizer has " + std::to_string(ranges.size()) + ".");
  }
  Statistics flat;
  std::map<std::string, std::size_t> counts;
  c10::List<std::int64_t> steps;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto entry = value::read_dictionary(entries[i], "the state of a parameter");
    steps.push_back(value::read_count(entry, "step", "optimizer"));
    for (const auto& field : entry) {
      const auto name = field.key().toStringRef();
      if (name == "step") continue;
      add_statistic(optimized, i, name, field.value(), flat);
      if (++counts[name] <= i) refuse_entry(ranges[i], "has '" + name + "', which another one lacks", name);
    }
  }
  auto statistics = value::make_dictionary();
  for (const auto& [name, whole] : flat) {
    if (counts[name] < ranges.size()) refuse_entry(ranges[counts[name]], "lacks '" + name + "'", name);
    statistics.insert(name, whole);
  }
  state.insert("steps", steps);
  state.insert("statistics", statistics);
}

}  // namespace

c10::IValue state_by_parameter(const OptimizedTensors& optimized) {
  const auto state = optimized.optimizer.state().toGenericDict();
  auto groups = value::make_list();
  const auto all = state.at("groups");
  for (const c10::IValue& group : all.toListRef()) groups.push_back(show_group(group));
  const auto steps = state.at("steps").toIntVector();
  auto entries = value::make_list();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& range = optimized.memory.ranges[i];
    auto entry = value::make_dictionary();
    entry.insert("step", steps[i]);
    for (const auto& statistic : state.at("statistics").toGenericDict()) {
      const auto part = statistic.value().toTensor().narrow(0, range.offset, range.length);
      entry.insert(statistic.key(), part.view(optimized.tensors[i].sizes()));
    }
    entries.push_back(entry);
  }
  auto shown = value::make_dictionary();
  shown.insert("name", state.at("name"));
  shown.insert("param_groups", groups);
  shown.insert("state", entries);
  return shown;
}

void load_state_by_parameter(const OptimizedTensors& optimized, const c10::IValue& saved) {
  const auto shown = value::read_dictionary(saved, "an optimizer's state");
  auto state = optimized.optimizer.state().toGenericDict();
  const auto name = shown.find("name");
  if (name != shown.end()) state.insert_or_assign("name", name->value());
  auto groups = value::make_list();
  for (const auto& group : value::read_list(value::field(shown, "param_groups", "optimizer"))) {
    groups.push_back(read_group(group));
  }
  state.insert_or_assign("groups", groups);
  auto read = value::make_dictionary();
  read_entries(optimized, value::field(shown, "state", "optimizer"), read);
  for (const auto& field : read) state.insert_or_assign(field.key(), field.value());
  optimized.optimizer.load_state(state);
}

}  // namespace mlr3libtorch::optim
