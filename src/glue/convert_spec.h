#pragma once

#include "core/network/spec.h"
#include <Rcpp.h>

/// Networks as data: R's lists as the core's structs. What does not fit is an error of class "argument".
namespace mlr3libtorch::glue {

/// list(id, operation, inputs, parameters)
network::Node to_node(SEXP value);

/// list(inputs, nodes, outputs)
network::Spec to_spec(SEXP value);

}  // namespace mlr3libtorch::glue
