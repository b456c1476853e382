#include "glue/operation.h"

#include <ATen/ATen.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/network/operations/window.h"
#include "glue/convert.h"
#include "glue/dtype.h"
#include "glue/guard.h"
#include "glue/lapack_guard.h"
#include "glue/operation_error.h"
#include "glue/r_interrupt.h"
#include "glue/tensor_data.h"
#include "glue/tensor_handle.h"
#include "glue/torch_warning.h"

namespace mlr3libtorch::glue {
namespace {

/// Overloads that write into a given tensor or name dimensions by strings are left to LibTorch.
bool is_for_users(const c10::FunctionSchema& schema) {
  if (schema.overload_name().find("name") != std::string::npos) return false;
  return std::none_of(schema.arguments().begin(), schema.arguments().end(), [](const auto& argument) {
    return argument.kwarg_only() && argument.alias_info() != nullptr && argument.alias_info()->isWrite();
  });
}

using Names = std::map<std::string, std::vector<c10::OperatorName>>;

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// LibTorch's own building blocks: they trust their caller, and several crash the process on arguments that do not fit.
/// `set_` gives a tensor other memory: the optimizer would no longer change the parameter.
bool is_building_block(const std::string& name) {
  // There is no other way to draw from a gamma distribution.
  if (name == "_standard_gamma") return false;
  static const std::set<std::string> blocks{
      "align_tensors", "choose_qparams_optimized", "native_channel_shuffle", "from_file", "gradient",
      "histogramdd",   "linalg_ldl_solve",         "record_stream",          "set",       "set_",
      "set_data"};
  static const std::vector<std::string> beginnings{
      "_",       "quantized_", "fbgemm_",     "native_",      "slow_conv", "thnn_",           "cudnn_",
      "miopen_", "mkldnn_",    "batch_norm_", "to_sparse_bs", "sparse_bs", "rrelu_with_noise"};
  const bool begins_so = std::any_of(beginnings.begin(), beginnings.end(),
                                     [&](const auto& beginning) { return starts_with(name, beginning); });
  if (begins_so || name.find("_backward") != std::string::npos || ends_with(name, "_forward")) return true;
  // Copying variants of views, made for compilers; index_copy is something else.
  if (ends_with(name, "_copy") && name != "index_copy") return true;
  return blocks.count(name) > 0;
}

/// Public operations of the namespace aten.
const Names& names() {
  static const Names all = [] {
    Names found;
    const std::string prefix = "aten::";
    for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) {
      if (!starts_with(name.name, prefix)) continue;
      const auto short_name = name.name.substr(prefix.size());
      const auto handle = c10::Dispatcher::singleton().findSchema(name);
      if (!is_building_block(short_name) && handle && is_for_users(handle->schema())) {
        found[short_name].push_back(name);
      }
    }
    return found;
  }();
  return all;
}

Parameter make_parameter(const std::string& operation, const c10::Argument& argument) {
  Parameter parameter{&argument,
                      argument.real_type(),
                      false,
                      argument.real_type()->kind(),
                      c10::TypeKind::NoneType,
                      argument_base(operation, argument)};
  const auto* type = parameter.type.get();
  if (type->kind() == c10::TypeKind::OptionalType) {
    parameter.is_optional = true;
    type = type->castRaw<c10::OptionalType>()->getElementType().get();
    parameter.kind = type->kind();
  }
  if (parameter.kind == c10::TypeKind::ListType) {
    parameter.element = type->castRaw<c10::ListType>()->getElementType()->kind();
  }
  return parameter;
}

Overload make_overload(const std::string& operation, const c10::OperatorName& name) {
  const auto handle = *c10::Dispatcher::singleton().findSchema(name);
  const auto& schema = handle.schema();
  const bool pools = operation.find("pool") != std::string::npos && schema.argumentIndexWithName("kernel_size") &&
                     schema.argumentIndexWithName("ceil_mode");
  static const std::set<std::string> divisions{"div",           "div_", "divide", "divide_",   "floor_divide",
                                               "floor_divide_", "fmod", "fmod_",  "remainder", "remainder_"};
  Overload overload{handle, {}, result_bases(operation, schema), 0, pools, divisions.count(operation) > 0};
  for (const auto& argument : schema.arguments()) {
    overload.parameters.push_back(make_parameter(operation, argument));
  }
  const auto self = schema.argumentIndexWithName("self");
  overload.self_position = self ? static_cast<std::size_t>(*self) : 0;
  return overload;
}

std::ptrdiff_t lists_in(const Overload& overload) {
  return std::count_if(overload.parameters.begin(), overload.parameters.end(),
                       [](const auto& parameter) { return parameter.kind == c10::TypeKind::ListType; });
}

/// Fewest arguments first. R does not tell a number from a vector of length one: it counts as a number, not as a list.
auto order_of(const Overload& overload) {
  const auto& schema = overload.handle.schema();
  return std::make_tuple(schema.arguments().size(), lists_in(overload), schema.overload_name());
}

Operation make_operation(const std::string& name, const std::vector<c10::OperatorName>& overload_names) {
  Operation operation{name, calls_lapack(name), {}};
  for (const auto& overload_name : overload_names) operation.overloads.push_back(make_overload(name, overload_name));
  std::sort(operation.overloads.begin(), operation.overloads.end(),
            [](const auto& left, const auto& right) { return order_of(left) < order_of(right); });
  return operation;
}

bool is_numeric_vector(SEXP value) {
  return (TYPEOF(value) == INTSXP || TYPEOF(value) == REALSXP) && !is_integer64(value);
}

bool is_whole(SEXP value) {
  if (!is_numeric_vector(value)) return false;
  if (TYPEOF(value) == INTSXP) return true;
  const auto* numbers = REAL(value);
  return std::all_of(numbers, numbers + Rf_xlength(value), [](double number) { return std::trunc(number) == number; });
}

/// `list(2, 3)`, as scripts for R torch write sizes.
bool is_list_of_whole(SEXP value) {
  if (TYPEOF(value) != VECSXP || is_plain_tensor(value)) return false;
  for (R_xlen_t i = 0; i < Rf_xlength(value); ++i) {
    const SEXP number = VECTOR_ELT(value, i);
    if (Rf_xlength(number) != 1 || !is_whole(number)) return false;
  }
  return true;
}

bool fits_element(SEXP value, c10::TypeKind element) {
  switch (element) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return is_whole(value) || is_list_of_whole(value);
    case c10::TypeKind::FloatType:
    case c10::TypeKind::NumberType:
      return is_numeric_vector(value);
    case c10::TypeKind::BoolType:
      return TYPEOF(value) == LGLSXP;
    case c10::TypeKind::StringType:
      return TYPEOF(value) == STRSXP;
    default:
      return TYPEOF(value) == VECSXP && !is_plain_tensor(value);
  }
}

/// Kernels trust that a list of fixed length, `int[2] stride`, has that length. One number stands for all; none is
/// allowed if it is the default.
bool has_length(SEXP value, const c10::Argument& argument) {
  const auto length = Rf_xlength(value);
  if (!argument.N() || *argument.N() < 2 || length == 1 || length == *argument.N()) return true;
  const auto& standard = argument.default_value();
  return length == 0 && standard && standard->isList() && standard->toListRef().empty();
}

/// Whether a value looks like one that the parameter takes; converting it may still fail.
bool fits(SEXP value, const Parameter& parameter) {
  if (parameter.is_optional && Rf_isNull(value)) return true;
  switch (parameter.kind) {
    case c10::TypeKind::TensorType:
      return TYPEOF(value) == EXTPTRSXP || is_plain_tensor(value);
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return Rf_xlength(value) == 1 && is_whole(value);
    case c10::TypeKind::FloatType:
      return Rf_xlength(value) == 1 && is_numeric_vector(value);
    case c10::TypeKind::NumberType:
      return Rf_xlength(value) == 1 && (is_numeric_vector(value) || TYPEOF(value) == LGLSXP);
    case c10::TypeKind::BoolType:
      return Rf_xlength(value) == 1 && TYPEOF(value) == LGLSXP;
    case c10::TypeKind::StringType:
    case c10::TypeKind::DeviceObjType:
    case c10::TypeKind::ScalarTypeType:
      return Rf_xlength(value) == 1 && TYPEOF(value) == STRSXP;
    case c10::TypeKind::LayoutType:
    case c10::TypeKind::MemoryFormatType:
      return Rf_xlength(value) == 1 && TYPEOF(value) == INTSXP;
    case c10::TypeKind::ListType:
      return has_length(value, *parameter.argument) && fits_element(value, parameter.element);
    default:
      return false;
  }
}

/// The given values in a schema's order; nullptr if the default is to be used.
using Placed = std::vector<SEXP>;

/// Puts named values at their names and the others in the free places from the left.
bool place(const Given& given, const Overload& overload, Placed& placed) {
  const auto& schema = overload.handle.schema();
  const auto& arguments = schema.arguments();
  placed.assign(arguments.size(), nullptr);
  if (!Rf_isNull(given.self)) {
    if (arguments.empty()) return false;
    placed[overload.self_position] = given.self;
  }
  for (const auto& [name, value] : given.named) {
    const auto index = schema.argumentIndexWithName(name);
    if (!index || placed[static_cast<std::size_t>(*index)] != nullptr) return false;
    placed[static_cast<std::size_t>(*index)] = value;
  }
  std::size_t next = 0;
  for (const auto value : given.unnamed) {
    while (next < arguments.size() && placed[next] != nullptr) ++next;
    if (next == arguments.size() || arguments[next].kwarg_only()) return false;
    placed[next] = value;
  }
  return true;
}

/// Whether an optional argument without a default, `Scalar? p` of `norm()`, must be given: many forms have one, and in
/// R torch and PyTorch it is left out.
enum class Optionals { kGiven, kLeftOut };

bool may_be_left_out(const Parameter& parameter, Optionals optionals) {
  if (parameter.argument->default_value().has_value()) return true;
  return parameter.is_optional && optionals == Optionals::kLeftOut;
}

bool accepts(const Overload& overload, const Placed& placed, Optionals optionals) {
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const auto& parameter = overload.parameters[i];
    const bool fine = placed[i] == nullptr ? may_be_left_out(parameter, optionals) : fits(placed[i], parameter);
    if (!fine) return false;
  }
  return true;
}

/// The first form that fits, of those that were given all they have no default for, then of the others; null if none
/// does. Fills `placed`.
const Overload* find_overload(const Operation& operation, const Given& given, Placed& placed) {
  for (const auto optionals : {Optionals::kGiven, Optionals::kLeftOut}) {
    for (const auto& overload : operation.overloads) {
      if (place(given, overload, placed) && accepts(overload, placed, optionals)) return &overload;
    }
  }
  return nullptr;
}

c10::IValue value_left_out(const c10::Argument& argument) {
  return argument.default_value() ? *argument.default_value() : c10::IValue();
}

std::vector<c10::IValue> make_stack(const Overload& overload, const Placed& placed) {
  std::vector<c10::IValue> stack;
  stack.reserve(placed.size());
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const auto& [argument, type, is_optional, kind, element, base] = overload.parameters[i];
    if (placed[i] == nullptr) {
      stack.push_back(value_left_out(*argument));
    } else if (is_tensor_handle(placed[i]) && base == Base::kNone) {
      stack.emplace_back(unwrap_tensor(placed[i]));
    } else {
      const auto value = to_ivalue(placed[i], type, argument->name());
      stack.push_back(to_zero_based(base, value::repeated(*argument, value), argument->name()));
    }
  }
  return stack;
}

/// An operation in place returns the handle it was called on, so that no second one is made.
SEXP result_to_r(const c10::IValue& value, Base base, SEXP self) {
  if (value.isTensor() && is_tensor_handle(self) && value.toTensor().is_same(unwrap_tensor(self))) return self;
  return to_r(to_one_based(base, value));
}

/// As R/tensor_dtype.R makes it.
SEXP dtype_to_r(c10::ScalarType dtype) {
  auto name = Rcpp::CharacterVector::create(dtype_name(dtype));
  name.attr("class") = "torch_dtype";
  return name;
}

bool is_dtype(const c10::Argument& result) { return result.real_type()->kind() == c10::TypeKind::ScalarTypeType; }

SEXP results_to_r(const Overload& overload, const std::vector<c10::IValue>& stack, SEXP self) {
  if (stack.empty()) return self;
  if (stack.size() == 1 && is_dtype(overload.handle.schema().returns()[0])) {
    return dtype_to_r(static_cast<c10::ScalarType>(stack[0].toInt()));
  }
  if (stack.size() == 1) return result_to_r(stack[0], overload.result_bases[0], self);
  const auto& returns = overload.handle.schema().returns();
  Rcpp::List results(static_cast<R_xlen_t>(stack.size()));
  Rcpp::CharacterVector names(static_cast<R_xlen_t>(stack.size()));
  for (std::size_t i = 0; i < stack.size(); ++i) {
    results[static_cast<R_xlen_t>(i)] = result_to_r(stack[i], overload.result_bases[i], R_NilValue);
    names[static_cast<R_xlen_t>(i)] = returns[i].name();
  }
  if (!returns[0].name().empty()) results.names() = names;
  return results;
}

void check_pooling(const Overload& overload, const std::vector<c10::IValue>& stack) {
  const auto numbers = [&](const std::string& name) {
    const auto index = overload.handle.schema().argumentIndexWithName(name);
    return index ? stack[static_cast<std::size_t>(*index)].toIntVector() : std::vector<std::int64_t>();
  };
  const auto kernel = numbers("kernel_size"), padding = numbers("padding"), dilation = numbers("dilation");
  const auto cut = overload.handle.schema().argumentIndexWithName("ceil_mode");
  network::check_window(stack[overload.self_position].toTensor(),
                        {kernel, padding, dilation, stack[static_cast<std::size_t>(*cut)].toBool()});
}

/// The least integer divided by -1 is not an integer of its type: the processor ends the program.
void check_division(const std::vector<c10::IValue>& stack) {
  const auto tensor_of = [](const c10::IValue& value) {
    return value.isTensor() ? value.toTensor()
           : value.isInt()  ? at::scalar_tensor(value.toInt(), at::kLong)
                            : at::Tensor();
  };
  const auto dividend = tensor_of(stack[0]), divisor = tensor_of(stack[1]);
  if (!dividend.defined() || !divisor.defined()) return;
  const auto type = at::result_type(dividend, divisor);
  if (type != at::kInt && type != at::kLong) return;
  const auto least = type == at::kInt ? std::int64_t{std::numeric_limits<std::int32_t>::min()}
                                      : std::numeric_limits<std::int64_t>::min();
  if (!divisor.eq(-1).any().item<bool>() || !dividend.eq(least).any().item<bool>()) return;
  throw base::Error("tensor", "The least integer, " + std::to_string(least) + ", cannot be divided by -1.");
}

SEXP call_overload(const Operation& operation, const Overload& overload, const Placed& placed, SEXP self) {
  auto stack = make_stack(overload, placed);
  const TorchWarnings warnings;
  try {
    if (overload.pools) check_pooling(overload, stack);
    if (overload.divides) check_division(stack);
    if (operation.lapack) {
      run_lapack(operation.name, [&] { overload.handle.callBoxed(&stack); });
    } else {
      overload.handle.callBoxed(&stack);
    }
  } catch (const base::Error&) {
    throw;
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) throw;
    throw operation_failed(operation, overload, torch_message(error));
  } catch (const std::logic_error& error) {
    throw operation_failed(operation, overload, error.what());
  } catch (const std::runtime_error& error) {
    throw operation_failed(operation, overload, error.what());
  }
  warnings.signal();
  return results_to_r(overload, stack, self);
}

}  // namespace

const std::vector<std::string>& operation_names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> found;
    for (const auto& [name, overloads] : names()) found.push_back(name);
    return found;
  }();
  return all;
}

const Operation& find_operation(const std::string& name) {
  static std::unordered_map<std::string, Operation> known;
  const auto cached = known.find(name);
  if (cached != known.end()) return cached->second;
  const auto found = names().find(name);
  if (found == names().end()) throw unknown_operation(name);
  return known.emplace(name, make_operation(name, found->second)).first->second;
}

Given read_given(SEXP self, const Rcpp::List& arguments) {
  Given given{self, {}};
  const SEXP names = Rf_getAttrib(arguments, R_NamesSymbol);
  for (R_xlen_t i = 0; i < arguments.size(); ++i) {
    const SEXP value = VECTOR_ELT(arguments, i);
    const char* name = Rf_isNull(names) ? "" : CHAR(STRING_ELT(names, i));
    if (*name == '\0') {
      given.unnamed.push_back(value);
    } else {
      given.named.emplace_back(name, value);
    }
  }
  return given;
}

SEXP call_operation(const Operation& operation, const Given& given) {
  // R itself checks only once in a thousand steps, which may be long ones.
  static RInterrupt interrupt;
  interrupt.check();
  Placed placed;
  const auto* const overload = find_overload(operation, given, placed);
  if (overload != nullptr) return call_overload(operation, *overload, placed, given.self);
  std::vector<std::string> given_names;
  for (const auto& [name, value] : given.named) given_names.push_back(name);
  if (operation.overloads.size() == 1 && place(given, operation.overloads[0], placed)) {
    // Says which argument is wrong; the schema's own conversion has the message.
    explain_misfit(operation, operation.overloads[0], placed);
  }
  throw no_such_form(operation, given_names);
}

}  // namespace mlr3libtorch::glue
