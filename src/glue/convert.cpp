#include "glue/convert.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>
#include <c10/core/Device.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <unordered_set>

#include "core/base/names.h"
#include "core/value/largest_whole.h"
#include "glue/dtype.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

std::string describe(SEXP value) {
  if (Rf_isNull(value)) return "NULL";
  if (is_tensor_handle(value)) return "a torch_tensor";
  if (Rf_isFunction(value)) return "a function";
  std::ostringstream text;
  if (Rf_xlength(value) == 1) {
    switch (TYPEOF(value)) {
      case LGLSXP:
        return LOGICAL(value)[0] == NA_LOGICAL ? "NA" : LOGICAL(value)[0] != 0 ? "TRUE" : "FALSE";
      case INTSXP:
        if (INTEGER(value)[0] == NA_INTEGER) return "NA";
        text << INTEGER(value)[0];
        return text.str();
      case REALSXP:
        if (R_IsNA(REAL(value)[0])) return "NA";
        if (std::isinf(REAL(value)[0])) return REAL(value)[0] > 0 ? "Inf" : "-Inf";
        text << REAL(value)[0];
        return text.str();
      case STRSXP:
        if (STRING_ELT(value, 0) == NA_STRING) return "NA";
        return "'" + std::string(CHAR(STRING_ELT(value, 0))) + "'";
      default:
        break;
    }
  }
  const bool vowel = TYPEOF(value) == INTSXP || TYPEOF(value) == ENVSXP || TYPEOF(value) == EXTPTRSXP;
  text << (vowel ? "an " : "a ") << Rf_type2char(TYPEOF(value)) << " of length " << Rf_xlength(value);
  return text.str();
}

bool is_number(SEXP value) {
  return (TYPEOF(value) == INTSXP && !Rf_inherits(value, "factor")) || TYPEOF(value) == REALSXP;
}

/// Element `i` of a numeric or integer vector; NA is refused, and NaN unless `nan` allows it.
double number_at(SEXP value, R_xlen_t i, const std::string& what, bool nan = false) {
  if (TYPEOF(value) == INTSXP) {
    if (INTEGER(value)[i] == NA_INTEGER) refuse_value(what, "without missing values", value);
    return INTEGER(value)[i];
  }
  const double number = REAL(value)[i];
  if (R_IsNA(number) || (!nan && std::isnan(number))) refuse_value(what, "without missing values", value);
  return number;
}

std::int64_t whole_at(SEXP value, R_xlen_t i, const std::string& what) {
  const double number = number_at(value, i, what);
  if (std::trunc(number) != number || std::fabs(number) > value::kLargestWhole)
    refuse_value(what, "a whole number", value);
  return static_cast<std::int64_t>(number);
}

c10::IValue to_scalar(SEXP value, const std::string& what) {
  if (Rf_xlength(value) == 1) {
    if (TYPEOF(value) == LGLSXP) return to_bool(value, what);
    if (TYPEOF(value) == REALSXP) return number_at(value, 0, what, true);
    if (is_number(value)) return to_int(value, what);
  }
  refuse_value(what, "a single number", value);
}

c10::IValue to_dtype(SEXP value, const std::string& what) {
  return static_cast<std::int64_t>(dtype_from_name(to_string(value, what)));
}

c10::Device to_device(SEXP value, const std::string& what) {
  const auto text = to_string(value, what);
  try {
    return c10::Device(text);
  } catch (const c10::Error&) {
    refuse_value(what, "a device such as 'cpu' or 'cuda:0'", value);
  }
}

template <class Element, class Convert>
c10::List<Element> to_typed_list(SEXP value, const Convert& convert) {
  c10::List<Element> list;
  const auto length = Rf_xlength(value);
  list.reserve(static_cast<std::size_t>(length));
  for (R_xlen_t i = 0; i < length; ++i) list.push_back(convert(i));
  return list;
}

c10::IValue to_number_list(SEXP value, bool whole, const std::string& what) {
  if (whole && TYPEOF(value) == VECSXP) {
    return to_typed_list<std::int64_t>(value, [&](R_xlen_t i) { return to_int(VECTOR_ELT(value, i), what); });
  }
  if (!is_number(value)) refuse_value(what, whole ? "whole numbers" : "numbers", value);
  if (whole) return to_typed_list<std::int64_t>(value, [&](R_xlen_t i) { return whole_at(value, i, what); });
  return to_typed_list<double>(value, [&](R_xlen_t i) { return number_at(value, i, what); });
}

c10::IValue to_bool_list(SEXP value, const std::string& what) {
  if (TYPEOF(value) != LGLSXP) refuse_value(what, "TRUE or FALSE values", value);
  return to_typed_list<bool>(value, [&](R_xlen_t i) {
    if (LOGICAL(value)[i] == NA_LOGICAL) refuse_value(what, "without missing values", value);
    return LOGICAL(value)[i] != 0;
  });
}

c10::IValue to_list_of(SEXP value, const c10::TypePtr& element, const std::string& what) {
  switch (element->kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return to_number_list(value, true, what);
    case c10::TypeKind::FloatType:
      return to_number_list(value, false, what);
    case c10::TypeKind::BoolType:
      return to_bool_list(value, what);
    case c10::TypeKind::StringType:
      return to_strings(value, what);
    default:
      break;
  }
  if (is_tensor_handle(value)) refuse_value(what, "a list", value);
  const Rcpp::List elements = to_list(value, what);
  c10::impl::GenericList list(element);
  for (R_xlen_t i = 0; i < elements.size(); ++i) {
    list.push_back(to_ivalue(elements[i], element, what + "[[" + std::to_string(i + 1) + "]]"));
  }
  return list;
}

c10::IValue to_dict(SEXP value, const c10::TypePtr& element, const std::string& what) {
  const Rcpp::List elements = to_list(value, what);
  const auto names = element_names(elements, what);
  const auto prefix = what + "$";
  c10::impl::GenericDict dict(c10::StringType::get(), element);
  for (R_xlen_t i = 0; i < elements.size(); ++i) {
    const auto& name = names[static_cast<std::size_t>(i)];
    dict.insert(name, to_ivalue(elements[i], element, prefix + name));
  }
  return dict;
}

}  // namespace

void refuse_value(const std::string& what, const std::string& expected, SEXP given) {
  const auto shown = describe(given);
  throw base::Error("argument", "'" + what + "' must be " + expected + ", not " + shown + ".",
                    {{"argument", what}, {"expected", expected}, {"given", shown}});
}

std::int64_t to_int(SEXP value, const std::string& what) {
  if (!is_number(value) || Rf_xlength(value) != 1) refuse_value(what, "a whole number", value);
  return whole_at(value, 0, what);
}

std::int64_t to_int_from(SEXP value, const std::string& what, std::int64_t least, std::int64_t most) {
  const auto number = to_int(value, what);
  if (number >= least && number <= most) return number;
  const bool is_open = most == std::numeric_limits<std::int64_t>::max();
  const auto from = std::to_string(least);
  refuse_value(what, is_open ? "at least " + from : "between " + from + " and " + std::to_string(most), value);
}

int to_threads(SEXP value, const std::string& what) { return static_cast<int>(to_int_from(value, what, 1, 1024)); }

int to_workers(SEXP value) { return static_cast<int>(to_int_from(value, "num_workers", 0, 256)); }

double to_double(SEXP value, const std::string& what) {
  if (!is_number(value) || Rf_xlength(value) != 1) refuse_value(what, "a single number", value);
  return number_at(value, 0, what);
}

double to_double_or_nan(SEXP value, const std::string& what) {
  const bool may_be_missing = is_number(value) || TYPEOF(value) == LGLSXP;
  if (!may_be_missing || Rf_xlength(value) != 1) refuse_value(what, "a single number, or NA", value);
  const double number = Rf_asReal(value);
  return std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number;
}

bool to_bool(SEXP value, const std::string& what) {
  if (TYPEOF(value) != LGLSXP || Rf_xlength(value) != 1 || LOGICAL(value)[0] == NA_LOGICAL) {
    refuse_value(what, "TRUE or FALSE", value);
  }
  return LOGICAL(value)[0] != 0;
}

std::string to_string(SEXP value, const std::string& what) {
  if (TYPEOF(value) != STRSXP || Rf_xlength(value) != 1 || STRING_ELT(value, 0) == NA_STRING) {
    refuse_value(what, "a single string", value);
  }
  return Rf_translateCharUTF8(STRING_ELT(value, 0));
}

std::vector<std::string> to_strings(SEXP value, const std::string& what) {
  if (TYPEOF(value) != STRSXP) refuse_value(what, "strings", value);
  std::vector<std::string> strings;
  for (R_xlen_t i = 0; i < Rf_xlength(value); ++i) {
    if (STRING_ELT(value, i) == NA_STRING) refuse_value(what, "without missing values", value);
    strings.emplace_back(Rf_translateCharUTF8(STRING_ELT(value, i)));
  }
  return strings;
}

std::map<std::string, std::string> to_texts(SEXP value, const std::string& what) {
  const auto list = to_list(value, what);
  const auto names = element_names(list, what);
  const auto prefix = what + "$";
  std::map<std::string, std::string> texts;
  for (R_xlen_t i = 0; i < list.size(); ++i) {
    const auto& name = names[static_cast<std::size_t>(i)];
    texts[name] = to_string(list[i], prefix + name);
  }
  return texts;
}

std::vector<std::int64_t> to_sizes(SEXP value, const std::string& what) {
  if (!is_number(value)) refuse_value(what, "whole numbers", value);
  std::vector<std::int64_t> sizes;
  for (R_xlen_t i = 0; i < Rf_xlength(value); ++i) {
    sizes.push_back(whole_at(value, i, what));
    if (sizes.back() < 0) refuse_value(what, "at least 0", value);
  }
  return sizes;
}

Rcpp::List to_list(SEXP value, const std::string& what) {
  if (Rf_isNull(value)) return {};
  if (TYPEOF(value) != VECSXP) refuse_value(what, "a list", value);
  return value;
}

std::vector<std::string> element_names(SEXP list, const std::string& what) {
  const auto size = Rf_xlength(list);
  const SEXP names = Rf_getAttrib(list, R_NamesSymbol);
  if (size > 0 && TYPEOF(names) != STRSXP) refuse_value(what, "named", list);
  std::vector<std::string> result;
  std::unordered_set<std::string> seen;
  for (R_xlen_t i = 0; i < size; ++i) {
    const SEXP name = STRING_ELT(names, i);
    auto text = name == NA_STRING ? std::string() : std::string(Rf_translateCharUTF8(name));
    if (text.empty()) refuse_value(what, "named in every element", list);
    if (!seen.insert(text).second) refuse_value(what, "without the name '" + text + "' twice", list);
    result.push_back(std::move(text));
  }
  return result;
}

SEXP list_element(const Rcpp::List& list, const std::string& name, const std::string& what) {
  if (!list.containsElementNamed(name.c_str())) refuse_value(what, "a list with an element '" + name + "'", list);
  return list[name];
}

namespace {

/// LibTorch's constants are whole numbers from 0; R names them by functions, see R/tensor_constants.R.
c10::IValue to_number_below(SEXP value, std::int64_t count, const std::string& expected, const std::string& what) {
  if (Rf_xlength(value) != 1 || TYPEOF(value) != INTSXP) refuse_value(what, expected, value);
  const auto number = to_int(value, what);
  if (number < 0 || number >= count) refuse_value(what, expected, value);
  return number;
}

at::Tensor to_tensor_argument(SEXP value, const std::string& what) {
  if (is_plain_tensor(value)) return plain_to_tensor(value);
  if (!is_tensor_handle(value) && TYPEOF(value) != EXTPTRSXP) refuse_value(what, "a torch_tensor", value);
  return unwrap_tensor(value);
}

}  // namespace

c10::IValue to_ivalue(SEXP value, const c10::TypePtr& type, const std::string& what) {
  switch (type->kind()) {
    case c10::TypeKind::OptionalType:
      if (Rf_isNull(value)) return {};
      return to_ivalue(value, type->castRaw<c10::OptionalType>()->getElementType(), what);
    case c10::TypeKind::NoneType:
      if (!Rf_isNull(value)) refuse_value(what, "NULL", value);
      return {};
    case c10::TypeKind::TensorType:
      return to_tensor_argument(value, what);
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return to_int(value, what);
    case c10::TypeKind::FloatType:
      return to_double(value, what);
    case c10::TypeKind::NumberType:
      return to_scalar(value, what);
    case c10::TypeKind::BoolType:
      return to_bool(value, what);
    case c10::TypeKind::StringType:
      return to_string(value, what);
    case c10::TypeKind::DeviceObjType:
      return to_device(value, what);
    case c10::TypeKind::ScalarTypeType:
      return to_dtype(value, what);
    case c10::TypeKind::LayoutType:
      return to_number_below(value, 2, "torch_strided() or torch_sparse_coo()", what);
    case c10::TypeKind::MemoryFormatType:
      return to_number_below(value, 3, "torch_contiguous_format() or another memory format", what);
    case c10::TypeKind::ListType:
      return to_list_of(value, type->castRaw<c10::ListType>()->getElementType(), what);
    case c10::TypeKind::DictType:
      return to_dict(value, type->castRaw<c10::DictType>()->getValueType(), what);
    case c10::TypeKind::AnyType:
      return from_plain_r(value, what);
    default:
      refuse_value(what, "left out: R cannot give a value of type " + type->str(), value);
  }
}

value::NamedValues to_named_values(const Rcpp::List& values, const c10::FunctionSchema& schema,
                                   const std::string& owner) {
  const auto names = element_names(values, "arguments of " + owner);
  value::NamedValues result;
  for (R_xlen_t i = 0; i < values.size(); ++i) {
    const auto& name = names[static_cast<std::size_t>(i)];
    const auto index = schema.argumentIndexWithName(name);
    if (!index) {
      throw base::UnknownNameError("argument of " + owner, name,
                                   base::names_of(schema.arguments(), &c10::Argument::name));
    }
    const auto& argument = schema.arguments()[static_cast<std::size_t>(*index)];
    result.emplace(name, to_ivalue(values[i], argument.real_type(), name));
  }
  return result;
}

}  // namespace mlr3libtorch::glue
