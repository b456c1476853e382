#pragma once

#include <ATen/core/ivalue.h>

#include "core/parallel/exchange.h"

namespace mlr3libtorch::parallel {

/// The first worker's value, for all of them: plain values, tensors, and lists and dictionaries of them. What the
/// others give is not looked at.
c10::IValue broadcast_value(Exchange& exchange, const c10::IValue& value, base::Interrupt& interrupt);

}  // namespace mlr3libtorch::parallel
