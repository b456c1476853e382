#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string>

namespace mlr3libtorch::io {

/// The type that a safetensors header calls `name` ("F32", "I64", "BOOL", …), if this format version has it.
std::optional<c10::ScalarType> dtype_of_name(const std::string& name);

/// The inverse; nothing for types that safetensors do not have.
std::optional<std::string> name_of_dtype(c10::ScalarType dtype);

}  // namespace mlr3libtorch::io
