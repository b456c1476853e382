#pragma once

#include "core/data/sampler.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// An epoch's order from an R function of the number of rows: whole numbers, positions from 1.
class RSampler : public data::Sampler {
 public:
  explicit RSampler(SEXP function) : function_(function) {}

  at::Tensor order(std::int64_t rows) override;

 private:
  Rcpp::RObject function_;
};

}  // namespace mlr3libtorch::glue
