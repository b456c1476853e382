#include "glue/r_bytes.h"

#include <cstdint>
#include <cstring>

#include "core/base/error.h"
#include "glue/convert.h"

namespace mlr3libtorch::glue {
namespace {

constexpr std::int32_t kMissing = -1;
enum Encoding : std::uint8_t { kUtf8 = 0, kLatin1 = 1, kBytes = 2 };

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw base::FileError(path, "'" + path + "' is damaged: " + reason + ".");
}

Encoding encoding_of(SEXP string) {
  switch (Rf_getCharCE(string)) {
    case CE_LATIN1:
      return kLatin1;
    case CE_BYTES:
      return kBytes;
    default:
      return kUtf8;
  }
}

cetype_t mark_of(std::uint8_t encoding) {
  if (encoding == kLatin1) return CE_LATIN1;
  return encoding == kBytes ? CE_BYTES : CE_UTF8;
}

/// A string's bytes: unchanged if their encoding is marked, else as UTF-8, which every session can read.
const char* bytes_of(SEXP string) {
  return Rf_getCharCE(string) == CE_NATIVE ? Rf_translateCharUTF8(string) : CHAR(string);
}

/// Positions in the bytes of `count` strings.
struct Layout {
  std::uint64_t count;
  std::uint64_t lengths() const { return sizeof(std::uint64_t); }
  std::uint64_t encodings() const { return lengths() + count * sizeof(std::int32_t); }
  std::uint64_t text() const { return encodings() + count; }
};

std::int32_t length_at(const Rbyte* bytes, const Layout& layout, std::uint64_t i) {
  std::int32_t length = 0;
  std::memcpy(&length, bytes + layout.lengths() + i * sizeof(length), sizeof(length));
  return length;
}

Layout checked_layout(const Rbyte* bytes, std::uint64_t size, const std::string& path) {
  Layout layout{0};
  if (size < layout.lengths()) refuse(path, "a character vector is cut off");
  std::memcpy(&layout.count, bytes, sizeof(layout.count));
  if (layout.count > (size - layout.lengths()) / (sizeof(std::int32_t) + 1)) {
    refuse(path, "a character vector is shorter than it says");
  }
  std::uint64_t position = layout.text();
  for (std::uint64_t i = 0; i < layout.count; ++i) {
    const auto length = length_at(bytes, layout, i);
    if (length < kMissing) refuse(path, "a string has a negative length");
    if (bytes[layout.encodings() + i] > kBytes) refuse(path, "a string has an unknown encoding");
    if (length == kMissing) continue;
    if (static_cast<std::uint64_t>(length) > size - position) refuse(path, "a string is cut off");
    if (std::memchr(bytes + position, 0, static_cast<std::size_t>(length)) != nullptr) {
      refuse(path, "a string contains a null character");
    }
    position += static_cast<std::uint64_t>(length);
  }
  if (position != size) refuse(path, "a character vector has bytes left over");
  return layout;
}

SEXP decode_strings(const Rbyte* bytes, std::uint64_t size, const std::string& path) {
  const auto layout = checked_layout(bytes, size, path);
  Rcpp::CharacterVector strings(static_cast<R_xlen_t>(layout.count));
  const auto* text = reinterpret_cast<const char*>(bytes + layout.text());
  for (std::uint64_t i = 0; i < layout.count; ++i) {
    const auto length = length_at(bytes, layout, i);
    const auto target = static_cast<R_xlen_t>(i);
    if (length == kMissing) {
      SET_STRING_ELT(strings, target, NA_STRING);
      continue;
    }
    SET_STRING_ELT(strings, target, Rf_mkCharLenCE(text, length, mark_of(bytes[layout.encodings() + i])));
    text += length;
  }
  return strings;
}

template <int kType>
SEXP copied(const Rbyte* bytes, std::uint64_t size, std::uint64_t element_size, const std::string& path) {
  if (size % element_size != 0) refuse(path, "a vector ends within a value");
  Rcpp::Vector<kType> vector(static_cast<R_xlen_t>(size / element_size));
  if (size > 0) std::memcpy(vector.begin(), bytes, size);
  return vector;
}

SEXP decode_logical(const Rbyte* bytes, std::uint64_t size, const std::string& path) {
  const Rcpp::LogicalVector vector(copied<LGLSXP>(bytes, size, sizeof(int), path));
  for (const int value : vector) {
    if (value != 0 && value != 1 && value != NA_LOGICAL) refuse(path, "a logical value is not TRUE, FALSE or NA");
  }
  return vector;
}

}  // namespace

VectorBytes vector_bytes(SEXP vector, const std::string& what) {
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
      refuse_value(what, "a raw, logical, integer, double or complex vector", vector);
  }
}

Rcpp::RawVector encode_strings(SEXP strings) {
  if (TYPEOF(strings) != STRSXP) refuse_value("strings", "a character vector", strings);
  const Layout layout{static_cast<std::uint64_t>(Rf_xlength(strings))};
  std::uint64_t size = layout.text();
  for (std::uint64_t i = 0; i < layout.count; ++i) {
    const SEXP string = STRING_ELT(strings, static_cast<R_xlen_t>(i));
    if (string != NA_STRING) size += std::strlen(bytes_of(string));
  }
  Rcpp::RawVector result(static_cast<R_xlen_t>(size));
  std::memcpy(RAW(result), &layout.count, sizeof(layout.count));
  auto* text = RAW(result) + layout.text();
  for (std::uint64_t i = 0; i < layout.count; ++i) {
    const SEXP string = STRING_ELT(strings, static_cast<R_xlen_t>(i));
    const auto* const characters = string == NA_STRING ? "" : bytes_of(string);
    const auto length = static_cast<std::int32_t>(std::strlen(characters));
    const auto stored = string == NA_STRING ? kMissing : length;
    std::memcpy(RAW(result) + layout.lengths() + i * sizeof(stored), &stored, sizeof(stored));
    RAW(result)[layout.encodings() + i] = string == NA_STRING ? kUtf8 : encoding_of(string);
    std::memcpy(text, characters, static_cast<std::size_t>(length));
    text += length;
  }
  return result;
}

SEXP decode_vector(SEXP bytes, const std::string& kind, const std::string& path) {
  if (TYPEOF(bytes) != RAWSXP) refuse_value("bytes", "a raw vector", bytes);
  const auto* const data = RAW(bytes);
  const auto size = static_cast<std::uint64_t>(Rf_xlength(bytes));
  if (kind == "raw") return bytes;
  if (kind == "character") return decode_strings(data, size, path);
  if (kind == "logical") return decode_logical(data, size, path);
  if (kind == "integer") return copied<INTSXP>(data, size, sizeof(int), path);
  if (kind == "double") return copied<REALSXP>(data, size, sizeof(double), path);
  if (kind == "complex") return copied<CPLXSXP>(data, size, sizeof(Rcomplex), path);
  throw base::Error("argument", "Unknown kind of vector: '" + kind + "'.");
}

}  // namespace mlr3libtorch::glue
