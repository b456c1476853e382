#include <ATen/core/jit_type.h>

#include "core/io/event_file.h"
#include "glue/convert.h"
#include "glue/guard.h"

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_event_file_create(SEXP path, SEXP wall_time) {
  return guard([&] {
    io::create_event_file(to_string(path, "path"), to_double(wall_time, "wall_time"));
    return R_NilValue;
  });
}

/// `values`: a named list of numbers.
// [[Rcpp::export(rng = false)]]
SEXP core_event_file_append(SEXP path, SEXP values, SEXP step, SEXP wall_time) {
  return guard([&] {
    const auto list = to_list(values, "values");
    const auto names = element_names(list, "values");
    io::Scalars scalars;
    for (R_xlen_t i = 0; i < list.size(); ++i) {
      const auto& name = names[static_cast<std::size_t>(i)];
      scalars.emplace_back(name, to_ivalue(list[i], c10::NumberType::get(), name).toScalar().toDouble());
    }
    io::append_event(to_string(path, "path"), scalars, to_int(step, "step"), to_double(wall_time, "wall_time"));
    return R_NilValue;
  });
}
