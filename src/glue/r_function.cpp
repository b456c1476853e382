#include "glue/r_function.h"

#include <cstring>

namespace mlr3libtorch::glue {

Rcpp::RObject call_function(SEXP function, std::initializer_list<Rcpp::RObject> arguments) {
  Rcpp::RObject call = R_NilValue;
  for (auto argument = std::rbegin(arguments); argument != std::rend(arguments); ++argument) {
    call = Rf_lcons(*argument, call);
  }
  call = Rf_lcons(function, call);
  return Rcpp::Rcpp_fast_eval(call, R_BaseEnv);
}

Rcpp::RObject call_package(const char* function, std::initializer_list<Rcpp::RObject> arguments) {
  const Rcpp::Environment package = Rcpp::Environment::namespace_env("mlr3libtorch");
  const Rcpp::RObject found = package[function];
  return call_function(found, arguments);
}

Rcpp::RawVector tensor_bytes(const at::Tensor& tensor) {
  const auto plain = tensor.to(at::kCPU, at::kByte).contiguous();
  Rcpp::RawVector bytes(static_cast<R_xlen_t>(plain.numel()));
  if (plain.numel() > 0) std::memcpy(RAW(bytes), plain.data_ptr(), plain.nbytes());
  return bytes;
}

}  // namespace mlr3libtorch::glue
