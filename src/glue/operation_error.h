#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "glue/operation.h"

/// The errors of a failed call of an operation. All of them name the operation and its schema.
namespace mlr3libtorch::glue {

base::Error unknown_operation(const std::string& name);

/// LibTorch refused the call; `message` is its own, with dimensions counted as R does.
base::Error operation_failed(const Operation& operation, const Overload& overload, const std::string& message);

/// No overload takes the arguments; an unknown name among `given_names` is named.
base::Error no_such_form(const Operation& operation, const std::vector<std::string>& given_names);

/// Throws what is wrong with the first argument that does not fit; returns if nothing is.
void explain_misfit(const Operation& operation, const Overload& overload, const std::vector<SEXP>& placed);

std::string schema_text(const Overload& overload);

}  // namespace mlr3libtorch::glue
