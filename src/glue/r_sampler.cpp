#include "glue/r_sampler.h"

#include <ATen/core/jit_type.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <cstdint>
#include <vector>

#include "core/base/error.h"
#include "glue/convert.h"
#include "glue/index_base.h"

namespace mlr3libtorch::glue {
namespace {

at::Tensor to_row_positions(SEXP value, const std::string& what) {
  const auto numbers = to_ivalue(value, c10::ListType::ofInts(), what);
  return to_zero_based(Base::kIndex, at::tensor(numbers.toIntVector()), what).toTensor();
}

data::EpochOrder to_batches(const Rcpp::List& batches) {
  std::vector<at::Tensor> rows;
  std::vector<std::int64_t> ends;
  std::int64_t end = 0;
  for (const SEXP batch : batches) {
    rows.push_back(to_row_positions(batch, "batch_sampler()"));
    end += rows.back().size(0);
    ends.push_back(end);
  }
  if (rows.empty()) throw base::Error("sampler", "The batch sampler returned no batches; an epoch needs at least one.");
  return {at::cat(rows), at::tensor(ends)};
}

}  // namespace

data::EpochOrder RSampler::order(std::int64_t rows) {
  const Rcpp::Shield<SEXP> count(to_r(rows));
  const Rcpp::Shield<SEXP> call(Rf_lang2(function_, count));
  const Rcpp::Shield<SEXP> result(Rcpp::Rcpp_fast_eval(call, R_GlobalEnv));
  if (TYPEOF(result) == VECSXP) return to_batches(Rcpp::List(result));
  return {to_row_positions(result, "sampler()")};
}

}  // namespace mlr3libtorch::glue
