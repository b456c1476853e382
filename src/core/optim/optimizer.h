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
  std::vector<std::size_t> ranges;
  value::Arguments settings;
};

class UpdateRule;
using UpdateRuleRegistry = value::Registry<UpdateRule>;
UpdateRuleRegistry& update_rules();

/// Updates a network's flat parameters from its flat gradients.
class Optimizer {
 public:
  /// Every range of `memory` is in one group with these settings. `memory` must outlive the optimizer.
  Optimizer(const std::string& name, const value::NamedValues& settings, value::FlatMemory& memory);
  ~Optimizer();

  const std::string& name() const noexcept { return name_; }
  /// Settings may be changed between steps.
  std::vector<ParameterGroup>& groups() noexcept { return groups_; }

  /// One update of every trainable range.
  void step();

  /// Step counts, per-parameter statistics and settings, as a dictionary of plain values and tensors (copies).
  c10::IValue state() const;
  /// Refuses the state of another optimizer or of a network of another shape.
  void load_state(const c10::IValue& state);

 private:
  std::string name_;
  std::vector<ParameterGroup> groups_;
  value::FlatMemory& memory_;
  std::unique_ptr<UpdateRule> rule_;
};

}  // namespace mlr3libtorch::optim
