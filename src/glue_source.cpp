// Sources of rows that the core reads, see src/core/data/source.h.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/data/moments.h"
#include "core/data/read_batch.h"
#include "core/train/predict.h"
#include "core/train/find_device.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/r_interrupt.h"
#include "glue/r_source.h"
#include "glue/run_handle.h"
#include "glue/source_handle.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

/// The number of a source's inputs.
std::int64_t to_count(SEXP inputs) { return to_int_from(inputs, "inputs", 1, 1000); }

/// A tensor, or list(values, levels) for an input in codes.
SEXP input_to_r(const data::Batch& batch, std::size_t input, bool keeps_codes) {
  const bool is_coded = data::in_codes(batch.codes, input);
  if (!is_coded || !keeps_codes) {
    return wrap_tensor(classes_to_r(data::rows_of_input(batch.x, batch.codes, input, 0, batch.rows())));
  }
  const auto& codes = batch.codes[input];
  const auto& levels = codes.coding->levels();
  return Rcpp::List::create(Rcpp::Named("values") = wrap_tensor(codes.values),
                            Rcpp::Named("levels") = Rcpp::NumericVector(levels.begin(), levels.end()));
}

SEXP rows_to_r(const data::Batch& batch, bool keeps_codes) {
  Rcpp::List x(static_cast<R_xlen_t>(batch.x.size()));
  for (std::size_t i = 0; i < batch.x.size(); ++i) x[static_cast<R_xlen_t>(i)] = input_to_r(batch, i, keeps_codes);
  return Rcpp::List::create(Rcpp::Named("x") = x, Rcpp::Named("y") = wrap_tensor_or_null(classes_to_r(batch.y)));
}

train::ReadRows to_read_rows(SEXP source, const std::vector<std::string>& names, SEXP workers) {
  return {data::dataset_of(names, to_source(source, names)), to_workers(workers)};
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_source_rows(SEXP source) {
  return guard([&]() -> SEXP { return to_r(SourceHandle::get(source).rows()); });
}

/// Rows at these positions, from 1: list(x, y), where x is a list of `inputs` tensors, and y is a tensor or NULL.
/// `draw`: the epoch's number, for a source that is random. With `codes`, an input in codes is list(values, levels).
// [[Rcpp::export(rng = false)]]
SEXP core_source_read(SEXP source, SEXP inputs, SEXP index, SEXP draw, SEXP codes) {
  return guard([&]() -> SEXP {
    const auto shared = SourceHandle::share(source);
    const auto count = to_count(inputs);
    data::Batch batch;
    batch.index = at::tensor(to_positions(index, shared->rows(), "index"), at::kLong);
    batch.draw = static_cast<std::uint64_t>(to_int(draw, "draw"));
    batch.x.resize(static_cast<std::size_t>(count));
    batch.codes.resize(static_cast<std::size_t>(count));
    shared->read(batch);
    return rows_to_r(batch, to_bool(codes, "codes"));
  });
}

/// The targets of all rows; NULL if the source does not give them.
// [[Rcpp::export(rng = false)]]
SEXP core_source_targets(SEXP source) {
  return guard([&]() -> SEXP { return wrap_tensor_or_null(classes_to_r(SourceHandle::get(source).targets())); });
}

/// The mean and the standard deviation of each column of input `input`, from 1, of a source with so many, see
/// `core_column_moments()`.
// [[Rcpp::export(rng = false)]]
SEXP core_source_moments(SEXP source, SEXP inputs, SEXP input, SEXP weights) {
  return guard([&]() -> SEXP {
    const auto count = to_count(inputs);
    const auto position = to_positions(input, count, "input");
    if (position.size() != 1) refuse_value("input", "one input", input);
    auto dataset =
        data::dataset_of(std::vector<std::string>(static_cast<std::size_t>(count), "x"), SourceHandle::share(source));
    if (!Rf_isNull(weights)) dataset.weights = unwrap_tensor(weights);
    RInterrupt interrupt;
    const auto moments = data::column_moments(dataset, static_cast<std::size_t>(position.front()), interrupt);
    return Rcpp::List::create(Rcpp::Named("mean") = moments.mean, Rcpp::Named("sd") = moments.deviation);
  });
}

/// The network's first output for all rows of a source, list(handle, inputs); with `draws`, that many times with
/// dropout from `generator`.
// [[Rcpp::export(rng = false)]]
SEXP core_source_predict(SEXP network, SEXP source, SEXP batch_size, SEXP device, SEXP precision, SEXP workers,
                         SEXP draws, SEXP generator) {
  return guard([&] {
    const auto shared = NetworkHandle::share(network);
    const auto size = to_int_from(batch_size, "batch_size", 1);
    shared->to(train::find_device(to_string(device, "device")));
    const auto rows = to_read_rows(source, shared->inputs(), workers);
    const auto numbers = kernel::parse_precision(to_string(precision, "precision"));
    RInterrupt interrupt;
    if (Rf_isNull(draws)) return wrap_tensor(train::predict(*shared, rows, size, interrupt, numbers));
    const auto times = to_int_from(draws, "draws", 1);
    return wrap_tensor(
        train::predict_draws(*shared, rows, size, times, GeneratorHandle::get(generator), interrupt, numbers));
  });
}
