#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "convert.h"
#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/checksum.h"
#include "core/io/dtype.h"
#include "core/io/header.h"
#include "core/io/safetensors.h"
#include "guard.h"
#include "r_interrupt.h"

// Files: R vectors' bytes go to the core's safetensors writer and come back from its reader.
// What the tensors of a file mean is R's business (R/plain_data.R).

namespace mlr3libtorch::glue {
namespace {

[[noreturn]] void refuse_argument(const std::string& what, const std::string& expected) {
  throw base::Error("argument", what + " must be " + expected + ".", {{"argument", what}, {"expected", expected}});
}

std::string string_argument(SEXP value, const std::string& what) {
  if (TYPEOF(value) != STRSXP || Rf_xlength(value) != 1 || STRING_ELT(value, 0) == NA_STRING) {
    refuse_argument(what, "one string");
  }
  return Rcpp::as<std::string>(value);
}

/// The memory of an atomic vector that is no character vector.
struct Bytes {
  void* address;
  std::uint64_t size;
};

Bytes bytes_of(SEXP vector, const std::string& what) {
  const auto length = static_cast<std::uint64_t>(Rf_xlength(vector));
  switch (TYPEOF(vector)) {
    case RAWSXP:
      return {RAW(vector), length};
    case LGLSXP:
      return {LOGICAL(vector), length * sizeof(int)};
    case INTSXP:
      return {INTEGER(vector), length * sizeof(int)};
    case REALSXP:
      return {REAL(vector), length * sizeof(double)};
    case CPLXSXP:
      return {COMPLEX(vector), length * sizeof(Rcomplex)};
    default:
      refuse_argument(what, "a raw, logical, integer, double or complex vector");
  }
}

std::vector<std::int64_t> shape_argument(SEXP value, const std::string& what) {
  constexpr double kLargest = 9007199254740992.0;  // 2^53: doubles beyond it are not exact
  if (TYPEOF(value) != REALSXP && TYPEOF(value) != INTSXP) refuse_argument(what, "a vector of sizes");
  std::vector<std::int64_t> shape;
  for (const double size : Rcpp::NumericVector(value)) {
    if (!(size >= 0 && size <= kLargest && size == std::floor(size))) refuse_argument(what, "a vector of sizes");
    shape.push_back(static_cast<std::int64_t>(size));
  }
  return shape;
}

/// A tensor over R's own memory; it must not outlive the vector.
at::Tensor borrowed_tensor(SEXP description, const std::string& name) {
  const auto what = "tensor '" + name + "'";
  if (TYPEOF(description) != VECSXP || Rf_xlength(description) != 3) {
    refuse_argument(what, "a list of dtype, shape and data");
  }
  const auto dtype = io::dtype_of_name(string_argument(VECTOR_ELT(description, 0), "the dtype of " + what));
  if (!dtype) refuse_argument("the dtype of " + what, "one that safetensors have");
  const auto shape = shape_argument(VECTOR_ELT(description, 1), "the shape of " + what);
  const auto bytes = bytes_of(VECTOR_ELT(description, 2), "the data of " + what);
  std::uint64_t size = 0;
  if (!io::byte_size(*dtype, shape, &size) || size != bytes.size) {
    refuse_argument("the data of " + what, "as long as its dtype and shape say");
  }
  return at::from_blob(bytes.address, shape, at::TensorOptions(*dtype));
}

std::vector<std::string> names_of(SEXP vector, const std::string& what) {
  const SEXP names = Rf_getAttrib(vector, R_NamesSymbol);
  if (Rf_xlength(vector) > 0 && TYPEOF(names) != STRSXP) refuse_argument(what, "named");
  return Rf_xlength(vector) == 0 ? std::vector<std::string>() : Rcpp::as<std::vector<std::string>>(names);
}

std::map<std::string, at::Tensor> tensors_argument(SEXP tensors) {
  if (TYPEOF(tensors) != VECSXP) refuse_argument("tensors", "a list");
  std::map<std::string, at::Tensor> result;
  const auto names = names_of(tensors, "tensors");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const SEXP description = VECTOR_ELT(tensors, static_cast<R_xlen_t>(i));
    if (!result.emplace(names[i], borrowed_tensor(description, names[i])).second) {
      refuse_argument("tensors", "a list with unique names ('" + names[i] + "' is there twice)");
    }
  }
  return result;
}

std::map<std::string, std::string> metadata_argument(SEXP metadata) {
  if (TYPEOF(metadata) != STRSXP) refuse_argument("metadata", "a character vector");
  std::map<std::string, std::string> result;
  const auto names = names_of(metadata, "metadata");
  const auto values = Rcpp::as<std::vector<std::string>>(metadata);
  for (std::size_t i = 0; i < names.size(); ++i) result[names[i]] = values[i];
  return result;
}

void update_string(io::Checksum& checksum, SEXP string) {
  const char* text = string == NA_STRING ? "" : Rf_translateCharUTF8(string);
  checksum.update(text, std::strlen(text) + 1);
}

void update_strings(io::Checksum& checksum, SEXP strings) {
  for (R_xlen_t i = 0; i < Rf_xlength(strings); ++i) update_string(checksum, STRING_ELT(strings, i));
}

/// Names and vectors in their order; other attributes are left out.
void update_plain(io::Checksum& checksum, SEXP value) {
  const SEXP names = Rf_getAttrib(value, R_NamesSymbol);
  if (TYPEOF(names) == STRSXP) update_strings(checksum, names);
  switch (TYPEOF(value)) {
    case NILSXP:
      return;
    case VECSXP:
      for (R_xlen_t i = 0; i < Rf_xlength(value); ++i) update_plain(checksum, VECTOR_ELT(value, i));
      return;
    case STRSXP:
      update_strings(checksum, value);
      return;
    default: {
      const auto bytes = bytes_of(value, "x");
      checksum.update(bytes.address, bytes.size);
    }
  }
}

Rcpp::List described_tensor(const at::Tensor& tensor) {
  Rcpp::RawVector data(static_cast<R_xlen_t>(tensor.nbytes()));
  if (tensor.nbytes() > 0) std::memcpy(RAW(data), tensor.data_ptr(), tensor.nbytes());
  const auto sizes = tensor.sizes();
  return Rcpp::List::create(Rcpp::Named("dtype") = io::name_of_dtype(tensor.scalar_type()).value(),
                            Rcpp::Named("shape") = Rcpp::NumericVector(sizes.begin(), sizes.end()),
                            Rcpp::Named("data") = data);
}

Rcpp::CharacterVector utf8_strings(const std::vector<std::string>& strings) {
  Rcpp::CharacterVector result(static_cast<R_xlen_t>(strings.size()));
  for (std::size_t i = 0; i < strings.size(); ++i) {
    const auto& text = strings[i];
    if (text.find('\0') != std::string::npos)
      throw base::Error("file", "A name or metadata contains a null character.");
    SET_STRING_ELT(result, static_cast<R_xlen_t>(i),
                   Rf_mkCharLenCE(text.data(), static_cast<int>(text.size()), CE_UTF8));
  }
  return result;
}

}  // namespace
}  // namespace mlr3libtorch::glue

namespace glue = mlr3libtorch::glue;
namespace io = mlr3libtorch::io;

// tensors: named list of list(dtype, shape, data), data any atomic vector but character. metadata: named, UTF-8.
// [[Rcpp::export(rng = false)]]
void core_write_file(SEXP path, SEXP tensors, SEXP metadata) {
  glue::guard([&] {
    glue::RInterrupt interrupt;
    io::write_safetensors(glue::string_argument(path, "path"),
                          {glue::tensors_argument(tensors), glue::metadata_argument(metadata)}, interrupt);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_check_target(SEXP path) {
  return glue::guard([&] {
    io::check_target(glue::string_argument(path, "path"));
    return R_NilValue;
  });
}

// The bytes of one string as a file.
// [[Rcpp::export(rng = false)]]
SEXP core_write_text(SEXP path, SEXP text) {
  return glue::guard([&] {
    const auto bytes = glue::string_argument(text, "text");
    io::AtomicFile file(glue::string_argument(path, "path"));
    file.write(bytes.data(), bytes.size());
    file.commit();
    return R_NilValue;
  });
}

// The inverse: list(tensors, metadata); data is always raw. Files of other programs have no checksum.
// [[Rcpp::export(rng = false)]]
Rcpp::List core_read_file(SEXP path, SEXP require_checksum) {
  return glue::guard([&] {
    glue::RInterrupt interrupt;
    io::ReadOptions options;
    options.require_checksum = glue::to_bool(require_checksum, "require_checksum");
    auto contents = io::read_safetensors(glue::string_argument(path, "path"), interrupt, options);
    Rcpp::List tensors(static_cast<R_xlen_t>(contents.tensors.size()));
    std::vector<std::string> tensor_names;
    for (auto& [name, tensor] : contents.tensors) {
      tensors[static_cast<R_xlen_t>(tensor_names.size())] = glue::described_tensor(tensor);
      tensor_names.push_back(name);
      tensor.reset();  // its bytes are R's now; so the peak is one file and one tensor
    }
    tensors.names() = glue::utf8_strings(tensor_names);
    std::vector<std::string> keys;
    std::vector<std::string> texts;
    for (const auto& [key, text] : contents.metadata) {
      keys.push_back(key);
      texts.push_back(text);
    }
    auto metadata = glue::utf8_strings(texts);
    metadata.names() = glue::utf8_strings(keys);
    return Rcpp::List::create(Rcpp::Named("tensors") = tensors, Rcpp::Named("metadata") = metadata);
  });
}

// CRC-32 of plain data, as a string: of all names and vectors, in their order.
// [[Rcpp::export(rng = false)]]
SEXP core_plain_checksum(SEXP x) {
  return glue::guard([&]() -> SEXP {
    io::Checksum checksum;
    glue::update_plain(checksum, x);
    return Rcpp::wrap("crc32:" + checksum.digits());
  });
}
