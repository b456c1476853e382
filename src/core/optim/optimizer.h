#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/value/arguments.h"
#include "core/value/flat_memory.h"
#include "core/value/registry.h"

namespace mlr3libtorch::optim {

/// Parameters that share settings: the ranges with these indices in `FlatMemory::ranges`.
struct ParameterGroup {
  const std::vector<std::size_t> ranges;
  value::Arguments settings;
};

/// The same before its settings are complete and checked.
struct GroupSpec {
  std::vector<std::size_t> ranges;
  value::NamedValues settings;
};

struct Slice;
class UpdateRule;
using UpdateRuleRegistry = value::Registry<UpdateRule>;
UpdateRuleRegistry& update_rules();

/// Updates a network's flat parameters from its flat gradients.
/// A frozen range (`trainable` is false) is neither changed nor does its step count rise.
class Optimizer {
 public:
  /// Every range of `memory` is in one group with these settings. `memory` must outlive the optimizer.
  Optimizer(const std::string& name, const value::NamedValues& settings, value::FlatMemory& memory);
  /// Every range of `memory` is in exactly one of the groups.
  Optimizer(const std::string& name, const std::vector<GroupSpec>& groups, value::FlatMemory& memory);
  ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  const std::string& name() const noexcept { return name_; }
  /// Settings may be changed between steps.
  std::vector<ParameterGroup>& groups() noexcept { return groups_; }
  const std::vector<ParameterGroup>& groups() const noexcept { return groups_; }

  /// One update of every trainable range: one pass over each run of neighbours with the same group and step count.
  void step();
  /// The same in parts: begins an update …
  void begin_step();
  /// … and makes it for the ranges from `first` up to, not including, `last`. Each range is to be updated once.
  void update(std::size_t first, std::size_t last);

  /// Rises with every update and whenever a state is loaded.
  std::int64_t version() const noexcept { return version_; }

  /// Step counts, per-parameter statistics and settings, as a dictionary of plain values and tensors (copies).
  c10::IValue state() const;
  /// Refuses the state of another optimizer or of a network of another shape (kind "state"), and then changes nothing.
  void load_state(const c10::IValue& state);
  /// Step counts and statistics of another optimizer by the same rule, for the first parameters of this one. `ranges`:
  /// where they lay.
  void remember(const Optimizer& before, const std::vector<value::Range>& ranges);

 private:
  void assign_groups();
  bool uses(std::size_t statistic) const;
  at::Tensor initial(std::size_t statistic) const;
  bool continues(const Slice& slice, std::size_t range) const;
  void update(const Slice& slice);
  template <class Real>
  void update_elements(const Slice& slice);
  void update_tensors(const Slice& slice);

  std::string name_;
  std::int64_t version_ = 0;
  value::FlatMemory& memory_;
  std::unique_ptr<const UpdateRule> rule_;
  std::vector<ParameterGroup> groups_;
  std::vector<std::size_t> group_of_range_;
  std::vector<std::int64_t> steps_;     // of each range
  std::vector<at::Tensor> statistics_;  // flat as the parameters, in the rule's order; undefined until used
};

}  // namespace mlr3libtorch::optim
