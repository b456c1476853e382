#include <ATen/core/ivalue.h>

#include "convert.h"
#include "core/callback/callback.h"
#include "guard.h"

namespace {

using mlr3libtorch::value::Entry;

template <class Registry>
Rcpp::List entries_to_r(const Registry& registry) {
  Rcpp::List result;
  for (const auto& [name, entry] : registry.entries()) result[name] = mlr3libtorch::glue::schema_to_r(entry);
  return result;
}

}  // namespace

// [[Rcpp::export(rng = false)]]
SEXP core_registry(SEXP kind) {
  return mlr3libtorch::glue::guard([&]() -> SEXP {
    const auto name = mlr3libtorch::glue::to_string(kind, "kind");
    throw mlr3libtorch::base::UnknownNameError("registry", name, {});
  });
}
