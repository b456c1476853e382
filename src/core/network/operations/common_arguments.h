#pragma once

#include "core/value/description.h"

namespace mlr3libtorch::network {

/// Arguments that several operations have.
inline value::ArgumentDescription out_features() { return {"out_features", "Number of output features.", 1}; }
inline value::ArgumentDescription bias() { return {"bias", "Whether a constant is added."}; }

}  // namespace mlr3libtorch::network
