#include "glue/tensor_data.h"

#include <ATen/core/Formatting.h>
#include <ATen/ops/clone.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_as_complex.h>
#include <ATen/ops/view_as_real.h>
#include <c10/core/TensorOptions.h>
#include <torch/csrc/autograd/function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/value/largest_whole.h"
#include "glue/convert.h"
#include "glue/dtype.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

std::vector<std::int64_t> shape_of(SEXP data) {
  const SEXP dim = Rf_getAttrib(data, R_DimSymbol);
  if (Rf_isNull(dim)) return {static_cast<std::int64_t>(Rf_xlength(data))};
  return {INTEGER(dim), INTEGER(dim) + Rf_length(dim)};
}

/// R's first dimension varies fastest.
std::vector<std::int64_t> column_major_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides;
  std::int64_t stride = 1;
  for (const auto size : shape) {
    strides.push_back(stride);
    stride *= std::max<std::int64_t>(size, 1);
  }
  return strides;
}

struct Source {
  void* elements;
  c10::ScalarType stored;
  c10::ScalarType usual;
};

Source source_of(SEXP data) {
  switch (TYPEOF(data)) {
    case LGLSXP:
      return {LOGICAL(data), c10::ScalarType::Int, c10::ScalarType::Bool};
    case INTSXP:
      return {INTEGER(data), c10::ScalarType::Int, c10::ScalarType::Long};
    case REALSXP:
      if (is_integer64(data)) return {REAL(data), c10::ScalarType::Long, c10::ScalarType::Long};
      return {REAL(data), c10::ScalarType::Double, c10::ScalarType::Float};
    case RAWSXP:
      return {RAW(data), c10::ScalarType::Byte, c10::ScalarType::Byte};
    case CPLXSXP:
      return {COMPLEX(data), c10::ScalarType::ComplexDouble, c10::ScalarType::ComplexFloat};
    default:
      refuse_value("data", "a numeric, integer, logical, complex or raw vector, matrix or array", data);
  }
}

/// Of the package bit64's vectors, which keep 64 bits in the place of a double.
std::int64_t whole_number(SEXP data, R_xlen_t i) {
  std::int64_t number;
  std::memcpy(&number, REAL(data) + i, sizeof(number));
  return number;
}

bool has_missing(SEXP data) {
  if (is_integer64(data)) {
    for (R_xlen_t i = 0; i < Rf_xlength(data); ++i) {
      if (whole_number(data, i) == std::numeric_limits<std::int64_t>::min()) return true;
    }
    return false;
  }
  if (TYPEOF(data) != LGLSXP && TYPEOF(data) != INTSXP) return false;
  const int* elements = TYPEOF(data) == LGLSXP ? LOGICAL(data) : INTEGER(data);
  return std::find(elements, elements + Rf_xlength(data), NA_INTEGER) != elements + Rf_xlength(data);
}

std::pair<double, double> limits_of(c10::ScalarType dtype) {
  switch (dtype) {
    case c10::ScalarType::Byte:
      return {0, 255};
    case c10::ScalarType::Char:
      return {-128, 127};
    case c10::ScalarType::Short:
      return {-32768, 32767};
    case c10::ScalarType::Int:
      return {-2147483648.0, 2147483647.0};
    default:
      return {-value::kLargestWhole, value::kLargestWhole};
  }
}

double number_of(SEXP data, R_xlen_t i) {
  if (TYPEOF(data) == INTSXP) return INTEGER(data)[i];
  return is_integer64(data) ? static_cast<double>(whole_number(data, i)) : REAL(data)[i];
}

/// What C++ leaves undefined, R's user must hear about: a number outside of an integer type.
void check_range(SEXP data, c10::ScalarType dtype) {
  if (dtype == c10::ScalarType::Long && is_integer64(data)) return;
  if (!c10::isIntegralType(dtype, false) || (TYPEOF(data) != REALSXP && TYPEOF(data) != INTSXP)) return;
  const auto [lowest, highest] = limits_of(dtype);
  for (R_xlen_t i = 0; i < Rf_xlength(data); ++i) {
    const double number = number_of(data, i);
    if (number >= lowest && number <= highest) continue;
    std::ostringstream text;
    text << "Element " << i + 1 << " of 'data' is " << number << ", which dtype '" << dtype_name(dtype)
         << "' cannot hold.";
    throw base::Error("argument", text.str(), {{"argument", std::string("data")}, {"position", std::int64_t{i + 1}}});
  }
}

template <int kind>
SEXP filled(const at::Tensor& elements) {
  Rcpp::Vector<kind> result(Rcpp::no_init(static_cast<R_xlen_t>(elements.numel())));
  if (elements.numel() > 0) std::memcpy(result.begin(), elements.data_ptr(), elements.nbytes());
  return result;
}

SEXP integers_to_r(const at::Tensor& elements) {
  if (elements.numel() == 0) return Rf_allocVector(INTSXP, 0);
  const auto* first = elements.data_ptr<std::int64_t>();
  const auto [lowest, highest] = std::minmax_element(first, first + elements.numel());
  if (*lowest > std::numeric_limits<int>::min() && *highest <= std::numeric_limits<int>::max()) {
    return filled<INTSXP>(elements.to(c10::ScalarType::Int));
  }
  // Compared as integers: 2^53 + 1 would round to 2^53 as a double.
  constexpr auto kLargest = static_cast<std::int64_t>(value::kLargestWhole);
  if (*lowest < -kLargest || *highest > kLargest) {
    throw base::Error("tensor",
                      "The tensor holds whole numbers beyond 2^53, which R's numbers cannot tell apart; "
                      "convert it first, for instance by $to(dtype = \"float64\").",
                      {});
  }
  return filled<REALSXP>(elements.to(c10::ScalarType::Double));
}

SEXP logicals_to_r(const at::Tensor& elements) { return filled<LGLSXP>(elements.to(c10::ScalarType::Int)); }

SEXP elements_to_r(const at::Tensor& elements) {
  const auto dtype = elements.scalar_type();
  if (dtype == c10::ScalarType::Bool) return logicals_to_r(elements);
  if (dtype == c10::ScalarType::Long) return integers_to_r(elements);
  if (c10::isIntegralType(dtype, false)) return integers_to_r(elements.to(c10::ScalarType::Long));
  if (c10::isComplexType(dtype)) return filled<CPLXSXP>(elements.to(c10::ScalarType::ComplexDouble));
  return filled<REALSXP>(elements.to(c10::ScalarType::Double));
}

at::Tensor on_cpu(const at::Tensor& tensor) {
  auto plain = tensor.detach().cpu();
  if (plain.layout() != c10::Layout::Strided) plain = plain.to_dense();
  return plain.resolve_conj().resolve_neg();
}

std::string type_text(const at::Tensor& tensor) {
  std::ostringstream text;
  text << "[ " << tensor.toString() << "{";
  for (std::int64_t i = 0; i < tensor.dim(); ++i) text << (i == 0 ? "" : ",") << tensor.size(i);
  text << "} ]";
  if (tensor.requires_grad()) {
    text << "[ ";
    if (tensor.grad_fn()) {
      text << "grad_fn = <" << tensor.grad_fn()->name() << ">";
    } else {
      text << "requires_grad = TRUE";
    }
    text << " ]";
  }
  return text.str();
}

/// With a last line that describes the tensor.
std::string number_text(const at::Tensor& shown) {
  std::ostringstream printed;
  // of whole numbers, all of their digits
  printed << std::setprecision(std::numeric_limits<std::int64_t>::digits10);
  at::print(printed, shown, 80);
  return printed.str();
}

/// LibTorch prints the real parts only.
std::string complex_text(const at::Tensor& shown) {
  const auto parts = at::view_as_real(shown.contiguous());
  std::string text;
  for (const int part : {0, 1}) {
    const auto lines = number_text(parts.select(-1, part).contiguous());
    text += (part == 0 ? "real part:\n" : "imaginary part:\n") + lines.substr(0, lines.rfind("[ CPU"));
  }
  return text;
}

/// R's memory as a tensor. R puts complex numbers at multiples of 8 bytes, LibTorch reads them at multiples of 16, so
/// they are copied part by part.
at::Tensor borrowed_elements(const Source& source, std::vector<std::int64_t> shape) {
  auto strides = column_major_strides(shape);
  if (source.stored != c10::ScalarType::ComplexDouble) {
    return at::from_blob(source.elements, shape, strides, at::TensorOptions().dtype(source.stored));
  }
  for (auto& stride : strides) stride *= 2;
  shape.push_back(2);
  strides.push_back(1);
  const auto parts = at::from_blob(source.elements, shape, strides, at::TensorOptions().dtype(c10::ScalarType::Double));
  return at::view_as_complex(parts.clone(c10::MemoryFormat::Contiguous));
}

}  // namespace

bool is_integer64(SEXP data) { return TYPEOF(data) == REALSXP && Rf_inherits(data, "integer64"); }

at::Tensor tensor_from_r(SEXP data, SEXP dtype, SEXP device) {
  if (is_tensor_handle(data) || is_plain_tensor(data)) {
    auto tensor = is_plain_tensor(data) ? plain_to_tensor(data) : unwrap_tensor(data).detach().clone();
    if (!Rf_isNull(dtype)) tensor = tensor.to(dtype_from_name(to_string(dtype, "dtype")));
    if (!Rf_isNull(device)) tensor = tensor.to(to_ivalue(device, c10::DeviceObjType::get(), "device").toDevice());
    return tensor;
  }
  if (Rf_inherits(data, "factor")) refuse_value("data", "numbers; as.integer() gives a factor's codes", data);
  const auto source = source_of(data);
  const auto wanted = Rf_isNull(dtype) ? source.usual : dtype_from_name(to_string(dtype, "dtype"));
  if (has_missing(data)) {
    refuse_value("data", "without missing values, since only floating point numbers have NaN (as.numeric() first)",
                 data);
  }
  check_range(data, wanted);
  const auto shape = shape_of(data);
  auto tensor = borrowed_elements(source, shape).to(wanted, false, true, c10::MemoryFormat::Contiguous);
  if (Rf_isNull(device)) return tensor;
  return tensor.to(to_ivalue(device, c10::DeviceObjType::get(), "device").toDevice());
}

SEXP tensor_to_r(const at::Tensor& tensor) {
  const auto source = on_cpu(tensor);
  std::vector<std::int64_t> reversed;
  for (auto i = source.dim(); i > 0; --i) reversed.push_back(i - 1);
  const Rcpp::Shield<SEXP> elements(elements_to_r(source.permute(reversed).contiguous()));
  if (source.dim() > 1) {
    const auto sizes = source.sizes();
    Rf_setAttrib(elements, R_DimSymbol, Rcpp::IntegerVector(sizes.begin(), sizes.end()));
  }
  return elements;
}

std::string tensor_text(const at::Tensor& tensor, std::int64_t lines) {
  auto shown = on_cpu(tensor);
  for (std::int64_t i = 0; i < shown.dim(); ++i) {
    shown = shown.narrow(i, 0, std::min(shown.size(i), std::max<std::int64_t>(lines, 1)));
  }
  std::istringstream all(shown.is_complex() ? complex_text(shown) : number_text(shown));
  std::string text;
  std::string line;
  std::int64_t count = 0;
  bool truncated = shown.numel() < tensor.numel();
  while (std::getline(all, line)) {
    // The last line describes what was printed, which may be a part.
    if (line.rfind("[ CPU", 0) == 0) break;
    if (count++ == lines) {
      truncated = true;
      break;
    }
    text += line + "\n";
  }
  if (truncated) text += "... [the output was truncated]\n";
  return text + type_text(tensor);
}

}  // namespace mlr3libtorch::glue
