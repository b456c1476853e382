#include <ATen/core/Tensor.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>

#include "core/base/names.h"
#include "glue/convert.h"
#include "glue/dtype.h"
#include "glue/guard.h"
#include "glue/operation.h"
#include "glue/operation_error.h"
#include "glue/tensor_data.h"
#include "glue/tensor_handle.h"
#include "glue/tensor_index.h"

namespace mlr3libtorch::glue {
namespace {

/// Runs `body`; what LibTorch refuses becomes an error of class "tensor" that names `operation`.
template <class Body>
auto named(const std::string& operation, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) throw;
    throw base::Error("tensor", operation + ": " + torch_message(error), {{"operation", operation}});
  }
}

SEXP sizes_to_r(at::IntArrayRef sizes) { return to_r(c10::IValue(sizes.vec())); }

using FieldReader = std::function<SEXP(const at::Tensor&)>;

/// NULL for a tensor that was not computed from ones that require gradients.
SEXP gradient_function_name(const at::Tensor& tensor) {
  const auto& function = tensor.grad_fn();
  return function ? Rcpp::wrap(function->name()) : R_NilValue;
}

/// The fields of a tensor that are no operations.
const std::map<std::string, FieldReader>& readers() {
  static const std::map<std::string, FieldReader> all{
      {"shape", [](const at::Tensor& tensor) { return sizes_to_r(tensor.sizes()); }},
      {"stride", [](const at::Tensor& tensor) { return sizes_to_r(tensor.strides()); }},
      {"dtype", [](const at::Tensor& tensor) { return Rcpp::wrap(dtype_name(tensor.scalar_type())); }},
      {"device", [](const at::Tensor& tensor) { return Rcpp::wrap(tensor.device().str()); }},
      {"ndim", [](const at::Tensor& tensor) { return to_r(tensor.dim()); }},
      {"numel", [](const at::Tensor& tensor) { return to_r(tensor.numel()); }},
      {"requires_grad", [](const at::Tensor& tensor) { return Rf_ScalarLogical(tensor.requires_grad()); }},
      {"is_leaf", [](const at::Tensor& tensor) { return Rf_ScalarLogical(tensor.is_leaf()); }},
      {"is_contiguous", [](const at::Tensor& tensor) { return Rf_ScalarLogical(tensor.is_contiguous()); }},
      {"element_size", [](const at::Tensor& tensor) { return to_r(static_cast<std::int64_t>(tensor.itemsize())); }},
      {"grad", [](const at::Tensor& tensor) { return wrap_tensor_or_null(tensor.grad()); }},
      {"grad_fn", [](const at::Tensor& tensor) { return gradient_function_name(tensor); }},
      {"data", [](const at::Tensor& tensor) { return wrap_tensor(tensor.variable_data()); }},
      {"T", [](const at::Tensor& tensor) { return wrap_tensor(tensor.dim() < 2 ? tensor : tensor.transpose(-2, -1)); }},
  };
  return all;
}

void set_gradient(at::Tensor& tensor, SEXP value) {
  if (Rf_isNull(value)) {
    tensor.mutable_grad().reset();
    return;
  }
  const auto& gradient = unwrap_tensor(value);
  if (gradient.sizes() != tensor.sizes() || gradient.scalar_type() != tensor.scalar_type()) {
    throw base::Error("shape", "A gradient must have the shape and dtype of its tensor.", {});
  }
  tensor.mutable_grad() = gradient;
}

using Writer = std::function<void(at::Tensor&, SEXP)>;

const std::map<std::string, Writer>& writers() {
  static const std::map<std::string, Writer> all{
      {"grad", set_gradient},
      {"requires_grad",
       [](at::Tensor& tensor, SEXP value) { tensor.set_requires_grad(to_bool(value, "requires_grad")); }},
      {"data", [](at::Tensor& tensor, SEXP value) { tensor.set_data(unwrap_tensor(value)); }},
  };
  return all;
}

template <class Value>
const Value& field_of(const std::map<std::string, Value>& fields, const std::string& name) {
  return base::value_called(fields, "field of a torch_tensor", name);
}

/// A list of handles, or a single one.
std::vector<at::Tensor> tensors_of(SEXP value, const std::string& what) {
  if (TYPEOF(value) == EXTPTRSXP) return {unwrap_tensor(value)};
  std::vector<at::Tensor> tensors;
  for (const SEXP element : to_list(value, what)) tensors.push_back(unwrap_tensor(element));
  return tensors;
}

bool is_r_scalar(SEXP value) {
  return Rf_isVectorAtomic(value) && Rf_xlength(value) == 1 && ATTRIB(value) == R_NilValue;
}

Rcpp::RObject dtype_of(const at::Tensor& tensor) { return Rcpp::wrap(dtype_name(tensor.scalar_type())); }

/// R data on the device of `other`; a scalar has no dimension.
at::Tensor beside(const at::Tensor& other, SEXP value, const Rcpp::RObject& dtype) {
  const auto tensor = tensor_from_r(value, dtype, Rcpp::wrap(other.device().str()));
  return is_r_scalar(value) ? tensor.reshape({}) : tensor;
}

/// A scalar has no dimension, so that it does not decide the type of the result; numbers take a floating `other`'s
/// type.
at::Tensor operand(SEXP value, const at::Tensor& other) {
  const bool follows = TYPEOF(value) == REALSXP && (other.is_floating_point() || other.is_complex());
  return beside(other, value, follows ? dtype_of(other) : Rcpp::RObject(R_NilValue));
}

/// Whether one of the operation's forms has a plain number on its right side.
bool takes_number(const Operation& operation) {
  return std::any_of(operation.overloads.begin(), operation.overloads.end(), [](const auto& overload) {
    return overload.parameters.size() > 1 && overload.parameters[1].kind == c10::TypeKind::NumberType;
  });
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_from_r(SEXP data, SEXP dtype, SEXP device, SEXP requires_grad) {
  return guard([&] {
    const bool track = to_bool(requires_grad, "requires_grad");
    return named("torch_tensor()",
                 [&] { return wrap_tensor(tensor_from_r(data, dtype, device).set_requires_grad(track)); });
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_to_r(SEXP tensor) {
  return guard([&] { return named("as.array()", [&] { return tensor_to_r(unwrap_tensor(tensor)); }); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_text(SEXP tensor, SEXP lines) {
  return guard([&]() -> SEXP {
    const auto count = to_int(lines, "lines");
    return named("print()", [&] { return Rcpp::wrap(tensor_text(unwrap_tensor(tensor), count)); });
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_get(SEXP tensor, SEXP field) {
  return guard([&] {
    const auto name = to_string(field, "field");
    const auto& reader = field_of(readers(), name);
    return named("$" + name, [&] { return reader(unwrap_tensor(tensor)); });
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_set(SEXP tensor, SEXP field, SEXP value) {
  return guard([&] {
    const auto name = to_string(field, "field");
    const auto& writer = field_of(writers(), name);
    named("$" + name, [&] { writer(unwrap_tensor(tensor), value); });
    return tensor;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_fields() {
  return guard([]() -> SEXP { return Rcpp::wrap(base::keys_of(readers())); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_call(SEXP operation, SEXP self, SEXP arguments) {
  return guard([&] {
    const auto name = to_string(operation, "operation");
    if (!Rf_isNull(self)) unwrap_tensor(self);
    return call_operation(find_operation(name), read_given(self, to_list(arguments, "arguments")));
  });
}

/// `x[...]`; bracket_indexes() tells what `written` and `frame` are.
// [[Rcpp::export(rng = false)]]
SEXP core_tensor_part(SEXP tensor, SEXP written, SEXP frame, SEXP drop) {
  return guard([&] {
    const auto& x = unwrap_tensor(tensor);
    const auto indexes = bracket_indexes(written, frame);
    const bool may_drop = to_bool(drop, "drop");
    const auto part = named("[", [&] { return tensor_part(x, indexes, may_drop); });
    return part.is_same(x) ? tensor : wrap_tensor(part);
  });
}

/// `x[...] = value`, which is a tensor or R data.
// [[Rcpp::export(rng = false)]]
SEXP core_tensor_set_part(SEXP tensor, SEXP written, SEXP frame, SEXP value) {
  return guard([&] {
    auto& x = unwrap_tensor(tensor);
    const auto indexes = bracket_indexes(written, frame);
    const auto source = TYPEOF(value) == EXTPTRSXP ? unwrap_tensor(value) : beside(x, value, dtype_of(x));
    named("[<-", [&] { set_tensor_part(x, indexes, source); });
    return tensor;
  });
}

/// One of R's binary operators, by the operation that does its work; at least one side is a tensor.
// [[Rcpp::export(rng = false)]]
SEXP core_tensor_operator(SEXP operation, SEXP left, SEXP right) {
  return guard([&] {
    const auto name = to_string(operation, "operation");
    const auto& found = find_operation(name);
    const bool is_left = TYPEOF(left) == EXTPTRSXP;
    const Rcpp::RObject self = is_left ? left : wrap_tensor(operand(left, unwrap_tensor(right)));
    unwrap_tensor(self);
    const bool goes_as_it_is = TYPEOF(right) == EXTPTRSXP || (is_r_scalar(right) && takes_number(found));
    const Rcpp::RObject other = goes_as_it_is ? right : wrap_tensor(operand(right, unwrap_tensor(self)));
    return call_operation(found, {self, {other}});
  });
}

/// The gradients of `inputs`, in a list; NULL for one that the outputs do not depend on, where that is allowed.
// [[Rcpp::export(rng = false)]]
SEXP core_autograd_grad(SEXP outputs, SEXP inputs, SEXP grad_outputs, SEXP retain_graph, SEXP create_graph,
                        SEXP allow_unused) {
  return guard([&]() -> SEXP {
    const auto from = tensors_of(outputs, "outputs");
    const auto to = tensors_of(inputs, "inputs");
    const auto starts = tensors_of(grad_outputs, "grad_outputs");
    const bool create = to_bool(create_graph, "create_graph");
    const bool retain = Rf_isNull(retain_graph) ? create : to_bool(retain_graph, "retain_graph");
    const bool unused = to_bool(allow_unused, "allow_unused");
    if (from.empty() || to.empty()) throw base::Error("argument", "autograd_grad() needs outputs and inputs.", {});
    if (!starts.empty() && starts.size() != from.size()) {
      throw base::Error("argument", "'grad_outputs' must be as many tensors as 'outputs'.", {});
    }
    const auto gradients =
        named("autograd_grad()", [&] { return torch::autograd::grad(from, to, starts, retain, create, unused); });
    Rcpp::List result(static_cast<R_xlen_t>(gradients.size()));
    for (std::size_t i = 0; i < gradients.size(); ++i)
      result[static_cast<R_xlen_t>(i)] = wrap_tensor_or_null(gradients[i]);
    return result;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_backward(SEXP tensor, SEXP gradient, SEXP retain_graph, SEXP create_graph) {
  return guard([&] {
    const auto start = Rf_isNull(gradient) ? at::Tensor() : unwrap_tensor(gradient);
    const bool create = to_bool(create_graph, "create_graph");
    const bool retain = Rf_isNull(retain_graph) ? create : to_bool(retain_graph, "retain_graph");
    named("$backward()", [&] { unwrap_tensor(tensor).backward(start, retain, create); });
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_tensor_to_plain(SEXP tensor) {
  return guard([&]() -> SEXP { return named("saving", [&] { return tensor_to_plain(unwrap_tensor(tensor)); }); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_plain_to_tensor(SEXP data) {
  return guard([&] { return wrap_tensor(plain_to_tensor(data)); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_operation_names() {
  return guard([&]() -> SEXP { return Rcpp::wrap(operation_names()); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_operation_schemas(SEXP operation) {
  return guard([&]() -> SEXP {
    const auto name = to_string(operation, "operation");
    std::vector<std::string> texts;
    for (const auto& overload : find_operation(name).overloads) {
      texts.push_back(schema_text(overload));
    }
    return Rcpp::wrap(texts);
  });
}

/// Of each form, how its arguments and results count: named character vectors "none", "index", "last" or "split".
// [[Rcpp::export(rng = false)]]
SEXP core_operation_bases(SEXP operation) {
  return guard([&]() -> SEXP {
    const auto name = to_string(operation, "operation");
    Rcpp::List forms;
    for (const auto& overload : find_operation(name).overloads) {
      Rcpp::CharacterVector arguments;
      for (const auto& parameter : overload.parameters) {
        arguments.push_back(base_name(parameter.base), parameter.argument->name());
      }
      Rcpp::CharacterVector results;
      for (const auto base : overload.result_bases) results.push_back(base_name(base));
      forms.push_back(Rcpp::List::create(Rcpp::Named("arguments") = arguments, Rcpp::Named("results") = results));
    }
    return forms;
  });
}

/// Sets whether operations are tracked for gradients; answers what it was.
// [[Rcpp::export(rng = false)]]
SEXP core_grad_mode(SEXP enabled) {
  return guard([&] {
    const bool before = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(to_bool(enabled, "enabled"));
    return Rf_ScalarLogical(before);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_manual_seed(SEXP seed) {
  return guard([&] {
    const auto value = to_int(seed, "seed");
    auto generator = at::detail::getDefaultCPUGenerator();
    const std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(static_cast<std::uint64_t>(value));
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_rng_state(SEXP state) {
  return guard([&] {
    auto generator = at::detail::getDefaultCPUGenerator();
    const std::lock_guard<std::mutex> lock(generator.mutex());
    if (Rf_isNull(state)) return wrap_tensor(generator.get_state());
    named("torch_set_rng_state()", [&] { generator.set_state(unwrap_tensor(state)); });
    return R_NilValue;
  });
}

/// Bytes of the storages that living handles keep.
// [[Rcpp::export(rng = false)]]
SEXP core_held_bytes() {
  return guard([&] { return Rf_ScalarReal(held_bytes()); });
}
