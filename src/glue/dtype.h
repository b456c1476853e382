#pragma once

#include <c10/core/ScalarType.h>

#include <string>
#include <vector>

namespace mlr3libtorch::glue {

/// The name R gives a dtype ("float32"); an error of class "tensor" for one that R cannot have.
const std::string& dtype_name(c10::ScalarType dtype);

/// The dtype with this name or alias ("float", "long"); an unknown one gets an UnknownNameError.
c10::ScalarType dtype_from_name(const std::string& name);

/// Every name without the aliases.
std::vector<std::string> dtype_names();

}  // namespace mlr3libtorch::glue
