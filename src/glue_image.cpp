#include <ATen/ATen.h>

#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/image/column_source.h"
#include "core/image/rows.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/lazy_column.h"
#include "glue/r_interrupt.h"
#include "glue/source_handle.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

at::Tensor with_rows(const at::Tensor& values) {
  if (values.dim() > 0) return values.contiguous();
  throw base::ShapeError("An input of a source needs a dimension for rows.");
}

/// The elements of some of a column's rows.
std::vector<std::int64_t> chosen_elements(const image::LazyColumn& column, SEXP index, const std::string& what) {
  auto chosen = to_positions(index, static_cast<std::int64_t>(column.elements.size()), what);
  for (auto& element : chosen) element = column.elements[static_cast<std::size_t>(element)];
  return chosen;
}

/// A tensor in memory, or list(column, elements).
image::SourceInput to_source_input(SEXP input) {
  if (is_tensor_handle(input)) return {{}, with_rows(classes_from_r(unwrap_tensor(input)))};
  const auto list = to_list(input, "input");
  auto column = LazyColumnHandle::get(list_element(list, "column", "input"));
  column.elements = chosen_elements(column, list_element(list, "elements", "input"), "elements");
  return {std::move(column), {}};
}

}  // namespace
}  // namespace mlr3libtorch::glue

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
/// `numbers`: of each of the rows, from 1, that its randomness follows from and that errors name.
// [[Rcpp::export(rng = false)]]
SEXP core_lazy_read(SEXP column, SEXP index, SEXP draw, SEXP numbers) {
  return guard([&] {
    const auto& lazy = LazyColumnHandle::get(column);
    const image::LazyColumn rows{lazy.reader, chosen_elements(lazy, index, "index"), lazy.chain,
                                 to_positions(numbers, std::numeric_limits<std::int64_t>::max(), "numbers")};
    if (rows.elements.empty()) throw base::Error("no_rows", "There are no rows to read.");
    if (rows.numbers.size() != rows.elements.size()) throw base::ShapeError("There must be a number for each row.");
    std::vector<std::int64_t> positions(rows.elements.size());
    std::iota(positions.begin(), positions.end(), 0);
    RInterrupt interrupt;
    at::Tensor values;
    image::read_rows(rows, positions.data(), static_cast<std::int64_t>(positions.size()),
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

/// A source of rows, see src/core/data/source.h. `inputs`: for each input of the network, list(column, elements), where
/// `column` is a lazy column and `elements` are its rows, from 1, that the source's rows are; or a tensor (rows, ...).
/// `targets`: a tensor (rows, ...) or NULL.
// [[Rcpp::export(rng = false)]]
SEXP core_column_source(SEXP inputs, SEXP targets) {
  return guard([&] {
    std::vector<image::SourceInput> all;
    for (const SEXP input : to_list(inputs, "inputs")) all.push_back(to_source_input(input));
    if (all.empty()) refuse_value("inputs", "at least one input", inputs);
    const auto truth = Rf_isNull(targets) ? at::Tensor() : classes_from_r(unwrap_tensor(targets)).contiguous();
    return SourceHandle::make(image::column_source(std::move(all), truth));
  });
}
