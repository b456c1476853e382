#pragma once

#include "core/data/source.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<data::Source> {
  static constexpr const char* kTag = "mlr3libtorch_source";
  static constexpr const char* kWhat = "source of rows";
  static constexpr const char* kRClass = "torch_source";
  static constexpr const char* kEnded = "This source of rows is gone.";
};

using SourceHandle = Handle<data::Source>;

}  // namespace mlr3libtorch::glue
