#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

#include "index_base.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// One form of an operation, with what does not change between calls.
struct Overload {
  c10::OperatorHandle handle;
  std::vector<Base> argument_bases;
  std::vector<Base> result_bases;
  /// Where a method's tensor goes: the argument `self`, or the first one.
  std::size_t self_position;
};

/// One of LibTorch's operations by the name that R uses ("add", "mul_").
struct Operation {
  std::string name;
  bool lapack;
  /// Fewest arguments first; the first form that takes what was given is called.
  std::vector<Overload> overloads;
};

/// Looked up once and kept; an error of class "unknown_operation" with the names there are.
const Operation& find_operation(const std::string& name);
/// Names of every operation that R may call.
const std::vector<std::string>& operation_names();

/// Calls the form of `operation` that takes these arguments.
/// `self` is the tensor a method was called on, or NULL. Arguments go by name or by place; the rest are defaults.
SEXP call_operation(const Operation& operation, SEXP self, const Rcpp::List& arguments);

}  // namespace mlr3libtorch::glue
