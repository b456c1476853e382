#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/optim/optimizer.h"
#include "core/optim/parameter_list.h"

namespace mlr3libtorch::optim {

/// Tensors that share settings. Settings that are missing have the rule's defaults.
struct TensorGroup {
  NamedParameters parameters;
  value::NamedValues settings;
};

/// An optimizer over tensors of anybody, where `Optimizer` is one over a network's flat memory.
class TensorOptimizer {
 public:
  /// Refuses parameters that cannot be optimized, see `ParameterList`, and settings as `Optimizer` does.
  TensorOptimizer(const std::string& name, const std::vector<TensorGroup>& groups);

  Optimizer& optimizer() noexcept { return *optimizer_; }
  const value::FlatMemory& memory() noexcept { return parameters_.memory(); }
  const std::vector<at::Tensor>& tensors() const noexcept { return parameters_.tensors(); }

  /// Of the parameters that have a gradient; others are left out as frozen ones are.
  void step();
  /// What the optimizer remembers of the other groups stays.
  void add_group(const TensorGroup& group);

 private:
  ParameterList parameters_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace mlr3libtorch::optim
