#include "glue/torch_warning.h"

#include <Rcpp.h>

namespace mlr3libtorch::glue {

void TorchWarnings::signal() const {
  if (messages_.empty()) return;
  const Rcpp::Environment package = Rcpp::Environment::namespace_env("mlr3libtorch");
  const Rcpp::Function warn = package["warn"];
  for (const auto& message : messages_) warn("torch", message);
}

}  // namespace mlr3libtorch::glue
