#pragma once

#include "core/value/arguments.h"

namespace mlr3libtorch::optim {

/// Whether a rule with these settings keeps a moving sum of its steps.
inline bool uses_momentum(const value::Arguments& settings) { return settings.get<double>("momentum") > 0; }

}  // namespace mlr3libtorch::optim
