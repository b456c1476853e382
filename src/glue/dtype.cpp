#include "glue/dtype.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"

namespace mlr3libtorch::glue {
namespace {

struct Dtype {
  c10::ScalarType type;
  std::string name;
  std::string alias;
};

/// The one list of dtypes that R knows.
const std::array<Dtype, 12>& dtypes() {
  static const std::array<Dtype, 12> table{{
      {c10::ScalarType::Float, "float32", "float"},
      {c10::ScalarType::Double, "float64", "double"},
      {c10::ScalarType::Half, "float16", "half"},
      {c10::ScalarType::BFloat16, "bfloat16", "bfloat16"},
      {c10::ScalarType::Long, "int64", "long"},
      {c10::ScalarType::Int, "int32", "int"},
      {c10::ScalarType::Short, "int16", "short"},
      {c10::ScalarType::Char, "int8", "int8"},
      {c10::ScalarType::Byte, "uint8", "uint8"},
      {c10::ScalarType::Bool, "bool", "bool"},
      {c10::ScalarType::ComplexFloat, "complex64", "cfloat"},
      {c10::ScalarType::ComplexDouble, "complex128", "cdouble"},
  }};
  return table;
}

}  // namespace

const std::string& dtype_name(c10::ScalarType dtype) {
  const auto& table = dtypes();
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.type == dtype; });
  if (found != table.end()) return found->name;
  throw base::Error("tensor", std::string("R has no tensors of type ") + c10::toString(dtype) + ".",
                    {{"given", std::string(c10::toString(dtype))}, {"known", dtype_names()}});
}

c10::ScalarType dtype_from_name(const std::string& name) {
  for (const auto& entry : dtypes()) {
    if (entry.name == name || entry.alias == name) return entry.type;
  }
  throw base::UnknownNameError("dtype", name, dtype_names());
}

std::vector<std::string> dtype_names() {
  std::vector<std::string> names;
  for (const auto& entry : dtypes()) names.push_back(entry.name);
  return names;
}

}  // namespace mlr3libtorch::glue
