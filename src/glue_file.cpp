#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/checksum.h"
#include "core/io/dtype.h"
#include "core/io/header.h"
#include "core/io/safetensors.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/r_bytes.h"
#include "glue/r_interrupt.h"

// Files: R vectors' bytes go to the core's safetensors writer and come back from its reader.
// R decides what the tensors of a file mean (R/file_plain_data.R).

namespace mlr3libtorch::glue {
namespace {

/// A tensor over R's own memory; it must not outlive the vector.
at::Tensor borrowed_tensor(SEXP value, const std::string& name) {
  const auto what = "tensor '" + name + "'";
  const auto description = to_list(value, what);
  const auto dtype_name = list_element(description, "dtype", what);
  const auto dtype = io::dtype_of_name(to_string(dtype_name, "the dtype of " + what));
  if (!dtype) refuse_value("the dtype of " + what, "one that safetensors have", dtype_name);
  const auto shape = to_sizes(list_element(description, "shape", what), "the shape of " + what);
  const auto data = list_element(description, "data", what);
  const auto bytes = vector_bytes(data, "the data of " + what);
  std::uint64_t size = 0;
  if (!io::byte_size(*dtype, shape, &size) || size != bytes.size) {
    refuse_value("the data of " + what, "as long as its dtype and shape say", data);
  }
  return at::from_blob(bytes.address, shape, at::TensorOptions(*dtype));
}

std::map<std::string, at::Tensor> borrowed_tensors(SEXP tensors) {
  const auto list = to_list(tensors, "tensors");
  std::map<std::string, at::Tensor> result;
  R_xlen_t i = 0;
  for (const auto& name : element_names(list, "tensors")) result.emplace(name, borrowed_tensor(list[i++], name));
  return result;
}

std::map<std::string, std::string> to_metadata(SEXP metadata) {
  const auto names = element_names(metadata, "metadata");
  const auto texts = to_strings(metadata, "metadata");
  std::map<std::string, std::string> result;
  for (std::size_t i = 0; i < texts.size(); ++i) result.emplace(names[i], texts[i]);
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
      const auto bytes = vector_bytes(value, "x");
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

Rcpp::List tensors_to_r(std::map<std::string, at::Tensor>& tensors) {
  Rcpp::List list(static_cast<R_xlen_t>(tensors.size()));
  std::vector<std::string> names;
  for (auto& [name, tensor] : tensors) {
    list[static_cast<R_xlen_t>(names.size())] = described_tensor(tensor);
    names.push_back(name);
    tensor.reset();  // R has its bytes now, so the peak is one file and one tensor
  }
  list.names() = utf8_strings(names);
  return list;
}

Rcpp::CharacterVector metadata_to_r(const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> names;
  std::vector<std::string> texts;
  for (const auto& [name, text] : metadata) {
    names.push_back(name);
    texts.push_back(text);
  }
  auto strings = utf8_strings(texts);
  strings.names() = utf8_strings(names);
  return strings;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// `tensors`: named list of list(dtype, shape, data), data any atomic vector except character.
/// `metadata`: named strings.
// [[Rcpp::export(rng = false)]]
SEXP core_write_file(SEXP path, SEXP tensors, SEXP metadata) {
  return guard([&] {
    RInterrupt interrupt;
    io::write_safetensors(to_string(path, "path"), {borrowed_tensors(tensors), to_metadata(metadata)}, interrupt);
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_check_target(SEXP path) {
  return guard([&] {
    io::check_target(to_string(path, "path"));
    return R_NilValue;
  });
}

/// The bytes of one string as a file.
// [[Rcpp::export(rng = false)]]
SEXP core_write_text(SEXP path, SEXP text) {
  return guard([&] {
    const auto bytes = to_string(text, "text");
    io::AtomicFile file(to_string(path, "path"));
    file.write(bytes.data(), bytes.size());
    file.commit();
    return R_NilValue;
  });
}

/// The inverse of `core_write_file()`: list(tensors, metadata); data is always raw. Files of other programs have no
/// checksum.
// [[Rcpp::export(rng = false)]]
SEXP core_read_file(SEXP path, SEXP require_checksum) {
  return guard([&]() -> SEXP {
    RInterrupt interrupt;
    io::ReadOptions options;
    options.require_checksum = to_bool(require_checksum, "require_checksum");
    auto contents = io::read_safetensors(to_string(path, "path"), interrupt, options);
    return Rcpp::List::create(Rcpp::Named("tensors") = tensors_to_r(contents.tensors),
                              Rcpp::Named("metadata") = metadata_to_r(contents.metadata));
  });
}

/// CRC-32 of plain data, as a string: of all names and vectors, in their order.
// [[Rcpp::export(rng = false)]]
SEXP core_plain_checksum(SEXP x) {
  return guard([&]() -> SEXP {
    io::Checksum checksum;
    update_plain(checksum, x);
    return Rcpp::wrap("crc32:" + checksum.digits());
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_encode_strings(SEXP strings) {
  return guard([&]() -> SEXP { return encode_strings(strings); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_decode_vector(SEXP bytes, SEXP kind, SEXP path) {
  return guard([&] { return decode_vector(bytes, to_string(kind, "kind"), to_string(path, "path")); });
}
