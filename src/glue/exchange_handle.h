#pragma once

#include "core/parallel/exchange.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<parallel::Exchange> {
  static constexpr const char* kTag = "mlr3libtorch_exchange";
  static constexpr const char* kWhat = "connection of workers";
  static constexpr const char* kRClass = "torch_exchange";
  static constexpr const char* kEnded = "The run of these workers is over.";
};

using ExchangeHandle = Handle<parallel::Exchange>;

}  // namespace mlr3libtorch::glue
