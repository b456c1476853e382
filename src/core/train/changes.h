#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/callback/context.h"

namespace mlr3libtorch::train {

/// What a stage of a callback changes in a run, so that the other workers of the run, which do not call it, can do the
/// same.
class Changes {
 public:
  /// Remembers how the context is before the stage.
  Changes(callback::Context& context, callback::Stage stage);

  /// What has changed since then: none, or a dictionary for `apply_changes()`.
  c10::IValue found() const;

 private:
  /// LibTorch counts whenever a tensor is written to; a tensor that was replaced is another one.
  struct Version {
    at::Tensor tensor;
    std::int64_t count;
    bool operator==(const Version& other) const { return tensor.is_same(other.tensor) && count == other.count; }
  };
  using Versions = std::vector<Version>;

  /// All that a stage may change.
  struct Look {
    std::vector<std::int64_t> numbers;
    std::string stopped_by;
    std::vector<value::NamedValues> settings;
    std::int64_t steps = 0;  // of the optimizer, and states that it has loaded
    Versions weights, buffers;
    std::vector<bool> trained;
    Versions gradients, batch;
  };
  Look look() const;

  callback::Context& context_;
  bool watches_batch_;
  Look before_;
};

/// Makes the context like that in which the changes were found.
void apply_changes(callback::Context& context, const c10::IValue& changes);

/// What training changes in a network, as a dictionary: weights, buffers, and which weights are trained.
c10::IValue network_state(const network::Network& network);
void load_network_state(network::Network& network, const c10::IValue& state);

}  // namespace mlr3libtorch::train
