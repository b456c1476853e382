#pragma once

#include "core/network/layer.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<network::Layer> {
  static constexpr const char* kTag = "mlr3libtorch_layer";
  static constexpr const char* kWhat = "layer";
  static constexpr const char* kRClass = "torch_layer_handle";
  static constexpr const char* kEnded = "This layer is gone.";
};

using LayerHandle = Handle<network::Layer>;

}  // namespace mlr3libtorch::glue
