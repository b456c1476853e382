#pragma once

#include <Rcpp.h>

#include <string>

namespace mlr3libtorch::glue {

/// The bytes of a character vector: the number of strings (8 bytes), each one's length in bytes (4 bytes, -1 for NA),
/// each one's encoding (1 byte: 0 UTF-8 or ASCII, 1 latin1, 2 bytes), and then the strings, one behind the other.
Rcpp::RawVector encode_strings(SEXP strings);

/// A vector of the given kind ("logical", "integer", "double", "complex", "raw", "character") made from its bytes.
/// Every byte is checked before it becomes part of an R object; `path` is the file that the error names.
SEXP decode_vector(SEXP bytes, const std::string& kind, const std::string& path);

}  // namespace mlr3libtorch::glue
