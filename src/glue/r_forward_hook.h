#pragma once

#include "core/network/forward_hooks.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// A function in R, `hook(inputs, outputs)`, as a hook of the network behind `owner`. It does not keep the function
/// alive, `owner` does: a function that uses the network it is called by would otherwise keep it forever.
network::ForwardHook forward_hook(SEXP owner, SEXP hook);

}  // namespace mlr3libtorch::glue
