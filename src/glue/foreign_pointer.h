#pragma once

#include <string>

#include "glue/handle.h"

namespace mlr3libtorch::glue {

/// The memory behind an external pointer that a user's compiled code has made; nullptr for one from an R file.
/// One without the tag is refused.
inline void* foreign_address(SEXP pointer, const char* tag, const std::string& what) {
  if (TYPEOF(pointer) != EXTPTRSXP || R_ExternalPtrTag(pointer) != Rf_install(tag)) refuse_handle(what);
  return R_ExternalPtrAddr(pointer);
}

}  // namespace mlr3libtorch::glue
