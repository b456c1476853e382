#pragma once

#include <chrono>

#include "core/base/interrupt.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// R's pending interrupts and time limits, polled by the clock: polling costs more than a short batch.
class RInterrupt : public base::Interrupt {
 public:
  void check() override {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_look_ < kInterval) return;
    last_look_ = now;
    look();
  }

 protected:
  /// With R's handlers in place, which Rcpp::checkUserInterrupt() would hide: an error of a time limit, and whatever
  /// else R signals here, reaches them unchanged.
  virtual void look() {
    Rcpp::unwindProtect([](void*) -> SEXP { return R_CheckUserInterrupt(), R_NilValue; }, nullptr);
  }

 private:
  static constexpr std::chrono::milliseconds kInterval{20};
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
};

}  // namespace mlr3libtorch::glue
