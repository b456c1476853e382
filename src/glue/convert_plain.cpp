#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "glue/convert.h"
#include "glue/dtype.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

constexpr const char* kPlainClass = "torch_tensor_data";

[[noreturn]] void refuse_plain(const std::string& message) {
  throw base::Error("tensor_data", "Not the plain data of a tensor: " + message, {});
}

SEXP field(SEXP plain, const char* name) {
  const Rcpp::List list(plain);
  if (!list.containsElementNamed(name)) refuse_plain(std::string("it has no '") + name + "'.");
  return list[name];
}

/// The shape and the number of bytes it needs, with every multiplication checked.
std::int64_t checked_bytes(const std::vector<std::int64_t>& shape, std::int64_t element_bytes) {
  std::int64_t bytes = element_bytes;
  for (const auto size : shape) {
    if (size < 0) refuse_plain("its shape has a negative size.");
    if (__builtin_mul_overflow(bytes, size, &bytes)) refuse_plain("its shape is too large.");
  }
  return bytes;
}

template <class Element, class Read>
c10::IValue one_or_list(SEXP value, const Read& read) {
  if (Rf_xlength(value) == 1) return read(0);
  c10::List<Element> list;
  for (R_xlen_t i = 0; i < Rf_xlength(value); ++i) list.push_back(read(i));
  return list;
}

bool has_names(SEXP value) { return !Rf_isNull(Rf_getAttrib(value, R_NamesSymbol)); }

c10::IValue list_from_r(SEXP value, const std::string& what) {
  const Rcpp::List elements(value);
  c10::impl::GenericList list(c10::AnyType::get());
  for (R_xlen_t i = 0; i < elements.size(); ++i) {
    list.push_back(from_plain_r(elements[i], what + "[[" + std::to_string(i + 1) + "]]"));
  }
  return list;
}

}  // namespace

bool is_plain_tensor(SEXP value) { return TYPEOF(value) == VECSXP && Rf_inherits(value, kPlainClass); }

Rcpp::List tensor_to_plain(const at::Tensor& tensor) {
  const auto contiguous = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous();
  const auto sizes = contiguous.sizes();
  Rcpp::RawVector bytes(static_cast<R_xlen_t>(contiguous.nbytes()));
  if (contiguous.nbytes() > 0) std::memcpy(RAW(bytes), contiguous.data_ptr(), contiguous.nbytes());
  auto plain = Rcpp::List::create(Rcpp::Named("dtype") = dtype_name(contiguous.scalar_type()),
                                  Rcpp::Named("shape") = Rcpp::NumericVector(sizes.begin(), sizes.end()),
                                  Rcpp::Named("data") = bytes);
  plain.attr("class") = kPlainClass;
  return plain;
}

at::Tensor plain_to_tensor(SEXP plain) {
  if (!is_plain_tensor(plain)) refuse_plain("its class is not torch_tensor_data.");
  const auto dtype = dtype_from_name(to_string(field(plain, "dtype"), "dtype"));
  const auto shape = to_ivalue(field(plain, "shape"), c10::ListType::ofInts(), "shape").toIntVector();
  const Rcpp::RObject data = field(plain, "data");
  if (TYPEOF(data) != RAWSXP) refuse_plain("its 'data' is not raw.");
  const auto bytes = checked_bytes(shape, static_cast<std::int64_t>(c10::elementSize(dtype)));
  if (bytes != static_cast<std::int64_t>(Rf_xlength(data))) {
    refuse_plain("its shape needs " + std::to_string(bytes) + " bytes, it has " + std::to_string(Rf_xlength(data)) +
                 ".");
  }
  // A byte that is neither 0 nor 1 is not a bool; LibTorch's kernels may do anything with it.
  if (dtype == c10::ScalarType::Bool &&
      std::any_of(RAW(data), RAW(data) + bytes, [](Rbyte byte) { return byte > 1; })) {
    refuse_plain("it has a truth value that is neither 0 nor 1.");
  }
  auto tensor = at::empty(shape, at::TensorOptions().dtype(dtype));
  if (bytes > 0) std::memcpy(tensor.data_ptr(), RAW(data), static_cast<std::size_t>(bytes));
  return tensor;
}

c10::IValue from_plain_r(SEXP value, const std::string& what) {
  if (Rf_isNull(value)) return {};
  if (is_plain_tensor(value)) return plain_to_tensor(value);
  switch (TYPEOF(value)) {
    case EXTPTRSXP:
      return unwrap_tensor(value);
    case LGLSXP:
      return one_or_list<bool>(value, [&](R_xlen_t i) {
        if (LOGICAL(value)[i] == NA_LOGICAL) refuse_value(what, "without missing values", value);
        return LOGICAL(value)[i] != 0;
      });
    case INTSXP:
      return one_or_list<std::int64_t>(value, [&](R_xlen_t i) {
        if (INTEGER(value)[i] == NA_INTEGER) refuse_value(what, "without missing values", value);
        return static_cast<std::int64_t>(INTEGER(value)[i]);
      });
    case REALSXP:
      return one_or_list<double>(value, [&](R_xlen_t i) { return REAL(value)[i]; });
    case STRSXP:
      return one_or_list<std::string>(value, [&](R_xlen_t i) {
        if (STRING_ELT(value, i) == NA_STRING) refuse_value(what, "without missing values", value);
        return std::string(Rf_translateCharUTF8(STRING_ELT(value, i)));
      });
    case VECSXP:
      if (!has_names(value)) return list_from_r(value, what);
      return to_ivalue(value, c10::DictType::create(c10::StringType::get(), c10::AnyType::get()), what);
    default:
      refuse_value(what, "plain data", value);
  }
}

}  // namespace mlr3libtorch::glue
