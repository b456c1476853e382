#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/value/arguments.h"
#include "core/value/registry.h"
#include <Rcpp.h>

/// The one place where values cross the border. In R, a value is plain R data or a tensor handle.
namespace mlr3libtorch::glue {

/// None is NULL, an integer that fits is an integer (else a numeric), lists of one plain type are vectors,
/// other lists are lists, a dictionary is a named list, a tensor is a handle.
SEXP to_r(const c10::IValue& value);

/// As `to_r()`, with tensors as plain data of class `torch_tensor_data`.
SEXP to_plain_r(const c10::IValue& value);

/// An R value as a value of `type`. `what` names it in the error of class "argument" if it does not fit.
c10::IValue to_ivalue(SEXP value, const c10::TypePtr& type, const std::string& what);

/// The inverse of `to_plain_r()` without a type to go by: a numeric of length one is a float, longer ones are lists of
/// floats, integers likewise, a named list is a dictionary, any other list a list; a handle or torch_tensor_data is a
/// tensor. `what` names the value in errors.
c10::IValue from_plain_r(SEXP value, const std::string& what = "value");

/// Named R values as the arguments of `schema`; `owner` ("optimizer 'adam'") is named in errors.
/// Unknown names get an UnknownNameError. Nothing is filled in: `value::Arguments::bind()` knows the defaults.
value::NamedValues to_named_values(const Rcpp::List& values, const c10::FunctionSchema& schema,
                                   const std::string& owner);

/// What R knows about a registered thing: name, label, doc, tags and its arguments.
Rcpp::List schema_to_r(const value::Entry& entry);

/// structure(list(dtype, shape, data = <raw>), class = "torch_tensor_data"); row-major bytes.
Rcpp::List tensor_to_plain(const at::Tensor& tensor);
/// The tensor that plain data describes; copies, and checks everything first.
at::Tensor plain_to_tensor(SEXP plain);
bool is_plain_tensor(SEXP value);

/// Checked scalars for exports. Each refuses NA, a wrong type and a wrong length with an error of class "argument".
std::int64_t to_int(SEXP value, const std::string& what);
/// From `least` to `most`, both included.
std::int64_t to_int_from(SEXP value, const std::string& what, std::int64_t least,
                         std::int64_t most = std::numeric_limits<std::int64_t>::max());
/// A number of threads. OpenMP ends the process if it cannot make as many as it was told.
int to_threads(SEXP value, const std::string& what);
/// A number of threads that read batches; none with 0.
int to_workers(SEXP value);
double to_double(SEXP value, const std::string& what);
/// NA is NaN.
double to_double_or_nan(SEXP value, const std::string& what);
bool to_bool(SEXP value, const std::string& what);
std::string to_string(SEXP value, const std::string& what);
/// Strings without NA, any number of them.
std::vector<std::string> to_strings(SEXP value, const std::string& what);
/// A list of strings, by its names.
std::map<std::string, std::string> to_texts(SEXP value, const std::string& what);
/// Sizes of dimensions: whole numbers of at least 0, any number of them.
std::vector<std::int64_t> to_sizes(SEXP value, const std::string& what);
/// Positions along a dimension of `size`, from 0: of numbers from 1, negative ones from the end, or of a logical for
/// each.
std::vector<std::int64_t> to_positions(SEXP value, std::int64_t size, const std::string& what);
/// A list, as it is; NULL is the empty list.
Rcpp::List to_list(SEXP value, const std::string& what);
/// The names of a list or vector; every element must have one, each different.
std::vector<std::string> element_names(SEXP list, const std::string& what);
/// The element of that name, which the list must have. `what` names the list.
SEXP list_element(const Rcpp::List& list, const std::string& name, const std::string& what);

/// The error of class "argument" that all of the above throw.
[[noreturn]] void refuse_value(const std::string& what, const std::string& expected, SEXP given);

}  // namespace mlr3libtorch::glue
