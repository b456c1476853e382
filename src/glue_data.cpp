#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/data/columns.h"
#include "core/data/moments.h"
#include "glue/convert.h"
#include "glue/convert_columns.h"
#include "glue/guard.h"
#include "glue/r_interrupt.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

using base::Error;

std::vector<data::ColumnFacts> to_counts(SEXP missing, SEXP infinite, std::size_t columns) {
  const auto missing_counts = to_sizes(missing, "missing");
  const auto infinite_counts = to_sizes(infinite, "infinite");
  if (missing_counts.size() != columns) refuse_value("missing", "as long as 'names'", missing);
  if (infinite_counts.size() != columns) refuse_value("infinite", "as long as 'names'", infinite);
  std::vector<data::ColumnFacts> facts(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    facts[i].missing = missing_counts[i];
    facts[i].infinite = infinite_counts[i];
  }
  return facts;
}

[[noreturn]] void refuse_missing_target(const std::string& name) {
  throw Error("missing_values", "The target '" + name + "' has missing values.", {{"features", name}});
}

// [n] int64, from 1.
at::Tensor classes_target(SEXP values, const std::string& name) {
  if (!Rf_isFactor(values)) refuse_value("values", "a factor", values);
  const auto n = Rf_xlength(values);
  auto target = at::empty({n}, at::TensorOptions().dtype(at::kLong));
  const int* code = INTEGER(values);
  auto* out = target.data_ptr<std::int64_t>();
  for (R_xlen_t i = 0; i < n; ++i) {
    if (code[i] == NA_INTEGER) refuse_missing_target(name);
    out[i] = code[i];
  }
  return target;
}

at::Tensor make_target(SEXP values, const std::string& kind, const std::string& name) {
  if (kind == "multiclass") return classes_target(values, name);
  if (kind != "twoclass") throw mlr3libtorch::base::UnknownNameError("target", kind, {"twoclass", "multiclass"});
  // 1 for the first level, 0 for the second.
  return classes_target(values, name).eq(1).to(at::kFloat).unsqueeze(1);
}

// Why a number cannot be a weight; null if it can.
const char* weight_problem(double value) {
  if (std::isnan(value)) return "missing";
  if (!std::isfinite(static_cast<float>(value))) return "infinite";
  return value < 0 ? "negative" : nullptr;
}

// A batch's weights are added up in float32, so the sum of all of them must be finite there.
void check_total(double total) {
  if (total < std::numeric_limits<float>::min()) {
    throw Error("weights", "All case weights are 0 as float32 numbers, so there is nothing to learn from.");
  }
  if (total <= std::numeric_limits<float>::max()) return;
  throw Error("weights", "The sum of the case weights is beyond the range of float32; divide all of them by a number.");
}

// [n] float32.
at::Tensor make_weights(SEXP values) {
  if (TYPEOF(values) != REALSXP || Rf_isObject(values)) refuse_value("weights", "numeric", values);
  const auto n = Rf_xlength(values);
  const double* value = REAL(values);
  auto weights = at::empty({n});
  auto* out = weights.data_ptr<float>();
  double total = 0;
  for (R_xlen_t i = 0; i < n; ++i) {
    if (const char* problem = weight_problem(value[i])) {
      throw Error("weights",
                  "The case weight of row " + std::to_string(i + 1) + " is " + problem +
                      "; weights are finite numbers that are at least 0. Numbers beyond the range of float32 count as "
                      "infinite.",
                  {{"row", static_cast<std::int64_t>(i + 1)}});
    }
    out[i] = static_cast<float>(value[i]);
    total += out[i];
  }
  check_total(total);
  return weights;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// An empty float32 tensor of shape (n, p) for core_columns_fill().
// [[Rcpp::export(rng = false)]]
SEXP core_columns_create(SEXP n, SEXP p) {
  return guard([&] {
    const auto rows = to_int_from(n, "n", 0);
    const auto columns = to_int_from(p, "p", 0);
    if (columns > 0 && rows > std::numeric_limits<std::int64_t>::max() / columns / 4) {
      throw Error("memory", "A tensor of this size does not fit into any memory.");
    }
    return wrap_tensor(at::empty({rows, columns}));
  });
}

/// Writes columns (a named list of vectors) into the tensor, from column `first` (1-based) on. Factors become one-hot,
/// or codes from 0 where `in_codes` (NULL, or a logical for each column) says so. Returns facts about each, see
/// `core_columns_check()`: list(low, high, missing, infinite), the range in R and two counts.
// [[Rcpp::export(rng = false)]]
SEXP core_columns_fill(SEXP tensor, SEXP first, SEXP columns, SEXP in_codes) {
  return guard([&]() -> SEXP {
    auto& target = unwrap_tensor(tensor);
    const auto plain = to_columns(to_list(columns, "columns"), in_codes);
    RInterrupt interrupt;
    const auto start = to_int(first, "first") - 1;
    return facts_to_r(data::fill_columns(plain, start, target, interrupt));
  });
}

/// Refuses missing and infinite values; their numbers are given for each of the columns called `names`.
// [[Rcpp::export(rng = false)]]
SEXP core_columns_check(SEXP names, SEXP missing, SEXP infinite) {
  return guard([&] {
    const auto columns = to_strings(names, "names");
    data::check_values(columns, to_counts(missing, infinite, columns.size()));
    return R_NilValue;
  });
}

/// The mean and the standard deviation of each column of a tensor (n, p) float32, list(mean, sd). `weights`: (n)
/// float32 or NULL. The deviation of a constant column is 1.
// [[Rcpp::export(rng = false)]]
SEXP core_column_moments(SEXP x, SEXP weights) {
  return guard([&]() -> SEXP {
    const auto& columns = unwrap_tensor(x);
    const auto rows = Rf_isNull(weights) ? at::Tensor() : unwrap_tensor(weights);
    const bool fits = columns.dim() == 2 && columns.size(0) > 0 && columns.scalar_type() == at::kFloat;
    if (!fits) throw Error("tensor", "Means are taken of a matrix of float32 numbers with at least one row.");
    const bool fits_weights =
        !rows.defined() || (rows.dim() == 1 && rows.size(0) == columns.size(0) && rows.scalar_type() == at::kFloat);
    if (!fits_weights) throw Error("weights", "Weights are one float32 number for each row.");
    const auto moments = data::column_moments(columns, rows);
    return Rcpp::List::create(Rcpp::Named("mean") = moments.mean, Rcpp::Named("sd") = moments.deviation);
  });
}

/// The weight of each row in the loss: (n) float32.
// [[Rcpp::export(rng = false)]]
SEXP core_weights_create(SEXP values) {
  return guard([&] { return wrap_tensor(make_weights(values)); });
}

/// The target of a classification task: "twoclass" is (n, 1) float32, "multiclass" is (n) int64, from 1.
// [[Rcpp::export(rng = false)]]
SEXP core_target_create(SEXP values, SEXP kind, SEXP name) {
  return guard([&] { return wrap_tensor(make_target(values, to_string(kind, "kind"), to_string(name, "name"))); });
}
