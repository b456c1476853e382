#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/image/rows.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/lazy_column.h"
#include "glue/r_interrupt.h"
#include "glue/tensor_handle.h"

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// A column of rows that are made when they are asked for. `source`: list(kind = "files", paths, channels) or
/// list(kind = "values", values = <torch_tensor_data>); `elements`: which of its elements the rows are, from 1;
/// `steps`: what is done to them, a list of list(name, arguments).
// [[Rcpp::export(rng = false)]]
SEXP core_lazy_column(SEXP source, SEXP elements, SEXP steps) {
  return guard([&] {
    auto reader = to_row_reader(source);
    const auto rows = to_positions(elements, reader->elements(), "elements");
    return LazyColumnHandle::make(
        std::make_shared<image::LazyColumn>(image::LazyColumn{std::move(reader), rows, to_chain(steps)}));
  });
}

/// Rows of the column, from 1, as a tensor (rows, ...). `draw`: a whole number that all random numbers follow from.
// [[Rcpp::export(rng = false)]]
SEXP core_lazy_read(SEXP column, SEXP index, SEXP draw) {
  return guard([&] {
    const auto& lazy = LazyColumnHandle::get(column);
    const auto rows = to_positions(index, static_cast<std::int64_t>(lazy.elements.size()), "index");
    if (rows.empty()) throw base::Error("no_rows", "There are no rows to read.");
    RInterrupt interrupt;
    at::Tensor values;
    image::read_rows(lazy, rows.data(), static_cast<std::int64_t>(rows.size()),
                     static_cast<std::uint64_t>(to_int(draw, "draw")), interrupt, values);
    return wrap_tensor(values);
  });
}

/// What is wrong with each picture file, "" for one that can be read.
// [[Rcpp::export(rng = false)]]
SEXP core_picture_problems(SEXP paths, SEXP channels) {
  return guard([&]() -> SEXP {
    RInterrupt interrupt;
    return Rcpp::wrap(image::file_problems(to_strings(paths, "paths"), to_int(channels, "channels"), interrupt));
  });
}
