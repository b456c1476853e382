#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <utility>
#include <vector>

#include "glue/index_base.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// What one argument of an overload takes; the dispatcher owns the argument.
struct Parameter {
  const c10::Argument* argument;
  c10::TypePtr type;
  bool is_optional;
  /// Of the type, or of what the optional holds.
  c10::TypeKind kind;
  /// Of a list's elements.
  c10::TypeKind element;
  Base base;
};

/// One overload of an operation, with what does not change between calls.
struct Overload {
  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
  std::vector<Base> result_bases;
  /// Where a method's tensor goes: the argument `self`, or the first one.
  std::size_t self_position;
  /// Whether it moves a window over a tensor, see check_window().
  bool pools;
  /// Whether it divides integers, see check_division().
  bool divides;
};

/// One of LibTorch's operations by the name that R uses ("add", "mul_").
struct Operation {
  std::string name;
  bool lapack;
  /// Fewest arguments first, then fewest lists; the first overload that fits the call is used.
  std::vector<Overload> overloads;
};

/// Looked up once and kept; an error of class "unknown_operation" with the known names.
const Operation& find_operation(const std::string& name);
/// Names of every operation that R may call.
const std::vector<std::string>& operation_names();

/// What a call was given: `self` is the tensor a method was called on, or NULL.
struct Given {
  SEXP self;
  std::vector<SEXP> unnamed;
  std::vector<std::pair<std::string, SEXP>> named = {};
};

/// `arguments` is a list; those without a name go by place.
Given read_given(SEXP self, const Rcpp::List& arguments);

/// Calls the overload of `operation` that fits the arguments; the rest are defaults.
SEXP call_operation(const Operation& operation, const Given& given);

}  // namespace mlr3libtorch::glue
