#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <map>
#include <string>

#include "core/value/description.h"

namespace mlr3libtorch::value {

using NamedValues = std::map<std::string, c10::IValue>;

/// The values of a schema's arguments, by name, complete and checked.
class Arguments {
 public:
  /// Fills in defaults; refuses unknown names, missing values, wrong types and values out of the described bounds.
  /// `kind` ("optimizer", "loss", …) is used in error messages only.
  static Arguments bind(const std::string& kind, const c10::FunctionSchema& schema, const Description& description,
                        const NamedValues& given);

  const c10::IValue& at(const std::string& name) const;
  template <class T>
  T get(const std::string& name) const {
    return at(name).to<T>();
  }
  bool is_none(const std::string& name) const { return at(name).isNone(); }
  const NamedValues& values() const noexcept { return values_; }
  /// Replaces one value; the same checks as in `bind()`.
  void set(const std::string& name, const c10::IValue& value);

 private:
  Arguments(std::string kind, const c10::FunctionSchema* schema, const Description* description)
      : kind_(std::move(kind)), schema_(schema), description_(description) {}

  std::string kind_;
  const c10::FunctionSchema* schema_;  // owned by the registry, which outlives every run
  const Description* description_;     // likewise
  NamedValues values_;
};

/// One whole number stands for all of a list of fixed length, as in LibTorch's own schemas: `int[2] stride` takes one
/// for both. Any other value is returned as it is.
c10::IValue repeated(const c10::Argument& argument, c10::IValue value);

}  // namespace mlr3libtorch::value
