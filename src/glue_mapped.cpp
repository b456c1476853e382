// Tasks in files that are mapped into memory, see src/core/data/mapped_table.h.

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/data/mapped_source.h"
#include "core/data/mapped_table.h"
#include "core/io/free_memory.h"
#include "core/value/largest_whole.h"
#include "glue/convert.h"
#include "glue/convert_columns.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/r_interrupt.h"
#include "glue/source_handle.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<data::TableWriter> {
  static constexpr const char* kTag = "mlr3libtorch_table_writer";
  static constexpr const char* kWhat = "table that is being written";
  static constexpr const char* kRClass = "torch_table_writer";
  static constexpr const char* kEnded = "This table has been written.";
};

template <>
struct HandleName<data::MappedTable> {
  static constexpr const char* kTag = "mlr3libtorch_mapped_table";
  static constexpr const char* kWhat = "mapped table";
  static constexpr const char* kRClass = "torch_mapped_table";
  static constexpr const char* kEnded = "This mapped table is gone.";
};

namespace {

using WriterHandle = Handle<data::TableWriter>;
using TableHandle = Handle<data::MappedTable>;
using data::TableRecipe;

/// Whole numbers, of which R has some as doubles; undefined for NULL.
at::Tensor to_whole_numbers(SEXP value, const std::string& what) {
  if (Rf_isNull(value)) return {};
  const bool is_number = (TYPEOF(value) == INTSXP || TYPEOF(value) == REALSXP) && !Rf_isObject(value);
  if (!is_number) refuse_value(what, "whole numbers", value);
  const Rcpp::NumericVector numbers(value);
  auto result = at::empty({numbers.size()}, at::kLong);
  auto* out = result.data_ptr<std::int64_t>();
  for (R_xlen_t i = 0; i < numbers.size(); ++i) {
    if (!(std::fabs(numbers[i]) <= value::kLargestWhole) || numbers[i] != std::floor(numbers[i])) {
      refuse_value(what, "whole numbers", value);
    }
    out[i] = static_cast<std::int64_t>(numbers[i]);
  }
  return result;
}

/// Positions from 1 as positions from 0.
at::Tensor to_rows(SEXP positions) {
  const auto rows = to_whole_numbers(positions, "positions");
  return rows.defined() ? rows.sub_(1) : rows;
}

/// As `count_bad()` takes them: inside of the table.
at::Tensor rows_of(const data::MappedTable& table, SEXP positions) {
  auto rows = to_rows(positions);
  if (rows.defined() && rows.numel() > 0 &&
      (rows.min().item<std::int64_t>() < 0 || rows.max().item<std::int64_t>() >= table.rows())) {
    refuse_value("positions", "rows of the table", positions);
  }
  return rows;
}

TableRecipe::Kind to_kind(const std::string& name) {
  const std::map<std::string, TableRecipe::Kind> kinds{
      {"number", TableRecipe::Kind::kNumber}, {"indicators", TableRecipe::Kind::kIndicators},
      {"code", TableRecipe::Kind::kCode},     {"class", TableRecipe::Kind::kClass},
      {"first", TableRecipe::Kind::kFirst},   {"zero", TableRecipe::Kind::kZero}};
  return base::value_called(kinds, "kind of a column", name);
}

/// list(kind, column, codes, levels): columns and codes from 1, codes NULL if they are the file's, NA for one that no
/// row has.
TableRecipe::Part to_part(SEXP value) {
  const auto list = to_list(value, "part");
  TableRecipe::Part part;
  part.kind = to_kind(to_string(list_element(list, "kind", "part"), "kind"));
  part.column = to_int(list_element(list, "column", "part"), "column") - 1;
  part.levels = to_int_from(list_element(list, "levels", "part"), "levels", 0);
  const SEXP codes = list_element(list, "codes", "part");
  if (Rf_isNull(codes)) return part;
  if (TYPEOF(codes) != INTSXP) refuse_value("codes", "integers or NULL", codes);
  for (R_xlen_t i = 0; i < Rf_xlength(codes); ++i) {
    const int code = INTEGER(codes)[i];
    part.codes.push_back(code == NA_INTEGER ? -1 : code - 1);
  }
  return part;
}

/// list(parts, shape, coded): the shape of a row, NULL for the parts side by side, and for an input in codes the levels
/// of its columns, or NULL.
TableRecipe to_recipe(SEXP value) {
  const auto list = to_list(value, "recipe");
  TableRecipe recipe;
  for (const SEXP part : to_list(list_element(list, "parts", "recipe"), "parts")) recipe.parts.push_back(to_part(part));
  const SEXP shape = list_element(list, "shape", "recipe");
  if (!Rf_isNull(shape)) recipe.shape = to_sizes(shape, "shape");
  const SEXP coded = list_element(list, "coded", "recipe");
  if (!Rf_isNull(coded)) recipe.coding = std::make_shared<const kernel::Coding>(to_sizes(coded, "coded"));
  return recipe;
}

std::vector<std::int64_t> to_columns_of(const data::MappedTable& table, SEXP columns) {
  return to_positions(columns, table.columns(), "columns");
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// About how many bytes this process may still use.
// [[Rcpp::export(rng = false)]]
SEXP core_free_memory() {
  return guard([]() -> SEXP { return Rf_ScalarReal(static_cast<double>(io::free_memory())); });
}

/// Begins a file of a table. `row_ids`: whole numbers, or NULL if they are 1, 2, …; `metadata`: named strings.
// [[Rcpp::export(rng = false)]]
SEXP core_table_create(SEXP path, SEXP rows, SEXP columns, SEXP row_ids, SEXP metadata) {
  return guard([&] {
    const auto count = to_int_from(rows, "rows", 1);
    const auto ids = to_whole_numbers(row_ids, "row_ids");
    if (ids.defined() && ids.size(0) != count) refuse_value("row_ids", "one for each row", row_ids);
    return WriterHandle::make(std::make_shared<data::TableWriter>(
        to_string(path, "path"), count, to_int_from(columns, "columns", 1), ids, to_texts(metadata, "metadata")));
  });
}

/// Appends rows, a named list of columns.
// [[Rcpp::export(rng = false)]]
SEXP core_table_append(SEXP writer, SEXP columns) {
  return guard([&] {
    RInterrupt interrupt;
    WriterHandle::get(writer).append(to_columns(to_list(columns, "columns"), R_NilValue), interrupt);
    return R_NilValue;
  });
}

/// Puts the file in its place.
// [[Rcpp::export(rng = false)]]
SEXP core_table_commit(SEXP writer) {
  return guard([&] {
    WriterHandle::get(writer).commit();
    return R_NilValue;
  });
}

/// Removes what was written without being committed.
// [[Rcpp::export(rng = false)]]
SEXP core_table_end(SEXP writer) {
  return guard([&] {
    WriterHandle::end(writer);
    return R_NilValue;
  });
}

/// `verify`: whether all bytes are compared with the checksum.
// [[Rcpp::export(rng = false)]]
SEXP core_table_open(SEXP path, SEXP verify) {
  return guard([&] {
    RInterrupt interrupt;
    return TableHandle::make(
        std::make_shared<data::MappedTable>(to_string(path, "path"), to_bool(verify, "verify"), interrupt));
  });
}

/// list(rows, columns, row_ids, metadata, facts): the ids of the rows, or NULL if they are 1, 2, …; what is known of
/// each column, see `core_columns_fill()`.
// [[Rcpp::export(rng = false)]]
SEXP core_table_info(SEXP table) {
  return guard([&]() -> SEXP {
    const auto& mapped = TableHandle::get(table);
    const auto ids = mapped.row_ids();
    const Rcpp::RObject row_ids = ids.defined()
                                      ? Rcpp::RObject(Rcpp::NumericVector(ids.data_ptr<std::int64_t>(),
                                                                          ids.data_ptr<std::int64_t>() + ids.numel()))
                                      : Rcpp::RObject(R_NilValue);
    return Rcpp::List::create(Rcpp::Named("rows") = static_cast<double>(mapped.rows()),
                              Rcpp::Named("columns") = static_cast<double>(mapped.columns()),
                              Rcpp::Named("row_ids") = row_ids, Rcpp::Named("metadata") = Rcpp::wrap(mapped.metadata()),
                              Rcpp::Named("facts") = facts_to_r(mapped.facts()));
  });
}

/// How many values of these columns are missing or infinite, in all rows or in those at `positions`, in the form of
/// `core_columns_fill()`.
// [[Rcpp::export(rng = false)]]
SEXP core_table_bad_values(SEXP table, SEXP columns, SEXP positions) {
  return guard([&]() -> SEXP {
    const auto& mapped = TableHandle::get(table);
    RInterrupt interrupt;
    return facts_to_r(data::count_bad(mapped, to_columns_of(mapped, columns), rows_of(mapped, positions), interrupt));
  });
}

/// Whether each code of a factor is used, in all rows or in those at `positions`.
// [[Rcpp::export(rng = false)]]
SEXP core_table_codes_used(SEXP table, SEXP column, SEXP levels, SEXP positions) {
  return guard([&]() -> SEXP {
    const auto& mapped = TableHandle::get(table);
    const auto chosen = to_columns_of(mapped, column);
    if (chosen.size() != 1) refuse_value("column", "one column", column);
    RInterrupt interrupt;
    return Rcpp::wrap(data::codes_used(mapped, chosen.front(), to_int_from(levels, "levels", 0),
                                       rows_of(mapped, positions), interrupt));
  });
}

/// A source of these rows, or of all. `inputs`: list of recipes; `target`: one, without parts if the targets are a
/// tensor, or NULL.
// [[Rcpp::export(rng = false)]]
SEXP core_table_source(SEXP table, SEXP positions, SEXP inputs, SEXP target, SEXP targets) {
  return guard([&] {
    std::vector<TableRecipe> recipes;
    for (const SEXP input : to_list(inputs, "inputs")) recipes.push_back(to_recipe(input));
    const auto memory = Rf_isNull(targets) ? at::Tensor() : classes_from_r(unwrap_tensor(targets));
    return SourceHandle::make(
        data::mapped_source(TableHandle::share(table), to_rows(positions), recipes, to_recipe(target), memory));
  });
}
