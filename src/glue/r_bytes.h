#pragma once

#include <Rcpp.h>

#include <cstdint>
#include <string>

namespace mlr3libtorch::glue {

/// The memory of an atomic vector that is not a character vector.
struct VectorBytes {
  void* address;
  std::uint64_t size;
};

/// Borrowed from R. `what` names the vector in the error for other kinds of values.
VectorBytes vector_bytes(SEXP vector, const std::string& what);

/// The bytes of a character vector: the number of strings (8 bytes), each one's length in bytes (4 bytes, -1 for NA),
/// each one's encoding (1 byte: 0 UTF-8 or ASCII, 1 latin1, 2 bytes), and then the strings, one after the other.
Rcpp::RawVector encode_strings(SEXP strings);

/// A vector of the given kind ("logical", "integer", "double", "complex", "raw", "character") made from its bytes.
/// Every byte is checked before it becomes part of an R object; `path` is the file that the error names.
SEXP decode_vector(SEXP bytes, const std::string& kind, const std::string& path);

}  // namespace mlr3libtorch::glue
