#include "glue/torch_warning.h"

#include <Rcpp.h>

namespace mlr3libtorch::glue {

void TorchWarnings::signal() const {
  if (messages_.empty()) return;
  const Rcpp::Environment package = Rcpp::Environment::namespace_env("mlr3libtorch");
  const Rcpp::Function warn = package["warn_torch"];
  for (const auto& message : messages_) warn(message);
}

}  // namespace mlr3libtorch::glue
