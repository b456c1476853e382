#pragma once

#include <string>

#include "core/base/logger.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// The core's messages as R's messages.
class RLogger : public base::Logger {
 public:
  void warn(const std::string& message) override { signal("warning", message); }
  void info(const std::string& message) override { signal("message", message); }

 private:
  static void signal(const char* function, const std::string& message) {
    const Rcpp::Shield<SEXP> text(Rcpp::wrap(message));
    const Rcpp::Shield<SEXP> call(Rf_lang2(Rf_install(function), text));
    Rcpp::Rcpp_fast_eval(call, R_BaseEnv);
  }
};

}  // namespace mlr3libtorch::glue
