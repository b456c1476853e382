#pragma once

#include <c10/util/StringUtil.h>

#include <cmath>
#include <string>

#include "core/base/error.h"
#include "core/value/arguments.h"

namespace mlr3libtorch::callback {

/// Refuses infinite numbers, which pass if there is no upper bound.
inline void require_finite(const value::Arguments& arguments, const std::string& owner) {
  for (const auto& [name, value] : arguments.values()) {
    if (!value.isDouble() || std::isfinite(value.toDouble())) continue;
    throw base::Error("argument", c10::str("Argument '", name, "' of ", owner, " must be a finite number, not Inf."),
                      {{"owner", owner}, {"argument", name}, {"given", value.toDouble()}});
  }
}

}  // namespace mlr3libtorch::callback
