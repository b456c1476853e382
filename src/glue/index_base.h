#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

/// R counts dimensions, positions and classes from 1, LibTorch from 0. Only this file
/// says what that means for each operation.
namespace mlr3libtorch::glue {

/// How an argument or a result counts.
enum class Base {
  kNone,   ///< a plain value
  kIndex,  ///< a number, several, or a tensor of them; negative numbers stay as they are
  kLast,   ///< the last position of a range, which R includes and LibTorch does not
  kSplit,  ///< a tensor: a single number of parts, or the positions at which parts begin
};

Base argument_base(const std::string& operation, const c10::Argument& argument);
/// One for each result.
std::vector<Base> result_bases(const std::string& operation, const c10::FunctionSchema& schema);
/// "none", "index", "last" or "split".
std::string base_name(Base base);

/// R's value as LibTorch counts. Zero is refused; `what` names the argument then.
c10::IValue to_zero_based(Base base, const c10::IValue& value, const std::string& what);
/// LibTorch's value as R counts.
c10::IValue to_one_based(Base base, const c10::IValue& value);

/// Targets and inputs as the core counts: class numbers are the integers among them, others are left as they are.
at::Tensor classes_from_r(const at::Tensor& y);
/// The inverse; a copy if there are class numbers.
at::Tensor classes_to_r(const at::Tensor& y);

}  // namespace mlr3libtorch::glue
