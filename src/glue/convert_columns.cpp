#include "glue/convert_columns.h"

#include <string>

#include "core/base/error.h"
#include "glue/convert.h"

namespace mlr3libtorch::glue {
namespace {

using data::Column;

[[noreturn]] void refuse_column(const std::string& name) {
  throw base::Error("unsupported_features",
                    "Feature '" + name + "' is not a numeric, integer, logical or factor column.",
                    {{"features", name}});
}

// REAL(), INTEGER() and LOGICAL() materialise ALTREP vectors here, on R's thread, before the loop reads plain memory.
Column to_column(SEXP values, const std::string& name) {
  Column column;
  column.name = name;
  column.length = Rf_xlength(values);
  if (Rf_isFactor(values)) {
    column.kind = Column::Kind::kFactor;
    column.data = INTEGER(values);
    column.levels = Rf_xlength(Rf_getAttrib(values, R_LevelsSymbol));
    return column;
  }
  if (Rf_isObject(values)) refuse_column(name);
  switch (TYPEOF(values)) {
    case REALSXP:
      column.kind = Column::Kind::kDouble;
      column.data = REAL(values);
      return column;
    case INTSXP:
      column.kind = Column::Kind::kInteger;
      column.data = INTEGER(values);
      return column;
    case LGLSXP:
      column.kind = Column::Kind::kLogical;
      column.data = LOGICAL(values);
      return column;
    default:
      refuse_column(name);
  }
}

/// For each column, whether a factor is to be kept in codes; none for NULL.
std::vector<bool> to_flags(SEXP in_codes, R_xlen_t columns) {
  if (Rf_isNull(in_codes)) return std::vector<bool>(static_cast<std::size_t>(columns), false);
  if (TYPEOF(in_codes) != LGLSXP || Rf_xlength(in_codes) != columns) {
    refuse_value("in_codes", "a logical for each column, or NULL", in_codes);
  }
  return std::vector<bool>(LOGICAL(in_codes), LOGICAL(in_codes) + columns);
}

}  // namespace

std::vector<data::Column> to_columns(const Rcpp::List& values, SEXP in_codes) {
  const SEXP names = Rf_getAttrib(values, R_NamesSymbol);
  if (Rf_isNull(names)) refuse_value("columns", "a named list", values);
  const auto flags = to_flags(in_codes, values.size());
  std::vector<data::Column> columns;
  columns.reserve(values.size());
  for (R_xlen_t i = 0; i < values.size(); ++i) {
    columns.push_back(to_column(values[i], CHAR(STRING_ELT(names, i))));
    columns.back().in_codes = flags[static_cast<std::size_t>(i)];
  }
  return columns;
}

Rcpp::List facts_to_r(const std::vector<data::ColumnFacts>& facts) {
  const auto size = static_cast<R_xlen_t>(facts.size());
  Rcpp::NumericVector low(size), high(size), missing(size), infinite(size);
  for (R_xlen_t i = 0; i < size; ++i) {
    const auto& column = facts[static_cast<std::size_t>(i)];
    low[i] = column.low;
    high[i] = column.high;
    missing[i] = static_cast<double>(column.missing);
    infinite[i] = static_cast<double>(column.infinite);
  }
  return Rcpp::List::create(Rcpp::Named("low") = low, Rcpp::Named("high") = high, Rcpp::Named("missing") = missing,
                            Rcpp::Named("infinite") = infinite);
}

}  // namespace mlr3libtorch::glue
