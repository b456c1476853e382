#include "glue/r_sampler.h"

#include <ATen/core/jit_type.h>
#include <ATen/ops/tensor.h>

#include "glue/convert.h"
#include "glue/index_base.h"

namespace mlr3libtorch::glue {

at::Tensor RSampler::order(std::int64_t rows) {
  const Rcpp::Shield<SEXP> count(to_r(rows));
  const Rcpp::Shield<SEXP> call(Rf_lang2(function_, count));
  const Rcpp::Shield<SEXP> positions(Rcpp::Rcpp_fast_eval(call, R_GlobalEnv));
  const std::string what = "sampler()";
  const auto numbers = to_ivalue(positions, c10::ListType::ofInts(), what);
  return to_zero_based(Base::kIndex, at::tensor(numbers.toIntVector()), what).toTensor();
}

}  // namespace mlr3libtorch::glue
