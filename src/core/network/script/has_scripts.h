#pragma once

#include <string>
#include <vector>

#include "core/network/script/script_module.h"

namespace mlr3libtorch::network {

struct NamedScript {
  /// Where it is inside the operation; empty: the operation itself.
  std::string path;
  ScriptModule* module;
};

/// An operation with TorchScript inside, which an export keeps as it is.
class HasScripts {
 public:
  virtual ~HasScripts() = default;
  virtual std::vector<NamedScript> scripts() = 0;
};

}  // namespace mlr3libtorch::network
