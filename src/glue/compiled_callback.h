#pragma once

#include <memory>
#include <string>

#include "core/callback/callback.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// `request`: list(compiled = <handle>, arguments, score = function(phase, measure)).
std::unique_ptr<callback::Callback> to_compiled_callback(const std::string& id, const Rcpp::List& request);

}  // namespace mlr3libtorch::glue
