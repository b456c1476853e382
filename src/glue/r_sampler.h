#pragma once

#include "core/data/sampler.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// An epoch's order from an R function of the number of rows. It returns positions from 1, as a vector of whole numbers
/// or as a list of such vectors, one for each batch.
class RSampler : public data::Sampler {
 public:
  explicit RSampler(SEXP function) : function_(function) {}

  data::EpochOrder order(std::int64_t rows) override;

 private:
  Rcpp::RObject function_;
};

}  // namespace mlr3libtorch::glue
