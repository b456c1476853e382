#include "core/io/dtype.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mlr3libtorch::io {
namespace {

struct NamedType {
  std::string_view name;
  c10::ScalarType dtype;
};

// Only types that both LibTorch 1.13 and every reader of safetensors know.
constexpr std::array<NamedType, 10> kTypes{{{"F64", c10::ScalarType::Double},
                                            {"F32", c10::ScalarType::Float},
                                            {"F16", c10::ScalarType::Half},
                                            {"BF16", c10::ScalarType::BFloat16},
                                            {"I64", c10::ScalarType::Long},
                                            {"I32", c10::ScalarType::Int},
                                            {"I16", c10::ScalarType::Short},
                                            {"I8", c10::ScalarType::Char},
                                            {"U8", c10::ScalarType::Byte},
                                            {"BOOL", c10::ScalarType::Bool}}};

}  // namespace

std::optional<c10::ScalarType> dtype_of_name(const std::string& name) {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const NamedType& type) { return type.name == name; });
  if (found == kTypes.end()) return std::nullopt;
  return found->dtype;
}

std::optional<std::string> name_of_dtype(c10::ScalarType dtype) {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const NamedType& type) { return type.dtype == dtype; });
  if (found == kTypes.end()) return std::nullopt;
  return std::string(found->name);
}

}  // namespace mlr3libtorch::io
