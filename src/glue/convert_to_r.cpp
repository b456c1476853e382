#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>
#include <c10/core/Device.h>

#include <limits>
#include <vector>

#include "core/base/error.h"
#include "glue/convert.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

SEXP integer_to_r(std::int64_t value) {
  if (value > std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max()) {
    return Rf_ScalarInteger(static_cast<int>(value));
  }
  return Rf_ScalarReal(static_cast<double>(value));
}

SEXP integers_to_r(const std::vector<std::int64_t>& values) {
  bool fits = true;
  for (const auto value : values) {
    fits = fits && value > std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
  }
  if (!fits) return Rcpp::NumericVector(values.begin(), values.end());
  return Rcpp::IntegerVector(values.begin(), values.end());
}

using FromTensor = SEXP (*)(const at::Tensor&);

SEXP any_to_r(const c10::IValue& value, FromTensor from_tensor);

SEXP list_to_r(const c10::IValue& value, FromTensor from_tensor) {
  if (value.isIntList()) return integers_to_r(value.toIntVector());
  if (value.isDoubleList()) return Rcpp::wrap(value.toDoubleVector());
  const auto elements = value.toListRef();
  if (value.isBoolList()) {
    Rcpp::LogicalVector result(static_cast<R_xlen_t>(elements.size()));
    for (std::size_t i = 0; i < elements.size(); ++i) result[static_cast<R_xlen_t>(i)] = elements[i].toBool();
    return result;
  }
  if (value.type()->castRaw<c10::ListType>()->getElementType()->kind() == c10::TypeKind::StringType) {
    Rcpp::CharacterVector result(static_cast<R_xlen_t>(elements.size()));
    for (std::size_t i = 0; i < elements.size(); ++i) {
      result[static_cast<R_xlen_t>(i)] = Rf_mkCharCE(elements[i].toStringRef().c_str(), CE_UTF8);
    }
    return result;
  }
  Rcpp::List result(static_cast<R_xlen_t>(elements.size()));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    result[static_cast<R_xlen_t>(i)] = any_to_r(elements[i], from_tensor);
  }
  return result;
}

SEXP dict_to_r(const c10::IValue& value, FromTensor from_tensor) {
  const auto dict = value.toGenericDict();
  Rcpp::List result(static_cast<R_xlen_t>(dict.size()));
  Rcpp::CharacterVector names(static_cast<R_xlen_t>(dict.size()));
  R_xlen_t i = 0;
  for (const auto& entry : dict) {
    names[i] = Rf_mkCharCE(entry.key().toStringRef().c_str(), CE_UTF8);
    result[i++] = any_to_r(entry.value(), from_tensor);
  }
  result.names() = names;
  return result;
}

SEXP tuple_to_r(const c10::IValue& value, FromTensor from_tensor) {
  const auto& elements = value.toTupleRef().elements();
  Rcpp::List result(static_cast<R_xlen_t>(elements.size()));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    result[static_cast<R_xlen_t>(i)] = any_to_r(elements[i], from_tensor);
  }
  return result;
}

SEXP any_to_r(const c10::IValue& value, FromTensor from_tensor) {
  if (value.isNone()) return R_NilValue;
  if (value.isTensor()) return value.toTensor().defined() ? from_tensor(value.toTensor()) : R_NilValue;
  if (value.isBool()) return Rf_ScalarLogical(value.toBool());
  if (value.isInt()) return integer_to_r(value.toInt());
  if (value.isDouble()) return Rf_ScalarReal(value.toDouble());
  if (value.isString()) return Rcpp::CharacterVector::create(Rf_mkCharCE(value.toStringRef().c_str(), CE_UTF8));
  if (value.isDevice()) return Rcpp::wrap(value.toDevice().str());
  if (value.isComplexDouble()) {
    const auto number = value.toComplexDouble();
    return Rf_ScalarComplex({number.real(), number.imag()});
  }
  if (value.isGenericDict()) return dict_to_r(value, from_tensor);
  if (value.isTuple()) return tuple_to_r(value, from_tensor);
  if (value.isList()) return list_to_r(value, from_tensor);
  throw base::Error("internal", "R has no value for LibTorch's type " + value.type()->str() + ".");
}

}  // namespace

SEXP to_r(const c10::IValue& value) {
  return any_to_r(value, [](const at::Tensor& tensor) { return wrap_tensor(tensor); });
}

SEXP to_plain_r(const c10::IValue& value) {
  return any_to_r(value, [](const at::Tensor& tensor) -> SEXP { return tensor_to_plain(tensor); });
}

}  // namespace mlr3libtorch::glue
